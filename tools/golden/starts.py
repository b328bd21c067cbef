"""Writes linnet-core/src/test/resources/golden/starts.json: how timm's networks start.

    pip install torch==2.10.0 timm==1.0.31
    python tools/golden/starts.py

zero_gamma: weights that are all 0; drop_path: blocks with their rate for drop_path_rate=0.1;
deviation: of each parameter that does not start constant; mean: of those of one dimension (seed 0; a check within noise).
"""
import json
import os

import timm
import torch

import zoo_options

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ("resnet18", "resnet50", "resnet50d", "resnext50_32x4d", "efficientnet_b0", "mobilenetv3_small_050",
         "convnext_atto", "vit_tiny_patch16_224", "legacy_xception", "xception41", "nasnetamobile", "repvgg_a0", "repvgg_b1g4")
RATE = 0.1
NO_DROP_PATH = ("legacy_xception", "nasnetamobile")  # of timm's


def is_used(model, name, module):
    if not isinstance(module, timm.layers.DropPath):
        return False
    block = model.get_submodule(name.rpartition(".")[0])
    return not getattr(block, "no_skip", False)  # Xception's last block


def is_random(p):
    return p.dim() == 1 and bool((p != p[0]).any())


def rounded(value):
    return float(f"{value.item():.4g}")


def start(name):
    torch.manual_seed(0)
    rate = 0 if name in NO_DROP_PATH else RATE
    if name == "nasnetamobile":
        model = zoo_options.NasNetMobile()
    else:
        model = timm.create_model(name, **({"drop_path_rate": rate} if rate else {}))
    weights = dict(model.named_parameters())
    return {
        "zero_gamma": [n for n, p in weights.items() if n.endswith("weight") and not p.any()],
        "drop_path_rate": rate,
        "drop_path": {n.replace(".drop_path", ""): m.drop_prob for n, m in model.named_modules() if is_used(model, n, m)},
        "deviation": {n: rounded(p.std()) for n, p in weights.items() if p.dim() >= 2 or is_random(p)},
        "mean": {n: rounded(p.mean()) for n, p in weights.items() if is_random(p)},
    }


def main():
    doc = {"libraries": {"torch": torch.__version__.split("+")[0], "timm": timm.__version__}}
    doc.update({name: start(name) for name in NAMES})
    path = os.path.join(HERE, "../../linnet-core/src/test/resources/golden/starts.json")
    with open(path, "w") as f:
        f.write("{\n" + ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in doc.items()) + "\n}\n")


if __name__ == "__main__":
    main()
