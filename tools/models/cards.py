#!/usr/bin/env python3
"""Makes cards.csv: for every name of the zoo its paper and its published weights.

    ./linnet models --json > models.json
    tools/models/cards.py models.json    (in the root of the repository; needs timm and torchvision)

Weights, their license and their size of pictures are what the packages say: timm 1.0.31's default
tag of a name, torchvision 0.25.0's first weights of a name that timm has not or has no weights for.
Accuracies are those of torchvision's own metadata, and for timm those of its
results/results-imagenet.csv at commit 7479d451a6dfd8af27f941b8e82a7402461fae80, whose rows for
these tags at the size of the configuration are timm_results.csv beside this script. CIFAR-10: the
paper's. Where no such source is at hand the cell is empty. Parameters and multiply-adds are not
here: Linnet counts them.
"""
import csv
import json
import re
import sys
from pathlib import Path

import timm
import torchvision
from timm.models import get_pretrained_cfg
from torchvision import models as tv

OUT = Path("linnet-core/src/main/resources/dev/linnet/models/cards.csv")
TIMM = "timm results-imagenet.csv, 7479d451"
TORCHVISION = "torchvision 0.25.0"
HE = "He et al., CVPR 2016, arXiv:1512.03385"
TAN = "Tan and Le, ICML 2019, arXiv:1905.11946"
MNASNET = "Tan et al., CVPR 2019, arXiv:1807.11626"

# The first pattern that fits a name.
PAPERS = [
    (r"lenet5", "LeCun et al., Proceedings of the IEEE 86 (11), 1998"),
    (r"alexnet", "Krizhevsky, 2014, arXiv:1404.5997"),
    (r"vgg\d", "Simonyan and Zisserman, ICLR 2015, arXiv:1409.1556"),
    (r"googlenet", "Szegedy et al., CVPR 2015, arXiv:1409.4842"),
    (r"inception_v3", "Szegedy et al., CVPR 2016, arXiv:1512.00567"),
    (r"squeezenet", "Iandola et al., 2016, arXiv:1602.07360"),
    (r"se(resnet|resnext)", "Hu et al., CVPR 2018, arXiv:1709.01507"),
    (r"resnext", "Xie et al., CVPR 2017, arXiv:1611.05431"),
    (r"wide_resnet|wrn_", "Zagoruyko and Komodakis, BMVC 2016, arXiv:1605.07146"),
    (r"resnetv2", "He et al., ECCV 2016, arXiv:1603.05027"),
    (r"resnet\d+d", "He et al., CVPR 2019, arXiv:1812.01187"),
    (r"resnet", HE),
    (r"pyramidnet", "Han et al., CVPR 2017, arXiv:1610.02915"),
    (r"densenet", "Huang et al., CVPR 2017, arXiv:1608.06993"),
    (r"regnet", "Radosavovic et al., CVPR 2020, arXiv:2003.13678"),
    (r"repvgg", "Ding et al., CVPR 2021, arXiv:2101.03697"),
    (r"shufflenet_v2", "Ma et al., ECCV 2018, arXiv:1807.11164"),
    (r"convnext", "Liu et al., CVPR 2022, arXiv:2201.03545"),
    (r"vit_", "Dosovitskiy et al., ICLR 2021, arXiv:2010.11929"),
    (r"legacy_xception", "Chollet, CVPR 2017, arXiv:1610.02357"),
    (r"xception", "Chen et al., ECCV 2018, arXiv:1802.02611"),
    (r"pnasnet", "Liu et al., ECCV 2018, arXiv:1712.00559"),
    (r"nasnet", "Zoph et al., CVPR 2018, arXiv:1707.07012"),
    (r"mobilenetv1", "Howard et al., 2017, arXiv:1704.04861"),
    (r"mobilenetv2", "Sandler et al., CVPR 2018, arXiv:1801.04381"),
    (r"(tf_)?mobilenetv3", "Howard et al., ICCV 2019, arXiv:1905.02244"),
    (r"(se)?mnasnet", MNASNET),
    (r"(tf_)?efficientnetv2", "Tan and Le, ICML 2021, arXiv:2104.00298"),
    (r"(tf_)?efficientnet", TAN),
    (r"ghostnet", "Han et al., CVPR 2020, arXiv:1911.11907"),
]

# Top-1 on CIFAR-10 that a paper's table gives.
CIFAR = {
    "resnet20": (91.25, "paper, Table 6"),
    "resnet56": (93.03, "paper, Table 6"),
    "resnet110": (93.57, "paper, Table 6, best of 5"),
}


def paper(name):
    """The paper of a name; se- before mnasnet is the paper's own variation A1."""
    if re.match(r"(se)?mnasnet", name):
        return MNASNET
    for pattern, text in PAPERS:
        if re.match(pattern, name):
            return text
    raise KeyError(name)


def of_timm(name, results):
    if not timm.is_model(name):
        return None
    cfg = get_pretrained_cfg(name)
    if not (cfg.hf_hub_id or cfg.url):
        return None
    size = cfg.input_size[1]
    row = results.get((f"{name}.{cfg.tag}", size))
    where = f"hf://{cfg.hf_hub_id}" if cfg.hf_hub_id else cfg.url
    accuracy = ("ImageNet-1k", row["top1"], row["top5"], size, TIMM) if row else ("", "", "", "", "")
    return (where, cfg.license or "") + accuracy


def of_torchvision(name):
    if name not in tv.list_models(module=tv):
        return None
    first = list(tv.get_model_weights(name))[0]
    metric = first.meta["_metrics"]["ImageNet-1K"]
    size = first.transforms().crop_size[0]
    return (first.url, "bsd-3-clause", "ImageNet-1k", f"{metric['acc@1']:.3f}", f"{metric['acc@5']:.3f}", size, TORCHVISION)


def main():
    assert timm.__version__ == "1.0.31" and torchvision.__version__.startswith("0.25.0")
    with open(Path(__file__).with_name("timm_results.csv"), encoding="utf-8") as file:
        results = {(row["model"], int(row["img_size"])): row for row in csv.DictReader(file)}
    used = set()
    rows = []
    for model in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["models"]:
        name = model["name"]
        text = paper(name)
        year = re.search(r"\b(19|20)\d\d\b", text.split("arXiv")[0]).group()
        published = ("", "", "", "", "", "", "")
        if model["source"] == "paper" and name in CIFAR:
            published = ("", "", "CIFAR-10", f"{CIFAR[name][0]:.3f}", "", 32, CIFAR[name][1])
        elif model["source"] != "paper":
            published = of_timm(name, results) or of_torchvision(name) or published
        if published[6] == TIMM:
            used.add((f"{name}.{get_pretrained_cfg(name).tag}", published[5]))
        rows.append((name, text, year) + published)
    assert used == set(results), f"not used: {set(results) - used}"
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with open(OUT, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow("name,paper,year,weights,license,data,top1,top5,side,source".split(","))
        writer.writerows(rows)
    print(len(rows), "names,", sum(1 for row in rows if row[6]), "with an accuracy")


main()
