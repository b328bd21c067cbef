"""Writes linnet-core/src/test/resources/golden/python.safetensors: a small file by the reference library.

    pip install torch==2.10.0 safetensors==0.8.0 numpy
    python tools/golden/safetensors_file.py
"""
import os

import torch
from safetensors.torch import save_file

OUT = "../../linnet-core/src/test/resources/golden/python.safetensors"


def main():
    ramp = torch.arange(6).reshape(2, 3)
    tensors = {
        "z.weight": ramp.float() / 4,
        "a.weight": -ramp.float() / 8,
        "half": ramp.half() / 4,
        "brain": ramp.bfloat16() / 4,
        "double": ramp.double() / 3,
        "long": ramp - 3,
        "int": ramp.int(),
        "short": ramp.short(),
        "byte": ramp.to(torch.int8) - 1,
        "ubyte": (ramp * 50).to(torch.uint8),
        "bool": ramp % 2 == 0,
        "scalar": torch.tensor(7),
        "none": torch.zeros(0, 3),
        "ünïcode \"name\"": torch.ones(1),
    }
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), OUT)
    save_file(tensors, path, {"format": "pt"})


if __name__ == "__main__":
    main()
