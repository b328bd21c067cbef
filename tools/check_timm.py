"""Loads weights that Linnet saved into timm or torchvision, strictly, and compares the logits.

    mvn test -pl linnet-core -Dtest=SavedNetworksTest -Dlinnet.out=/tmp/saved -Dlinnet.models='resnet.*'
    python tools/check_timm.py /tmp/saved/*          # torch 2.10.0, torchvision 0.25.0, timm 1.0.31, safetensors

Each folder is one that Linnet writes (config.json, model.safetensors) with a check.safetensors beside them:
`input` [N, C, H, W] and `logits` [N, K] as Linnet computed them. `-Dlinnet.classes=10` and `-Dlinnet.channels=1`
make networks with other heads and stems. Networks that neither library has are built as in
tools/golden/zoo.py. Prints a line a folder; exits with 1 if a network does not load or its logits are apart
by more than 1e-3, relatively (L2 distance by L2 norm, of each picture).
"""
import json
import os
import sys

import timm
import torch
from safetensors.torch import load_file

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden"))
import zoo  # noqa: E402
import zoo_rows  # noqa: E402,F401  more networks of papers

TOLERANCE = 1e-3


def build(config):
    """The network of a config.json, and which library has it."""
    name, classes = config["architecture"], config["num_classes"]
    args = config.get("model_args", {})
    if name in zoo.PAPER:
        return zoo.build(name, "paper"), "paper"
    if name in zoo.TORCHVISION:
        return zoo.build(name, "torchvision", num_classes=classes), "torchvision"
    return timm.create_model(name, pretrained=False, num_classes=classes, **args), "timm"


def check(folder):
    """The largest relative distance of the logits, and the library."""
    with open(os.path.join(folder, "config.json")) as f:
        model, library = build(json.load(f))
    model.load_state_dict(load_file(os.path.join(folder, "model.safetensors")), strict=True)
    saved = load_file(os.path.join(folder, "check.safetensors"))
    with torch.no_grad():
        logits = model.eval()(saved["input"]).double()
    expected = saved["logits"].double()
    assert logits.shape == expected.shape, f"{tuple(expected.shape)} saved, {tuple(logits.shape)} here"
    return float(((logits - expected).norm(dim=1) / expected.norm(dim=1)).max()), library


def main():
    distances, failed = [], 0
    for folder in sys.argv[1:]:
        try:
            distance, library = check(folder)
        except Exception as e:  # a strict load that fails lists the names
            print(f"{os.path.basename(folder)}: {e}", flush=True)
            failed += 1
            continue
        good = distance <= TOLERANCE  # false for NaN
        failed += not good
        distances.append(distance)
        print(f"{os.path.basename(folder)}: {library}, {distance:.1e}{'' if good else ' TOO FAR'}", flush=True)
    print(f"{len(distances)} compared, {failed} wrong, largest distance {max(distances, default=0):.1e}")
    sys.exit(1 if failed or not distances else 0)


if __name__ == "__main__":
    main()
