"""Writes linnet-core/src/test/resources/golden/zoo_options.json: networks with options or at other sizes.

    pip install torch==2.10.0 torchvision==0.25.0 timm==1.0.31
    OMP_NUM_THREADS=1 python tools/golden/zoo_options.py      # 10 seconds

Weights and pictures as in zoo.py, with the gain of each row. Tolerance of the logits: relative L2 distance at most 1e-5.
"""
import json
import os

import timm
import torch
from timm.models.nasnet import NASNetALarge
from timm.utils.model import reparameterize_model

import zoo
import zoo_rows  # noqa: F401  adds to zoo.PAPER


class NasNetMobile(NASNetALarge):
    """NASNet-A (4 @ 1056) of timm's cells: 4 a stage, whose first takes the reduction's own input."""

    def __init__(self):
        super().__init__(stem_size=32, num_features=1056)
        for stage in range(3):
            for i in (4, 5):
                delattr(self, f"cell_{6 * stage + i}")

    def forward_features(self, x):
        before = self.conv0(x)
        last = self.cell_stem_0(before)
        before, last = last, self.cell_stem_1(before, last)
        for stage in range(3):
            if stage > 0:
                before, last = last, getattr(self, f"reduction_cell_{stage - 1}")(last, before)
            for i in range(4):
                before, last = last, getattr(self, f"cell_{6 * stage + i}")(last, before)
        return self.act(last)

    def maps(self, x):
        names = "conv0 cell_stem_1.conv_1x1.act reduction_cell_0.conv_1x1.act reduction_cell_1.conv_1x1.act act"
        seen = []
        for name in names.split():
            self.get_submodule(name).register_forward_hook(lambda m, i, o: seen.append(o))
        self(x)
        return seen


GAIN = 2 ** 0.5
GAINS = {"nasnetamobile": 1.0, "xception41": 1.0, "repvgg_a0": 0.8, "repvgg_a1": 1.0, "repvgg_b1g4": 0.6,
         "pyramidnet110_a48": 0.8}  # where that makes them explode
ROWS = [
    ("vit_tiny_patch16_224", {"dynamic_img_size": True}, (3, 160, 192)),
    ("vit_tiny_patch16_224", {"dynamic_img_size": True}, (3, 256, 96)),
    ("convnext_atto", {"output_stride": 8}, (3, 96, 64)),
    ("convnext_atto", {"output_stride": 16}, (3, 80, 96)),
    ("nasnetamobile", {}, (3, 128, 128)),
    ("nasnetamobile", {}, (3, 97, 64)),
    ("xception41", {"output_stride": 8}, (3, 96, 64)),
    ("xception41", {"output_stride": 16}, (3, 79, 96)),
    ("mobilenetv2_050", {"output_stride": 8}, (3, 96, 64)),
    ("mobilenetv2_050", {"pad_type": "same", "act_layer": "silu"}, (3, 79, 96)),
    ("efficientnet_b0", {"output_stride": 16}, (3, 79, 96)),
    ("tf_efficientnetv2_b0", {}, (3, 97, 65)),
    ("mobilenetv3_small_050", {}, (3, 65, 97)),
    ("ghostnet_050", {}, (3, 65, 97)),
    ("repvgg_a1", {"output_stride": 8, "act_layer": "silu"}, (3, 79, 96)),
    ("repvgg_b1g4", {"output_stride": 16, "width_factor": 0.35}, (3, 64, 96)),
    ("repvgg_a0", {"reparameterized": True}, (3, 79, 96)),
    ("repvgg_b1g4", {"reparameterized": True, "output_stride": 8}, (3, 64, 96)),
    ("wrn_40_2", {}, (3, 33, 47)),
    ("pyramidnet110_a48", {}, (3, 36, 44)),
]
MAPS = {"wrn_40_2": "conv1 layer1 layer2 layer3", "pyramidnet110_a48": "bn1 layer1 layer2 layer3"}
OUT = "../../linnet-core/src/test/resources/golden/zoo_options.json"


def paper_maps(model, names, x):
    seen = []
    for name in names.split():
        model.get_submodule(name).register_forward_hook(lambda m, i, o: seen.append(o))
    model(x)
    return seen


def record(name, args, chw):
    gain = GAINS.get(name, GAIN)
    timms = {k: v for k, v in args.items() if k != "reparameterized"}
    if name == "nasnetamobile":
        model = NasNetMobile().eval()
    elif name in zoo.PAPER:
        model = zoo.build(name, "paper").eval()
    else:
        model = timm.create_model(name, **timms).eval()
    zoo.fill(model, gain)
    if "reparameterized" in args:
        model = reparameterize_model(model)
    x = zoo.picture((2, *chw))
    with torch.no_grad():
        logits = model(x)
        if name == "nasnetamobile":
            maps = model.maps(x)
        elif name in zoo.PAPER:
            maps = paper_maps(model, MAPS[name], x)
        else:
            maps = timm.create_model(name, features_only=True, **timms).eval()(x)
    return {
        "name": name,
        "args": args,
        "gain": gain,
        "input": list(chw),
        "logits": [[float(f"{v:.9g}") for v in row[:10]] for row in logits.tolist()],
        "logits_norm": [float(f"{v:.9g}") for v in logits.norm(dim=1).tolist()],
        "maps": [list(m.shape[1:]) for m in maps],
        **({"state": zoo.state_lines(model)} if "reparameterized" in args else {}),
    }


def main():
    rows = [record(*row) for row in ROWS]
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), OUT), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
