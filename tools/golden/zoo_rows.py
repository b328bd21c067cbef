"""Writes linnet-core/src/test/resources/golden/zoo.json: reference values for the networks that the zoo has.

    pip install torch==2.10.0 torchvision==0.25.0 timm==1.0.31
    OMP_NUM_THREADS=1 python tools/golden/zoo_rows.py [ZOO_JSON]      # about 15 minutes on one core

Rows that ZOO_JSON (what zoo.py writes) has are copied from it; the last digits of a float32 forward
pass depend on the processor. zoo.py says how weights and pictures are made and what the fields mean. Tolerance of the logits:
relative L2 distance at most max(1e-5, 10 x float32_error).
"""
import json
import os
import sys

import timm

import zoo

# Names beside those that zoo.py lists.
MORE = (
    "resnet34d resnet152d resnetv2_34d resnetv2_152 xception65 xception71 "
    "mobilenetv1_125 mobilenetv2_110d mobilenetv2_120d tf_mobilenetv3_small_100 tf_mobilenetv3_large_100 "
    "mnasnet_small semnasnet_050 semnasnet_075 semnasnet_140 ghostnet_050 ghostnet_130 "
    "efficientnet_lite1 efficientnet_lite2 efficientnet_lite3 efficientnet_lite4 "
    "tf_efficientnet_b1 tf_efficientnet_b2 tf_efficientnet_b3 tf_efficientnet_b4 tf_efficientnet_b5 "
    "tf_efficientnet_b6 tf_efficientnet_b7 "
    "tf_efficientnet_lite0 tf_efficientnet_lite1 tf_efficientnet_lite2 tf_efficientnet_lite3 tf_efficientnet_lite4 "
    "efficientnetv2_s efficientnetv2_m efficientnetv2_l efficientnetv2_rw_m "
    "tf_efficientnetv2_b0 tf_efficientnetv2_b1 tf_efficientnetv2_b2 tf_efficientnetv2_b3 "
    "tf_efficientnetv2_s tf_efficientnetv2_m tf_efficientnetv2_l "
    "regnetx_004 regnetx_006 regnetx_008 regnetx_016 regnetx_032 regnetx_040 regnetx_064 regnetx_080 "
    "regnetx_120 regnetx_160 regnetx_320 "
    "regnety_006 regnety_008 regnety_016 regnety_040 regnety_064 regnety_080 regnety_120 regnety_160 regnety_320 "
    "repvgg_a1 repvgg_a2 repvgg_b0 repvgg_b1 repvgg_b1g4 repvgg_b2 repvgg_b2g4 repvgg_b3 repvgg_b3g4 "
    "convnext_femto convnext_pico convnext_base convnext_large "
    "vit_small_patch32_224 vit_base_patch32_224"
).split()
# Wide ResNets of the paper beside those of zoo.py.
WIDE = {"wrn_16_8": (16, 8), "wrn_40_2": (40, 2), "wrn_40_4": (40, 4)}
zoo.PAPER.update({name: (lambda c=c: zoo.WideResNet(*c), (3, 32, 32)) for name, c in WIDE.items()})
SIDE = 96  # of the pictures of those networks; of a ViT 224
OUT = "../../linnet-core/src/test/resources/golden/zoo.json"


def record(name):
    if name in zoo.PAPER:
        size = default = zoo.PAPER[name][1]
        return zoo.record(name, "paper", size, default, False)[0]
    if name in zoo.TORCHVISION:
        return zoo.record(name, "torchvision", zoo.TORCHVISION[name], (3, 224, 224), False)[0]
    side = zoo.TIMM.get(name, 224 if name.startswith("vit") else SIDE)
    return zoo.record(name, "timm", (3, side, side), timm.get_pretrained_cfg(name).input_size, False)[0]


def main():
    recorded = {}
    if len(sys.argv) > 1:
        with open(sys.argv[1]) as f:
            recorded = {m["name"]: m for m in json.load(f)["models"]}
    models = []
    for name in list(zoo.TORCHVISION) + list(zoo.TIMM) + list(zoo.PAPER) + MORE:
        row = recorded.get(name) or record(name)
        row.pop("state", None)
        models.append(row)
    zoo.dump({**zoo.header(), "models": models}, os.path.join(zoo.HERE, OUT))


if __name__ == "__main__":
    main()
