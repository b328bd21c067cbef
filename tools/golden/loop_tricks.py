"""Writes linnet-core/src/test/resources/golden/loop_tricks.json: sharpness-aware minimization on the quadratic of
semantics.py and on a tiny network with batch norm, stochastic weight averaging with PyTorch's AveragedModel and
update_bn, and attention transfer as in its authors' code.

    pip install torch==2.10.0 torchvision==0.25.0 timm==1.0.31
    OMP_NUM_THREADS=1 python loop_tricks.py

PyTorch has no SAM; sam() below is Algorithm 1 of arXiv:2010.01412, adaptive: of arXiv:2102.11600 with T = 1 for biases
as in its authors' code. Tests allow 1e-9 in float64 and 1e-5 for the network, which is in float32.
"""
import json
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim.swa_utils import AveragedModel, update_bn

from semantics import C, H, HERE, START, U, nums

F64, F32 = torch.float64, torch.float32


def sam(named, losses, rho, adaptive, buffers=()):
    """Leaves the gradient at w + e in .grad, the weights as they were and the buffers as the first pass left them;
    the gradients of several losses are added up."""
    sums = None
    for one in losses:
        for _, p in named:
            p.grad = None
        one().backward()
        kept = [t.clone() for t in buffers]
        t = {n: p.detach().abs() + 0.01 if adaptive and n.endswith("weight") else torch.ones_like(p) for n, p in named}
        norm = torch.cat([(t[n] * p.grad).flatten() for n, p in named]).norm()
        old = [p.detach().clone() for _, p in named]
        with torch.no_grad():
            for n, p in named:
                p += rho * t[n] ** 2 * p.grad / (norm + 1e-12)
        for _, p in named:
            p.grad = None
        one().backward()
        with torch.no_grad():
            for t, k in zip(buffers, kept):
                t.copy_(k)
            for (_, p), o in zip(named, old):
                p.copy_(o)
        grads = [p.grad.clone() for _, p in named]
        sums = grads if sums is None else [a + b for a, b in zip(sums, grads)]
    for (_, p), g in zip(named, sums):
        p.grad = g


def toy(rho, adaptive):
    w = START[:12].reshape(4, 3).clone().requires_grad_()
    b = START[12:].clone().requires_grad_()
    named = [("weight", w), ("bias", b)]
    opt = torch.optim.SGD([w, b], lr=0.05, momentum=0.9)
    out = []

    def loss():
        theta = torch.cat([w.flatten(), b])
        return 0.5 * theta @ (H @ theta) - C @ theta

    for _ in range(10):
        sam(named, [loss], rho, adaptive)
        opt.step()
        opt.zero_grad()
        out.append(nums(torch.cat([w.detach().flatten(), b.detach()])))
    return {"rho": rho, "adaptive": adaptive, "lr": 0.05, "momentum": 0.9, "float64": out}


def net():
    """Conv 2 -> 3, batch norm, ReLU, mean, linear 3 -> 4."""
    m = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                      nn.Linear(3, 4))
    with torch.no_grad():
        for k, p in enumerate(m.parameters()):
            p.copy_(U(20 + k, *p.shape, scale=2.0, dtype=F32))
    return m


def batch(k):
    return U(40 + k, 4, 2, 5, 5, scale=2.0, dtype=F32), torch.tensor([(k + i) % 4 for i in range(4)])


def state(m):
    return {n: nums(t.detach(), 9) for n, t in m.state_dict().items()}


def tiny(rho, adaptive, accumulate):
    m = net()
    m.train()
    opt = torch.optim.SGD(m.parameters(), lr=0.5)
    for step in range(3):
        losses = []
        for i in range(accumulate):
            x, y = batch(step * accumulate + i)
            losses.append(lambda x=x, y=y: F.cross_entropy(m(x), y) / accumulate)
        sam(list(m.named_parameters()), losses, rho, adaptive, list(m.buffers()))
        opt.step()
        opt.zero_grad()
    return {"rho": rho, "adaptive": adaptive, "accumulate": accumulate, "lr": 0.5, "steps": 3, "state": state(m)}


def swa():
    m = net()
    averaged = AveragedModel(m)
    for k in range(3):
        with torch.no_grad():
            for j, p in enumerate(m.parameters()):
                p += U(60 + 10 * k + j, *p.shape, dtype=F32)
        averaged.update_parameters(m)
    update_bn([batch(k) for k in range(3)], averaged)
    return {"averagings": 3, "batches": 3, "state": state(averaged.module)}


def attention():
    """at_loss of github.com/szagoruyko/attention-transfer."""
    def at(x):
        return F.normalize(x.pow(2).mean(1).view(x.size(0), -1))

    student = U(90, 2, 3, 4, 4, scale=2.0).requires_grad_()
    teacher = U(91, 2, 5, 4, 4, scale=2.0)
    loss = (at(student) - at(teacher)).pow(2).mean()
    loss.backward()
    return {"student": nums(student.detach().flatten()), "teacher": nums(teacher.flatten()), "value": nums(loss.detach()),
            "gradient": nums(student.grad.flatten())}


def main():
    doc = {"libraries": {"torch": torch.__version__.split("+")[0], "script": "tools/golden/loop_tricks.py"},
           "sam_toy": [toy(0.05, False), toy(0.5, True)],
           "sam_net": [tiny(0.5, False, 1), tiny(0.5, False, 2), tiny(0.5, True, 2)], "swa": swa(),
           "attention": attention()}
    path = os.path.join(HERE, "..", "..", "linnet-core", "src", "test", "resources", "golden", "loop_tricks.json")
    with open(path, "w") as f:
        f.write("{\n" + ",\n".join(f' "{k}": {json.dumps(v)}' for k, v in doc.items()) + "\n}\n")


if __name__ == "__main__":
    main()
