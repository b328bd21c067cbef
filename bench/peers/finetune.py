#!/usr/bin/env python3
"""Fine-tuning of all layers with timm's model and transforms: the other side of `train --from … --strategy`.

    finetune.py WEIGHTS DATA --limit 20 --epochs 15 --batch 16 --seed 0 [--size 96] [--names FILE]

WEIGHTS is a folder with config.json and model.safetensors. DATA holds train and val (or test) as folders or
tar.gz of class folders, or is a folder of IDX files (Fashion-MNIST) or a Pascal VOC tar, whose boxes are the pictures. The pictures of each class are drawn by the
seed; --names takes a file with one picture's name a line in place of a draw, so that both sides train on the same.
SGD 0.01 with Nesterov's momentum 0.9, no warm-up, cosine to 0 per update, weight decay 1e-4; timm's training
transform (random resized crop, mirror, no color jitter) and its evaluation transform. One JSON line with the
accuracy of the last epoch on all pictures of val or test.

Needs: pip install torch==2.10.0 torchvision==0.25.0 timm==1.0.31
"""
import argparse
import gzip
import io
import json
import math
import random
import tarfile
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import timm
import torch
from PIL import Image
from timm.data import create_transform, resolve_model_data_config
from torch import nn


def folders(root):
    return [(str(f.relative_to(root)), f.parent.name, f.read_bytes()) for f in sorted(root.glob("*/*")) if f.is_file()]


def tar(path):
    found = []
    with tarfile.open(path) as t:
        for m in sorted((m for m in t if m.isfile()), key=lambda m: m.name):
            parts = Path(m.name).parts
            found.append(("/".join(parts[-2:]), parts[-2], t.extractfile(m).read()))
    return found


def idx(folder, prefix):
    def read(name, skip):
        return np.frombuffer(gzip.open(folder / name).read(), np.uint8, offset=skip)
    labels = read(f"{prefix}-labels-idx1-ubyte.gz", 8)
    images = read(f"{prefix}-images-idx3-ubyte.gz", 16).reshape(len(labels), 28, 28)
    return [(str(i), str(l), x) for i, (x, l) in enumerate(zip(images, labels))]


def boxes(path, split):
    """The boxes of a Pascal VOC tar as pictures: those of the lists in ImageSets/Main."""
    files = {}
    with tarfile.open(path) as t:
        for m in t:
            if m.isfile():
                files[Path(m.name).name if m.name.endswith((".jpg", ".xml")) else m.name] = t.extractfile(m).read()
    found = []
    for name in files[f"ImageSets/Main/{split}.txt"].decode().split():
        pixels = np.asarray(Image.open(io.BytesIO(files[f"{name}.jpg"])).convert("RGB"))
        for k, box in enumerate(ElementTree.fromstring(files[f"{name}.xml"]).iter("object")):
            left, top, right, bottom = (int(box.find("bndbox").find(e).text) for e in ("xmin", "ymin", "xmax", "ymax"))
            crop = pixels[max(0, top - 1):bottom, max(0, left - 1):right]
            if crop.size:
                found.append((f"{name}-{k}", box.find("name").text, crop))
    return found


def load(data, split):
    if data.suffix == ".tar":
        return boxes(data, split)
    if (data / "train-images-idx3-ubyte.gz").exists():
        return idx(data, "train" if split == "train" else "t10k")
    for name in ([split] if split == "train" else ["test", "val"]):
        if (data / name).is_dir():
            return folders(data / name)
        if (data / f"{name}.tar.gz").exists():
            return tar(data / f"{name}.tar.gz")
    raise SystemExit(f"{data}: has no {split}")


def picture(x):
    return (Image.fromarray(x) if isinstance(x, np.ndarray) else Image.open(io.BytesIO(x))).convert("RGB")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("weights", type=Path)
    p.add_argument("data", type=Path)
    p.add_argument("--limit", type=int)
    p.add_argument("--test-limit", type=int, help="pictures a class of the evaluation")
    p.add_argument("--names", type=Path)
    p.add_argument("--epochs", type=int, default=15)
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--lr", type=float, default=0.01)
    p.add_argument("--size", type=int)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--device", default="cpu")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    random.seed(a.seed)
    train, test = load(a.data, "train"), load(a.data, "test")
    classes = sorted({c for _, c, _ in train})

    def limited(pictures, n):
        return [x for c in classes
                for x in (lambda of: random.sample(of, min(n, len(of))))([x for x in pictures if x[1] == c])]
    if a.names:
        names = set(a.names.read_text().split("\n"))
        train = [x for x in train if x[0] in names]
    elif a.limit:
        train = limited(train, a.limit)
    if a.test_limit:
        test = limited(test, a.test_limit)
    model = timm.create_model(f"local-dir:{a.weights.resolve()}", pretrained=True, num_classes=len(classes)).to(a.device)
    config = resolve_model_data_config(model)
    if a.size:
        config["input_size"] = (3, a.size, a.size)
    augment = create_transform(**config, is_training=True, color_jitter=None)
    evaluate = create_transform(**config, is_training=False)
    optimizer = torch.optim.SGD(model.parameters(), a.lr, momentum=0.9, nesterov=True, weight_decay=1e-4)
    batch = min(a.batch, len(train))
    updates = a.epochs * (len(train) // batch)
    begin = time.time()
    done = 0
    for _ in range(a.epochs):
        model.train()
        order = torch.randperm(len(train)).tolist()
        for b in range(len(train) // batch):
            some = [train[i] for i in order[b * batch:(b + 1) * batch]]
            x = torch.stack([augment(picture(d)) for _, _, d in some])
            y = torch.tensor([classes.index(c) for _, c, _ in some])
            for g in optimizer.param_groups:
                g["lr"] = a.lr * 0.5 * (1 + math.cos(math.pi * done / updates))
            loss = nn.functional.cross_entropy(model(x.to(a.device)), y.to(a.device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            done += 1
    seconds = time.time() - begin
    model.eval()
    right = 0
    with torch.no_grad():
        for b in range(0, len(test), 50):
            some = test[b:b + 50]
            x = torch.stack([evaluate(picture(d)) for _, _, d in some])
            right += sum(classes[i] == c for i, (_, c, _) in zip(model(x.to(a.device)).argmax(1).tolist(), some))
    print(json.dumps({"top1": 100 * right / len(test), "images": len(test), "train": len(train),
                      "epochs": a.epochs, "seconds": seconds, "seed": a.seed}))


if __name__ == "__main__":
    main()
