"""Saves networks of timm and torchvision as weights folders with pictures and logits, for Linnet to read.

    python tools/save_timm.py /tmp/theirs           # torch 2.10.0, torchvision 0.25.0, timm 1.0.31, safetensors
    mvn test -pl linnet-core -Dtest=SavedNetworksTest -Dlinnet.in=/tmp/theirs

The networks are those of NETWORKS: names, arguments and sizes of which golden/zoo.json has no row. The weights
are tools/golden/zoo.py's; they are written as safetensors and as both formats of torch.save in turn.
"""
import json
import os
import sys

import torch
from safetensors.torch import save_file

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden"))
import zoo  # noqa: E402

# name, arguments, height, width
NETWORKS = [
    ("resnet26d", {"num_classes": 10}, 160, 192),
    ("resnet34", {"num_classes": 10, "in_chans": 1}, 160, 192),
    ("resnet50", {"output_stride": 8}, 96, 128),
    ("seresnet50", {"num_classes": 10}, 160, 192),
    ("resnext50_32x4d", {"in_chans": 1}, 160, 192),
    ("resnetv2_50", {"num_classes": 10, "in_chans": 4}, 160, 192),
    ("vgg13_bn", {"num_classes": 10}, 160, 192),
    ("densenet169", {"num_classes": 10}, 160, 192),
    ("googlenet", {"num_classes": 10}, 160, 192),
    ("inception_v3", {"num_classes": 10}, 160, 192),
    ("squeezenet1_1", {"num_classes": 10}, 160, 192),
    ("alexnet", {"num_classes": 10}, 160, 192),
    ("shufflenet_v2_x1_5", {"num_classes": 10}, 160, 192),
    ("legacy_xception", {"num_classes": 10}, 160, 192),
    ("xception41", {"num_classes": 10, "in_chans": 1}, 160, 192),
    ("mobilenetv1_125", {"num_classes": 10}, 160, 192),
    ("mobilenetv2_140", {"num_classes": 10, "in_chans": 1}, 160, 192),
    ("mobilenetv3_large_075", {"num_classes": 10}, 160, 192),
    ("mnasnet_140", {"num_classes": 10}, 160, 192),
    ("efficientnet_b2", {"num_classes": 10}, 160, 192),
    ("tf_efficientnet_b1", {"num_classes": 10, "in_chans": 1}, 160, 192),
    ("efficientnet_lite1", {"num_classes": 10}, 160, 192),
    ("tf_efficientnetv2_b1", {"num_classes": 10}, 160, 192),
    ("ghostnet_130", {"num_classes": 10}, 160, 192),
    ("regnetx_006", {"num_classes": 10}, 160, 192),
    ("regnety_008", {"num_classes": 10, "in_chans": 1}, 160, 192),
    ("repvgg_a1", {"num_classes": 10}, 160, 192),
    ("convnext_pico", {"num_classes": 10, "in_chans": 1}, 160, 192),
    ("vit_small_patch32_224", {"num_classes": 10}, 224, 224),
    ("pnasnet5large", {"num_classes": 10}, 160, 192),
]


def gain(name):
    """The recorded one, with which the logits of two pictures differ."""
    path = "../../linnet-core/src/test/resources/golden/zoo.json"
    with open(os.path.join(zoo.HERE, path)) as f:
        return next(m["gain"] for m in json.load(f)["models"] if m["name"] == name)


def save(out, index, name, args, height, width):
    source = "torchvision" if name in zoo.TORCHVISION else "timm"
    model = zoo.build(name, source, **args).eval()
    zoo.fill(model, gain(name))
    colors = args.get("in_chans", 3)
    x = zoo.picture((2, colors, height, width))
    with torch.no_grad():
        logits = model(x)
    folder = os.path.join(out, name)
    os.makedirs(folder, exist_ok=True)
    config = {"architecture": name, "num_classes": args.get("num_classes", 1000)}
    rest = {k: v for k, v in args.items() if k != "num_classes"}
    if rest:
        config["model_args"] = rest
    cfg = {"input_size": [colors, height, width], "mean": [0.5] * colors, "std": [0.5] * colors,
           "interpolation": "bilinear", "crop_pct": 0.9, "crop_mode": "center"}
    config["pretrained_cfg"] = cfg
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump(config, f)
    state = model.state_dict()
    if index % 3 == 0:
        save_file(state, os.path.join(folder, "model.safetensors"))
    else:
        torch.save(state, os.path.join(folder, "pytorch_model.bin"), _use_new_zipfile_serialization=index % 3 == 1)
    save_file({"input": x, "logits": logits.contiguous()}, os.path.join(folder, "check.safetensors"))


def main():
    for index, (name, args, height, width) in enumerate(NETWORKS):
        save(sys.argv[1], index, name, args, height, width)
        print(name, args, f"{height}x{width}", flush=True)


if __name__ == "__main__":
    main()
