#!/usr/bin/env python3
"""WebDataset's side of reading shards, as `linnet bench data SHARDS` reads them.

    shards.py 'FOLDER/train-{000000..000001}.tar' [--workers 2 --size 224 --seconds 20 --buffer 1000]

Read, decoded each time, cropped at random, mirrored, batches of 32. One JSON line.
Needs: pip install torch==2.10.0 torchvision==0.25.0 webdataset==1.0.2 pillow
"""
import argparse
import json
import time

import torch
import webdataset
from torchvision import transforms


def main():
    p = argparse.ArgumentParser()
    p.add_argument("shards")
    p.add_argument("--workers", type=int, default=2)
    p.add_argument("--size", type=int, default=224)
    p.add_argument("--seconds", type=float, default=20)
    p.add_argument("--buffer", type=int, default=1000)
    a = p.parse_args()
    torch.set_num_threads(1)
    crop = transforms.Compose([
        transforms.RandomResizedCrop(a.size), transforms.RandomHorizontalFlip(),
        transforms.PILToTensor()])
    data = (
        webdataset.WebDataset(a.shards, resampled=True, shardshuffle=False)  # endless: each worker has few shards
        .shuffle(a.buffer, initial=min(a.buffer, 100))
        .decode("pilrgb")
        .to_tuple("jpg;jpeg;png", "cls")
        .map_tuple(crop, lambda label: label)
        .batched(32))
    loader = webdataset.WebLoader(data, batch_size=None, num_workers=a.workers)
    begin, images = None, 0
    for pictures, _ in loader:
        (pictures.float() / 255).sub(0.45).div(0.225)
        now = time.perf_counter()
        if begin is None:
            begin = now
            continue
        images += len(pictures)
        if now - begin >= a.seconds:
            break
    print(json.dumps({"images_per_s": round(images / (now - begin), 1), "workers": a.workers,
                      "size": a.size, "webdataset": webdataset.__version__}))


if __name__ == "__main__":
    main()
