#!/usr/bin/env python3
"""The PyTorch side of Linnet's comparisons: the same nets, shapes and steps.

    bench.py train NAME [--batch 16 --size 224 --dtype bf16 --steps 10 --compile --threads N --optimizer sgd --fused]
    bench.py infer NAME [--batch 32 --size 224 --dtype bf16 --steps 10 --compile | --freeze | --onnxruntime]
    bench.py data FOLDER [--workers 2 --size 224 --augment plain|rand --seconds 20]
    bench.py start                      time to import torch and timm

One JSON line: {"ms": median ms a step, "images_per_s", "rss_mb": peak, ...}.
NAME: a timm model, or resnet20 (CIFAR stem, 3x32x32), lenet5 (1x28x28).
Needs: pip install torch==2.10.0 torchvision==0.25.0 timm==1.0.31; --onnxruntime: onnx onnxruntime
"""
import argparse, json, resource, statistics, sys, time


def parse():
    p = argparse.ArgumentParser()
    p.add_argument("verb", choices=["train", "infer", "data", "start"])
    p.add_argument("what", nargs="?")
    p.add_argument("--batch", type=int, default=16)
    p.add_argument("--size", type=int, default=224)
    p.add_argument("--dtype", default="bf16", choices=["bf16", "fp32"])
    p.add_argument("--steps", type=int, default=10)
    p.add_argument("--warmup", type=int, default=3)
    p.add_argument("--compile", action="store_true")
    p.add_argument("--threads", type=int)
    p.add_argument("--optimizer", default="sgd", choices=["sgd", "adamw"])
    p.add_argument("--fused", action="store_true", help="the optimizer's fused kernel")
    p.add_argument("--freeze", action="store_true", help="infer: batch norm folded, weights in --dtype, compiled with freezing")
    p.add_argument("--onnxruntime", action="store_true", help="infer: exported and run by ONNX Runtime, fp32")
    p.add_argument("--workers", type=int, default=2)
    p.add_argument("--augment", default="plain", choices=["plain", "rand"])
    p.add_argument("--seconds", type=float, default=20)
    p.add_argument("--device", default="cpu")
    return p.parse_args()


def net(name):
    import torch, timm
    from torch import nn
    import torch.nn.functional as F
    if name == "lenet5":
        return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
                             nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                             nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
                             nn.Linear(84, 10)), 1, 28, 10
    if name == "resnet20":
        class Block(nn.Module):
            def __init__(self, i, o, s):
                super().__init__()
                self.conv1 = nn.Conv2d(i, o, 3, s, 1, bias=False); self.bn1 = nn.BatchNorm2d(o)
                self.conv2 = nn.Conv2d(o, o, 3, 1, 1, bias=False); self.bn2 = nn.BatchNorm2d(o)
                self.pad = (o - i) // 2 if i != o else 0  # the paper's option A: strided identity, zero channels
            def forward(self, x):
                y = F.relu(self.bn1(self.conv1(x)))
                return F.relu(self.bn2(self.conv2(y)) + (F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad)) if self.pad else x))
        body = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
        w = 16
        for o in (16, 32, 64):
            for k in range(3):
                body.append(Block(w, o, 2 if k == 0 and o != 16 else 1)); w = o
        return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)), 3, 32, 10
    return timm.create_model(name), 3, None, 1000


def onnxruntime(a, model, x):
    """A step of ONNX Runtime on the exported model: all its optimizations, input and output bound."""
    import os, tempfile, warnings
    import onnxruntime as ort, torch
    assert a.dtype == "fp32", "ONNX Runtime has no bf16 convolution on the processor"
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(model, (x.contiguous(),), path, dynamo=False, input_names=["x"], output_names=["y"])
        options = ort.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
        session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {"x": x.contiguous().numpy()}
    return lambda: float(session.run(None, feed)[0].sum())


