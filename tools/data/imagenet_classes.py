#!/usr/bin/env python3
"""Makes imagenet_classes.txt: WordNet id and names of the 1000 classes of ImageNet-1k (ILSVRC 2012).

    tools/data/imagenet_classes.py            (in the root of the repository; needs timm and torchvision)

One line a class, in the order of the logits: the WordNet id, a tab, and the names, parted by ", ".
Ids and names are those of timm 1.0.31 (data/_info/imagenet_synsets.txt and
imagenet_synset_to_lemma.txt: WordNet 3.0's lemmas). The first name of a line is the class's alone:
it is torchvision 0.25.0's (models/_meta.py), which says "crane bird" and "maillot tank suit" where
WordNet has "crane" and "maillot" twice. A second run gives the same bytes.
"""
from pathlib import Path

import timm
import torchvision
from timm.data import ImageNetInfo
from torchvision.models._meta import _IMAGENET_CATEGORIES as CATEGORIES

OUT = Path("linnet-core/src/main/resources/dev/linnet/weights/imagenet_classes.txt")

assert timm.__version__ == "1.0.31" and torchvision.__version__.startswith("0.25.0")
info = ImageNetInfo()
lines = []
for index, wnid in enumerate(info.label_names()):
    lemmas = info.index_to_description(index).split(", ")
    own = CATEGORIES[index]
    lines.append(wnid + "\t" + ", ".join([own] + [lemma for lemma in lemmas if lemma.lower() != own.lower()]))
assert len(set(CATEGORIES)) == len(lines) == 1000
OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
