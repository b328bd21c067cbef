#!/usr/bin/env python3
"""A small training built of PyTorch's, torchvision's and timm's parts: the other side of `--recipe auto`.

    train.py FOLDER --limit 500 --epochs 60 --batch 32 --ema 0.9999 --tta flip --seed 0

FOLDER holds train.tar.gz and test.tar.gz of class folders of 32×32 pictures. The network is the CIFAR ResNet-20 of
He et al. (shortcuts without parameters). SGD with Nesterov momentum, warm-up, cosine to 0 per update; pad 4, crop,
flip; then torchvision's TrivialAugmentWide or RandAugment, timm's RandomErasing, Mixup and CutMix, ModelEmaV3,
LabelSmoothing. One JSON line with the test accuracy of the last epoch (of the averaged weights with --ema).

Needs: pip install torch==2.10.0 torchvision==0.25.0 timm==1.0.31
"""
import argparse
import io
import json
import math
import tarfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from timm.data import Mixup
from timm.data.random_erasing import RandomErasing
from timm.utils import ModelEmaV3
from torch import nn
from torchvision import transforms as T


class Block(nn.Module):
    def __init__(self, inputs, planes, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.pad = (planes - inputs) // 2

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        shortcut = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad)) if self.pad else x
        return F.relu(self.bn2(self.conv2(y)) + shortcut)


def resnet20(classes):
    body, width = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for planes in (16, 32, 64):
        for k in range(3):
            body.append(Block(width, planes, 2 if k == 0 and planes != 16 else 1))
            width = planes
    model = nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, classes))
    for m in model.modules():
        if isinstance(m, nn.Conv2d):
            nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
    return model.to(memory_format=torch.channels_last)


def read(folder, split):
    pictures, names = [], []
    with tarfile.open(Path(folder) / f"{split}.tar.gz") as archive:
        for member in archive:
            if member.isfile():
                pictures.append(Image.open(io.BytesIO(archive.extractfile(member).read())).convert("RGB"))
                names.append(member.name.split("/")[-2])
    classes = sorted(set(names))
    return pictures, torch.tensor([classes.index(n) for n in names])


def tensor(pictures):
    return torch.from_numpy(np.stack([np.asarray(p) for p in pictures])).permute(0, 3, 1, 2).float()


def parse():
    p = argparse.ArgumentParser()
    p.add_argument("folder")
    p.add_argument("--limit", type=int, help="training pictures a class")
    p.add_argument("--epochs", type=int, default=60)
    p.add_argument("--batch", type=int, default=128)
    p.add_argument("--lr", type=float, default=0.1, help="for 128 pictures an update")
    p.add_argument("--wd", type=float, default=5e-4)
    p.add_argument("--warmup", type=float, default=1, help="epochs")
    p.add_argument("--smoothing", type=float, default=0)
    p.add_argument("--augment", choices=["none", "trivial", "rand"], default="none")
    p.add_argument("--magnitude", type=int, default=9)
    p.add_argument("--erase", type=float, default=0, help="chance of random erasing")
    p.add_argument("--mixup", type=float, default=0)
    p.add_argument("--cutmix", type=float, default=0)
    p.add_argument("--mix-prob", type=float, default=1)
    p.add_argument("--ema", type=float, default=0, help="decay of the averaged weights, with timm's warm-up")
    p.add_argument("--tta", choices=["none", "flip"], default="none", help="the mirror image is evaluated too")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--dtype", choices=["bf16", "fp32"], default="bf16")
    p.add_argument("--threads", type=int)
    return p.parse_args()


def main():
    a = parse()
    begin = time.time()
    if a.threads:
        torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    np.random.seed(a.seed)
    draws = torch.Generator().manual_seed(a.seed)
    (pictures, y), (test, test_y) = read(a.folder, "train"), read(a.folder, "test")
    classes = int(y.max()) + 1
    if a.limit:
        keep = [(y == c).nonzero()[:, 0] for c in range(classes)]
        keep = torch.cat([k[torch.randperm(len(k), generator=draws)[:a.limit]] for k in keep])
        pictures, y = [pictures[i] for i in keep.tolist()], y[keep]
    levels = tensor(pictures)
    mean, std = levels.mean((0, 2, 3), keepdim=True), levels.std((0, 2, 3), keepdim=True)
    steps = [T.RandomCrop(32, 4), T.RandomHorizontalFlip()]
    steps += {"none": [], "trivial": [T.TrivialAugmentWide()],
              "rand": [T.RandAugment(2, a.magnitude)]}[a.augment]
    transform = T.Compose(steps)
    erase = RandomErasing(a.erase, device="cpu") if a.erase else None
    mix = Mixup(a.mixup, a.cutmix, prob=a.mix_prob, label_smoothing=a.smoothing, num_classes=classes) \
        if a.mixup or a.cutmix else None

    model = resnet20(classes)
    ema = ModelEmaV3(model, decay=a.ema, use_warmup=True) if a.ema else None
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9, nesterov=True, weight_decay=a.wd, fused=True)
    per_epoch = len(y) // a.batch
    total, warmup, lr = per_epoch * a.epochs, round(a.warmup * per_epoch), a.lr * a.batch / 128
    update = 0
    for _ in range(a.epochs):
        model.train()
        order = torch.randperm(len(y), generator=draws)
        for i in range(per_epoch):
            rows = order[i * a.batch:(i + 1) * a.batch]
            x = (tensor([transform(pictures[r]) for r in rows.tolist()]) - mean) / std
            if erase:
                x = erase(x)
            target = y[rows]
            if mix:
                x, target = mix(x, target)
            rate = update / warmup if update < warmup else \
                0.5 * (1 + math.cos(math.pi * (update - warmup) / max(1, total - warmup)))
            for group in optimizer.param_groups:
                group["lr"] = lr * rate
            with torch.autocast("cpu", torch.bfloat16, enabled=a.dtype == "bf16"):
                logits = model(x.contiguous(memory_format=torch.channels_last))
            loss = F.cross_entropy(logits.float(), target, label_smoothing=0 if mix else a.smoothing)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            update += 1
            if ema:
                ema.update(model, step=update)
    best = (ema.module if ema else model).eval()
    x, hits = (tensor(test) - mean) / std, 0
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=a.dtype == "bf16"):
        for i in range(0, len(x), 500):
            batch = x[i:i + 500].contiguous(memory_format=torch.channels_last)
            answers = best(batch).float().softmax(1)
            if a.tta == "flip":
                answers += best(batch.flip(3)).float().softmax(1)
            hits += (answers.argmax(1) == test_y[i:i + 500]).sum().item()
    print(json.dumps({"top1": round(100 * hits / len(x), 2), "seed": a.seed, "epochs": a.epochs,
                      "seconds": round(time.time() - begin, 1), "torch": torch.__version__}))


if __name__ == "__main__":
    main()
