"""Writes linnet-core/src/test/resources/golden/zoo.json: reference values for the networks that the zoo has.

    pip install torch==2.10.0 torchvision==0.25.0 timm==1.0.31
    OMP_NUM_THREADS=1 python tools/golden/zoo_rows.py [ZOO_JSON]      # about 1 minute on one core

Rows that ZOO_JSON (what zoo.py writes) has are copied from it; the last digits of a float32 forward
pass depend on the processor. zoo.py says how weights and pictures are made and what the fields mean. Tolerance of the logits:
relative L2 distance at most max(1e-5, 10 x float32_error).
"""
import json
import os
import sys

import timm

import zoo

NAMES = (
    "resnet18 resnet34 resnet50 resnet101 resnet152 "
    "resnet18d resnet26d resnet34d resnet50d resnet101d resnet152d "
    "resnext50_32x4d resnext101_32x4d resnext101_32x8d resnext101_64x4d wide_resnet50_2 wide_resnet101_2 "
    "lenet5 resnet20 resnet32 resnet44 resnet56 resnet110"
).split()
LARGE = 96  # side of the pictures of timm's networks that zoo.py does not list
OUT = "../../linnet-core/src/test/resources/golden/zoo.json"


def main():
    recorded = {}
    if len(sys.argv) > 1:
        with open(sys.argv[1]) as f:
            recorded = {m["name"]: m for m in json.load(f)["models"]}
    models = []
    for name in NAMES:
        if name in recorded:
            models.append(recorded[name])
            continue
        if name in zoo.PAPER:
            chw = zoo.PAPER[name][1]
            row, _ = zoo.record(name, "paper", chw, chw, False)
        else:
            side = zoo.TIMM.get(name, LARGE)
            default = timm.get_pretrained_cfg(name).input_size
            row, _ = zoo.record(name, "timm", (3, side, side), default, name == "resnet50d")
        models.append(row)
    zoo.dump({**zoo.header(), "models": models}, os.path.join(zoo.HERE, OUT))


if __name__ == "__main__":
    main()
