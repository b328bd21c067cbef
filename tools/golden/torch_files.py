"""Writes linnet-core/src/test/resources/golden/torch/: small files by torch.save in both formats.

    pip install torch==2.10.0 numpy
    python tools/golden/torch_files.py

The old format names storages by their addresses, so those files' bytes differ from run to run.
"""
import argparse
import collections
import os

import numpy
import torch

OUT = "../../linnet-core/src/test/resources/golden/torch"


def tensors():
    ramp = torch.arange(6).reshape(2, 3)
    shared = torch.arange(24, dtype=torch.float32)
    state = collections.OrderedDict()
    state["float"] = ramp.float() / 4
    state["half"] = ramp.half() / 4
    state["brain"] = ramp.bfloat16() / 4
    state["double"] = ramp.double() / 3
    state["long"] = ramp - 3
    state["int"] = ramp.int()
    state["short"] = ramp.short()
    state["byte"] = ramp.to(torch.int8) - 1
    state["ubyte"] = (ramp * 50).to(torch.uint8)
    state["bool"] = ramp % 2 == 0
    state["scalar"] = torch.tensor(7)
    state["none"] = torch.zeros(0, 3)
    state["parameter"] = torch.nn.Parameter(ramp.float())
    state["whole"] = shared
    state["part"] = shared[8:12]
    state["transposed"] = shared.reshape(4, 6).t()
    state["steps"] = shared[1::5]
    state["repeated"] = shared[3:5].reshape(2, 1).expand(2, 3)
    state["nhwc"] = shared.reshape(1, 2, 3, 4).contiguous(memory_format=torch.channels_last)
    state["ünïcode \"name\""] = torch.ones(1)
    state._metadata = {"": {"version": 1}}
    return state


def checkpoint():
    net = torch.nn.Linear(2, 1)
    with torch.no_grad():
        net.weight.copy_(torch.tensor([[1.0, 2.0]]))
        net.bias.fill_(3)
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.1)
    net(torch.ones(1, 2)).sum().backward()
    plain = {k: v.clone() for k, v in net.state_dict().items()}
    optimizer.step()
    wrapped = collections.OrderedDict(("module." + k, v) for k, v in plain.items())
    return {
        "epoch": 3,
        "arch": "linear",
        "args": argparse.Namespace(lr=0.1, data=["a", "b"], size=(2, 1)),
        "metric": numpy.float64(71.5),
        "optimizer": optimizer.state_dict(),
        "state_dict": wrapped,
        "state_dict_ema": collections.OrderedDict((k, v + 1) for k, v in plain.items()),
    }


def main():
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), OUT)
    os.makedirs(folder, exist_ok=True)

    def save(value, name, **how):
        torch.save(value, os.path.join(folder, name), **how)

    torch.manual_seed(0)
    save(tensors(), "zip.pth")
    save(tensors(), "legacy.pth", _use_new_zipfile_serialization=False)
    save(tensors(), "protocol5.pth", pickle_protocol=5)
    save(checkpoint(), "checkpoint.pth")
    save(checkpoint(), "checkpoint_legacy.pth", _use_new_zipfile_serialization=False)
    save(torch.nn.Linear(2, 1), "module.pth")
    save([1, 2], "list.pth")
    save({"epoch": 3, "lr": 0.1}, "empty.pth")
    torch.jit.save(torch.jit.script(torch.nn.ReLU()), os.path.join(folder, "script.pt"))


if __name__ == "__main__":
    main()