def steps(a):
    import torch
    from torch import nn
    if a.threads: torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    model, chans, size, classes = net(a.what)
    size = size or a.size
    dev = torch.device(a.device)
    model = model.to(dev, memory_format=torch.channels_last)
    x = torch.randn(a.batch, chans, size, size, device=dev).contiguous(memory_format=torch.channels_last)
    y = torch.randint(0, classes, (a.batch,), device=dev)
    cast = lambda: torch.autocast(dev.type, torch.bfloat16, enabled=a.dtype == "bf16")
    if a.verb == "train":
        model.train()
        opt = (torch.optim.SGD(model.parameters(), 0.01, momentum=0.9, nesterov=True, weight_decay=1e-4, fused=a.fused or None) if a.optimizer == "sgd"
               else torch.optim.AdamW(model.parameters(), 1e-3, fused=a.fused or None))
        loss_fn = nn.CrossEntropyLoss(label_smoothing=0.1)
        run = torch.compile(model) if a.compile else model
        def step():
            with cast():
                loss = loss_fn(run(x), y)
            opt.zero_grad(set_to_none=True)
            loss.backward()
            opt.step()
            return loss.item()
    else:
        model.eval()
        if a.freeze:
            import torch._inductor.config as inductor
            from torch.fx.experimental.optimization import fuse
            inductor.freezing = True
            model = fuse(model).to(torch.bfloat16 if a.dtype == "bf16" else torch.float32, memory_format=torch.channels_last)
            x = x.to(next(model.parameters()).dtype)
            cast = lambda: torch.autocast(dev.type, enabled=False)
        run = torch.compile(model) if a.compile or a.freeze else model
        def step():
            with torch.inference_mode(), cast():
                return run(x).float().sum().item()
        if a.onnxruntime:
            step = onnxruntime(a, model, x)
    t0 = time.perf_counter()
    for _ in range(a.warmup): step()
    warm = time.perf_counter() - t0
    ts = []
    for _ in range(a.steps):
        t = time.perf_counter(); step(); ts.append(time.perf_counter() - t)
    ms = statistics.median(ts) * 1e3
    return {"verb": a.verb, "model": a.what, "batch": a.batch, "size": size, "dtype": a.dtype, "compile": a.compile,
            "runtime": "onnxruntime" if a.onnxruntime else "freeze" if a.freeze else "compile" if a.compile else "eager",
            "ms": round(ms, 2), "min_ms": round(min(ts) * 1e3, 2), "images_per_s": round(a.batch / ms * 1e3, 1),
            "warmup_s": round(warm, 2), "torch": torch.__version__}


def data(a):
    import torch
    from timm.data import create_dataset, create_loader
    torch.set_num_threads(1)
    ds = create_dataset("", root=a.what)
    ds.reader.samples = ds.reader.samples * (-(-4096 // len(ds.reader.samples)))  # long epochs: workers start once
    extra = dict(color_jitter=None) if a.augment == "plain" else dict(auto_augment="rand-m9-mstd0.5", re_prob=0.25)
    loader = create_loader(ds, (3, a.size, a.size), batch_size=32, is_training=True, use_prefetcher=False,
                           num_workers=a.workers, device=torch.device("cpu"), **extra)
    n, t0, stop = 0, None, False
    while not stop:
        for x, y in loader:
            now = time.perf_counter()
            if t0 is None: t0 = now  # the first batch is warm-up
            else: n += len(y)
            if now - t0 >= a.seconds: stop = True; break
    return {"verb": "data", "images_per_s": round(n / (now - t0), 1), "workers": a.workers, "size": a.size, "augment": a.augment}


def main():
    a = parse()
    if a.verb == "start":
        t = time.perf_counter(); import torch, timm  # noqa: F401
        out = {"verb": "start", "s": round(time.perf_counter() - t, 2)}
    else:
        out = data(a) if a.verb == "data" else steps(a)
    kids = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    out["rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 + (kids if a.verb == "data" else 0))
    print(json.dumps(out))


if __name__ == "__main__":
    sys.exit(main())
