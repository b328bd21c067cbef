#!/usr/bin/env python3
"""The PyTorch side of `linnet bench optimizer`: an optimizer's update of a network's parameters.

    optimizer.py MODEL [--optimizer sgd|adam|adamw|nadam|rmsprop|adagrad|lamb|lion] [--fused] [--steps 20] [--threads N]

The same gradients at each step; the default implementation of torch.optim and timm.optim unless --fused. One JSON
line: {"ms": median ms an update, "min_ms", ...}. Weight decay on all parameters, as `bench optimizer`.
Needs: pip install torch==2.10.0 torchvision==0.25.0 timm==1.0.31
"""
import argparse
import json
import resource
import statistics
import time

import timm
import timm.optim
import torch


def optimizer(name, params, fused):
    o = torch.optim
    extra = {"fused": True} if fused else {}
    table = {
        "sgd": lambda: o.SGD(params, 0.01, momentum=0.9, nesterov=True, weight_decay=1e-4, **extra),
        "adam": lambda: o.Adam(params, 1e-3, **extra),
        "adamw": lambda: o.AdamW(params, 1e-3, weight_decay=0.01, **extra),
        "nadam": lambda: o.NAdam(params, 1e-3),
        "rmsprop": lambda: o.RMSprop(params, 1e-2),
        "adagrad": lambda: o.Adagrad(params, 1e-2, **extra),
        "rmsprop_tf": lambda: timm.optim.RMSpropTF(params, 1e-2),
        "lamb": lambda: timm.optim.Lamb(params, 5e-3, weight_decay=0.01),
        "lion": lambda: timm.optim.Lion(params, 1e-4, weight_decay=0.1),
    }
    return table[name]()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("model")
    p.add_argument("--optimizer", default="sgd")
    p.add_argument("--fused", action="store_true")
    p.add_argument("--steps", type=int, default=20)
    p.add_argument("--warmup", type=int, default=5)
    p.add_argument("--threads", type=int)
    a = p.parse_args()
    if a.threads:
        torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    model = timm.create_model(a.model).to(memory_format=torch.channels_last)
    params = list(model.parameters())
    for q in params:
        q.grad = torch.empty_like(q).normal_(0, 1e-3)
    kept = [q.grad.clone() for q in params]
    opt = optimizer(a.optimizer, params, a.fused)
    times = []
    for i in range(a.warmup + a.steps):
        torch._foreach_copy_([q.grad for q in params], kept)
        t = time.perf_counter()
        opt.step()
        if i >= a.warmup:
            times.append(time.perf_counter() - t)
    print(json.dumps({
        "verb": "optimizer", "model": a.model, "optimizer": a.optimizer, "fused": a.fused,
        "ms": round(statistics.median(times) * 1e3, 2), "min_ms": round(min(times) * 1e3, 2),
        "threads": torch.get_num_threads(), "torch": torch.__version__,
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}))


if __name__ == "__main__":
    main()
