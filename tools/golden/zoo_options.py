"""Writes linnet-core/src/test/resources/golden/zoo_options.json: networks with options or at other sizes.

    pip install torch==2.10.0 torchvision==0.25.0 timm==1.0.31
    OMP_NUM_THREADS=1 python tools/golden/zoo_options.py      # 10 seconds

Weights and pictures as in zoo.py, with the gain given here. Tolerance of the logits: relative L2 distance at most 1e-5.
"""
import json
import os

import timm
import torch

import zoo

GAIN = 2 ** 0.5
ROWS = [
    ("vit_tiny_patch16_224", {"dynamic_img_size": True}, (3, 160, 192)),
    ("vit_tiny_patch16_224", {"dynamic_img_size": True}, (3, 256, 96)),
    ("convnext_atto", {"output_stride": 8}, (3, 96, 64)),
    ("convnext_atto", {"output_stride": 16}, (3, 80, 96)),
    ("xception41", {"output_stride": 8}, (3, 96, 64)),
    ("xception41", {"output_stride": 16}, (3, 79, 96)),
    ("mobilenetv2_050", {"output_stride": 8}, (3, 96, 64)),
    ("mobilenetv2_050", {"pad_type": "same", "act_layer": "silu"}, (3, 79, 96)),
    ("efficientnet_b0", {"output_stride": 16}, (3, 79, 96)),
    ("tf_efficientnetv2_b0", {}, (3, 97, 65)),
    ("mobilenetv3_small_050", {}, (3, 65, 97)),
    ("ghostnet_050", {}, (3, 65, 97)),
]
OUT = "../../linnet-core/src/test/resources/golden/zoo_options.json"


def record(name, args, chw):
    model = timm.create_model(name, **args).eval()
    zoo.fill(model, GAIN)
    x = zoo.picture((2, *chw))
    with torch.no_grad():
        logits = model(x)
        maps = timm.create_model(name, features_only=True, **args).eval()(x)
    return {
        "name": name,
        "args": args,
        "input": list(chw),
        "logits": [[float(f"{v:.9g}") for v in row[:10]] for row in logits.tolist()],
        "logits_norm": [float(f"{v:.9g}") for v in logits.norm(dim=1).tolist()],
        "maps": [list(m.shape[1:]) for m in maps],
    }


def main():
    rows = [record(*row) for row in ROWS]
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), OUT), "w") as f:
        f.write('{"gain": %r, "models": [\n' % GAIN)
        f.write(",\n".join(json.dumps(row) for row in rows))
        f.write("\n]}\n")


if __name__ == "__main__":
    main()
