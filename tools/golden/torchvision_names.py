"""Writes linnet-core/src/test/resources/golden/torchvision_names.txt: state dicts of torchvision for
networks that timm has under the same name with other names inside; "# model", then "name shape" lines.

    pip install torch==2.10.0 torchvision==0.25.0
    python tools/golden/torchvision_names.py
"""
import os

import torch
import torchvision

OUT = "../../linnet-core/src/test/resources/golden/torchvision_names.txt"
MODELS = ["vgg11", "vgg11_bn", "convnext_tiny", "efficientnet_b0", "efficientnet_b1", "densenet121"]


def main():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), OUT), "w") as out:
        for name in MODELS:
            with torch.device("meta"):
                state = getattr(torchvision.models, name)().state_dict()
            print("#", name, file=out)
            for key, value in state.items():
                if name == "densenet121":  # as in the file that torchvision publishes
                    for layer in ("norm", "conv"):
                        for number in "12":
                            inner = key.split(".")
                            if len(inner) > 4 and inner[-2] == layer + number:
                                key = ".".join(inner[:-2] + [layer, number, inner[-1]])
                print(key, "x".join(map(str, value.shape)) or "-", file=out)


main()
