"""Writes linnet-core/src/test/resources/golden/semantics.json: reference values for optimizers, schedules, losses,
the training tricks and metrics, as PyTorch and timm give them.

    pip install torch==2.10.0 torchvision==0.25.0 timm==1.0.31
    OMP_NUM_THREADS=1 python semantics.py

It computes more than it writes: KEEP at the end names the entries that tests read. Every deterministic "random"
number comes from a hash, u(k, j) in [-0.5, 0.5). The last digits of the trajectories differ between processors (a
matrix product); the tests allow 1e-9 in float64 and 1e-6 in float32.
"""
import json
import math
import os
import types

import numpy as np
import timm
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision
from timm.data import mixup as timm_mixup
from timm.layers.drop import drop_block_2d
from timm.loss import (BinaryCrossEntropy, JsdCrossEntropy, LabelSmoothingCrossEntropy, PolyCrossEntropy,
                       SoftTargetCrossEntropy)
from timm.optim import Lamb, Lion, RMSpropTF, param_groups_layer_decay, param_groups_weight_decay
from timm.scheduler import CosineLRScheduler, MultiStepLRScheduler, PolyLRScheduler, StepLRScheduler, TanhLRScheduler
from timm.utils import ModelEmaV3
from timm.utils.agc import adaptive_clip_grad
from torch.optim import lr_scheduler as S

torch.set_num_threads(1)
HERE = os.path.dirname(os.path.abspath(__file__))
F64 = torch.float64


def uniform(k, n):
    """u(k, j) for j in 0..n-1 as float64, in [-0.5, 0.5)."""
    out = np.empty(n, dtype=np.float64)
    step = 1 << 16
    with np.errstate(over="ignore"):
        base = np.uint32((k * 2246822519 + 374761393) & 0xFFFFFFFF)
        for a in range(0, n, step):
            b = min(n, a + step)
            h = np.arange(a, b, dtype=np.uint32) * np.uint32(2654435761) + base
            h ^= h >> np.uint32(15)
            h *= np.uint32(2246822519)
            h ^= h >> np.uint32(13)
            h *= np.uint32(3266489917)
            h ^= h >> np.uint32(16)
            out[a:b] = h
            out[a:b] *= 2.0 ** -32
            out[a:b] -= 0.5
    return out


def num(x, digits=13):
    x = float(x.detach() if isinstance(x, torch.Tensor) else x)
    return x if not math.isfinite(x) else float(f"{x:.{digits}g}")


def nums(t, digits=13):
    if isinstance(t, torch.Tensor):
        t = t.detach().tolist()
    if isinstance(t, np.ndarray):
        t = t.tolist()
    if isinstance(t, (list, tuple)):
        return [nums(v, digits) if isinstance(v, (list, tuple)) else (v if isinstance(v, (bool, int)) else num(v, digits))
                for v in t]
    return num(t, digits)


def U(k, *shape, scale=1.0, shift=0.0, dtype=F64):
    return torch.from_numpy(scale * uniform(k, int(np.prod(shape))) + shift).reshape(shape).to(dtype)


# ---------------------------------------------------------------- the toy problem

M = U(1, 16, 16)
H = (M @ M.T + 0.1 * torch.eye(16, dtype=F64))
H = (torch.round(H * 2 ** 12) / 2 ** 12)  # exact in float32, so both precisions solve one problem
C = torch.round(U(2, 16, scale=2.0) * 2 ** 12) / 2 ** 12
START = torch.round(U(3, 16, scale=4.0) * 2 ** 12) / 2 ** 12
STEPS = 20


def gradient(w, b):
    h, c = H.to(w.dtype), C.to(w.dtype)
    g = h @ torch.cat([w.flatten(), b]) - c
    return g[:12].reshape(4, 3), g[12:]


def run(make, dtype, steps=STEPS):
    w = START[:12].reshape(4, 3).to(dtype).clone().requires_grad_()
    b = START[12:].to(dtype).clone().requires_grad_()
    opts = make(w, b)
    opts = opts if isinstance(opts, (list, tuple)) else [opts]
    out = []
    for _ in range(steps):
        gw, gb = gradient(w.detach(), b.detach())
        w.grad, b.grad = gw.clone(), gb.clone()
        for o in opts:
            o.step()
        out.append(torch.cat([w.detach().flatten(), b.detach()]).clone())
    return out


class Plain:
    """An optimizer as one plain function of (parameter, gradient, state, step counted from 0)."""

    def __init__(self, params, rule, **hyper):
        self.params, self.rule, self.hyper = list(params), rule, hyper
        self.state, self.t = [{} for _ in self.params], 0

    @torch.no_grad()
    def step(self):
        for p, s in zip(self.params, self.state):
            self.rule(p, p.grad, s, self.t, **self.hyper)
        self.t += 1


def sign_decay(kind, t, total, periods):
    if kind is None:
        return 1.0
    if kind == "linear":
        return 1.0 - t / total
    if kind == "cosine":
        return 0.5 * (1.0 + math.cos(2.0 * math.pi * periods * t / total))
    if kind == "restart":
        part = periods * t / total
        return 0.5 * (1.0 + math.cos(math.pi * (part - math.floor(part))))
    raise ValueError(kind)


FLIP = []  # the smallest |m| and |g| seen where a sign was taken


def power_sign(p, g, s, t, lr, beta=0.9, base=math.e, decay=None, total=20, periods=1.0):
    m = s["m"] = beta * s.get("m", torch.zeros_like(p)) + (1.0 - beta) * g
    FLIP.append(float(torch.minimum(m.abs(), g.abs()).min()))
    f = sign_decay(decay, t, total, periods)
    p -= lr * torch.pow(torch.tensor(base, dtype=p.dtype), f * torch.sign(g) * torch.sign(m)) * g


def add_sign(p, g, s, t, lr, beta=0.9, alpha=1.0, decay=None, total=20, periods=1.0):
    m = s["m"] = beta * s.get("m", torch.zeros_like(p)) + (1.0 - beta) * g
    FLIP.append(float(torch.minimum(m.abs(), g.abs()).min()))
    f = sign_decay(decay, t, total, periods)
    p -= lr * (alpha + f * torch.sign(g) * torch.sign(m)) * g


def centralised_sgd(p, g, s, t, lr, momentum, weight_decay, decay_first):
    def centre(x):
        return x - x.mean(dim=tuple(range(1, x.ndim)), keepdim=True) if x.ndim > 1 else x
    g = centre(g + weight_decay * p) if decay_first else centre(g) + weight_decay * p
    s["m"] = g.clone() if "m" not in s else momentum * s["m"] + g
    p -= lr * s["m"]


def muon64(p, g, s, t, lr, momentum, weight_decay, nesterov=True, steps=5):
    """torch.optim.Muon with its Newton-Schulz iteration in the parameter's own precision instead of bfloat16."""
    m = s["m"] = momentum * s.get("m", torch.zeros_like(p)) + (1.0 - momentum) * g
    x = (1.0 - momentum) * g + momentum * m if nesterov else m
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(steps):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    x = x.T if tall else x
    p *= 1.0 - lr * weight_decay
    p -= lr * math.sqrt(max(1.0, p.shape[0] / p.shape[1])) * x


def optimizers():
    o = torch.optim
    T = "torch.optim."
    table = [
        ("sgd", T + "SGD", o.SGD, dict(lr=0.1)),
        ("sgd_decay", T + "SGD", o.SGD, dict(lr=0.1, weight_decay=0.01)),
        ("momentum", T + "SGD", o.SGD, dict(lr=0.05, momentum=0.9)),
        ("momentum_decay", T + "SGD", o.SGD, dict(lr=0.05, momentum=0.9, weight_decay=0.01)),
        ("momentum_dampening", T + "SGD", o.SGD, dict(lr=0.05, momentum=0.9, dampening=0.1, weight_decay=0.01)),
        ("nesterov_decay", T + "SGD", o.SGD, dict(lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01)),
        ("adam", T + "Adam", o.Adam, dict(lr=0.05)),
        ("adam_l2", T + "Adam", o.Adam, dict(lr=0.05, betas=(0.9, 0.99), weight_decay=0.1)),
        ("adam_amsgrad", T + "Adam", o.Adam, dict(lr=0.05, betas=(0.9, 0.9), amsgrad=True)),
        ("adamw", T + "AdamW", o.AdamW, dict(lr=0.05, weight_decay=0.1)),
        ("nadam", T + "NAdam", o.NAdam, dict(lr=0.05)),
        ("nadam_l2", T + "NAdam", o.NAdam, dict(lr=0.05, weight_decay=0.1)),
        ("nadam_decoupled", T + "NAdam", o.NAdam, dict(lr=0.05, weight_decay=0.1, decoupled_weight_decay=True)),
        ("rmsprop", T + "RMSprop", o.RMSprop, dict(lr=0.02, alpha=0.9)),
        ("rmsprop_momentum", T + "RMSprop", o.RMSprop, dict(lr=0.01, alpha=0.9, momentum=0.9, eps=0.001, weight_decay=0.01)),
        ("rmsprop_centered", T + "RMSprop", o.RMSprop, dict(lr=0.01, alpha=0.9, centered=True)),
        ("rmsprop_tf", "timm.optim.RMSpropTF", RMSpropTF, dict(lr=0.02, alpha=0.9, eps=0.001)),
        ("rmsprop_tf_momentum", "timm.optim.RMSpropTF", RMSpropTF,
         dict(lr=0.01, alpha=0.9, eps=0.001, momentum=0.9, weight_decay=0.01)),
        ("rmsprop_tf_lr_outside", "timm.optim.RMSpropTF", RMSpropTF,
         dict(lr=0.01, alpha=0.9, eps=0.001, momentum=0.9, lr_in_momentum=False)),
        ("adagrad", T + "Adagrad", o.Adagrad, dict(lr=0.3)),
        ("adagrad_decay", T + "Adagrad", o.Adagrad,
         dict(lr=0.3, lr_decay=0.02, weight_decay=0.01, initial_accumulator_value=0.1)),
        ("lion", "timm.optim.Lion", Lion, dict(lr=0.02, weight_decay=0.1)),
        ("lamb", "timm.optim.Lamb", Lamb, dict(lr=0.05)),
        ("lamb_no_clip", "timm.optim.Lamb", Lamb, dict(lr=0.05, weight_decay=0.1, max_grad_norm=None)),
        ("lamb_trust_clip", "timm.optim.Lamb", Lamb, dict(lr=0.05, weight_decay=0.1, trust_clip=True)),
        ("lamb_no_decay", "timm.optim.Lamb", Lamb, dict(lr=0.05, weight_decay=0.0)),
        ("lamb_always_adapt", "timm.optim.Lamb", Lamb, dict(lr=0.05, weight_decay=0.0, always_adapt=True)),
    ]
    for name, source, cls, kw in table:
        yield name, source, kw, lambda w, b, cls=cls, kw=kw: cls([w, b], **kw), {}

    kw = dict(lr=0.05, weight_decay=0.1, momentum=0.95)
    yield ("muon_torch_bf16", "torch.optim.Muon on W, torch.optim.AdamW(lr=0.05, weight_decay=0.1) on b", kw,
           lambda w, b: [o.Muon([w], **kw), o.AdamW([b], lr=0.05, weight_decay=0.1)], {"tolerance": 0.02})
    yield ("muon_full_precision", "muon64 of this script on W, torch.optim.AdamW(lr=0.05, weight_decay=0.1) on b", kw,
           lambda w, b: [Plain([w], muon64, **kw), o.AdamW([b], lr=0.05, weight_decay=0.1)], {})

    for name, first in (("sgd_centralised_decay_first", True), ("sgd_centralised_decay_after", False)):
        kg = dict(lr=0.05, momentum=0.9, weight_decay=0.01, decay_first=first)
        yield name, "centralised_sgd of this script", kg, lambda w, b, kg=kg: Plain([w, b], centralised_sgd, **kg), {}

    for rule, fn in (("power_sign", power_sign), ("add_sign", add_sign)):
        for decay, extra in ((None, {}), ("linear", {}), ("cosine", {"periods": 0.5}), ("cosine", {"periods": 2.0}),
                             ("restart", {"periods": 2.0})):
            kp = dict(lr=0.03, decay=decay, **extra)
            label = rule + ("" if decay is None else "_" + decay + (f"_{extra['periods']:g}" if extra else ""))
            yield label, rule + " of this script", kp, lambda w, b, fn=fn, kp=kp: Plain([w, b], fn, **kp), {}


def optimizer_section(todo=None):
    out = {}
    for name, source, kw, make, extra in (todo or optimizers)():
        FLIP.clear()
        a = run(make, F64)
        margin = min(FLIP) if FLIP else None
        b = run(make, torch.float32)
        loss = 0.5 * a[-1] @ H @ a[-1] - C @ a[-1]
        e = {"source": source, "args": kw, **extra, "final_objective": num(loss),
             "float32_error": num(max(float((x - y.double()).abs().max()) for x, y in zip(a, b)), 3)}
        if margin is not None:
            e["closest_to_a_sign_change"] = num(margin, 3)
        e["float64"] = [nums(x, 13) for x in a]
        e["float32"] = [nums(x, 9) for x in b]
        out[name] = e
        print(f"{name:32s} objective {loss:10.5f} float32 error {e['float32_error']:.1e} {margin or ''}")
    return out


# ---------------------------------------------------------------- schedules

def torch_schedule(make, n, lr=0.1, opt=None, also=None):
    p = nn.Parameter(torch.zeros(1))
    o = opt(p) if opt else torch.optim.SGD([p], lr=lr, momentum=0.9)
    s = make(o)
    rows, other = [], []
    for i in range(n):
        rows.append(o.param_groups[0]["lr"])
        if also:
            other.append(o.param_groups[0][also])
        o.step()
        if i < n - 1:
            s.step()
    return (nums(rows), nums(other)) if also else nums(rows)


def timm_schedule(cls, n, lr=0.1, **kw):
    o = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=lr)
    s = cls(o, t_in_epochs=False, **kw)
    rows = []
    for i in range(n):
        rows.append(o.param_groups[0]["lr"])
        s.step_update(i + 1)
    return nums(rows)


def schedules():
    out = {}

    def add(name, source, args, values):
        out[name] = {"source": source, "args": args, "lr": values}

    T = "torch.optim.lr_scheduler."
    for name, cls, kw, n in (
        ("step", S.StepLR, dict(step_size=10, gamma=0.1), 35),
        ("multistep", S.MultiStepLR, dict(milestones=[10, 20], gamma=0.1), 30),
        ("exponential", S.ExponentialLR, dict(gamma=0.95), 20),
        ("cosine", S.CosineAnnealingLR, dict(T_max=30), 31),
        ("cosine_min", S.CosineAnnealingLR, dict(T_max=30, eta_min=0.001), 40),
        ("poly_1", S.PolynomialLR, dict(total_iters=30, power=1.0), 32),
        ("poly_2", S.PolynomialLR, dict(total_iters=30, power=2.0), 32),
        ("warm_restarts", S.CosineAnnealingWarmRestarts, dict(T_0=5, T_mult=2, eta_min=0.001), 35),
        ("warmup_linear", S.LinearLR, dict(start_factor=0.1, total_iters=5), 8),
        ("constant_then_full", S.ConstantLR, dict(factor=0.5, total_iters=4), 8),
    ):
        add(name, T + cls.__name__, {"lr": 0.1, **kw}, torch_schedule(lambda o: cls(o, **kw), n))

    add("warmup_cosine_torchvision", T + "SequentialLR(LinearLR, CosineAnnealingLR)",
        {"lr": 0.1, "start_factor": 0.01, "warmup": 5, "total": 30, "eta_min": 0.0},
        torch_schedule(lambda o: S.SequentialLR(o, [S.LinearLR(o, start_factor=0.01, total_iters=5),
                                                    S.CosineAnnealingLR(o, T_max=25)], milestones=[5]), 30))
    for name, kw in (("one_cycle", {}), ("one_cycle_linear", {"anneal_strategy": "linear"}),
                     ("one_cycle_three_phase", {"three_phase": True, "pct_start": 0.4})):
        full = dict(max_lr=0.1, total_steps=30, **kw)
        lr, mom = torch_schedule(lambda o: S.OneCycleLR(o, **full), 30, also="momentum")
        out[name] = {"source": T + "OneCycleLR", "args": full, "lr": lr, "momentum": mom}

    p = nn.Parameter(torch.zeros(1))
    o = torch.optim.SGD([p], lr=0.1)
    s = S.ReduceLROnPlateau(o, mode="max", factor=0.5, patience=2, threshold=0.01, threshold_mode="rel", cooldown=1,
                            min_lr=0.02)
    metric = [0.50, 0.60, 0.601, 0.602, 0.603, 0.60, 0.60, 0.60, 0.60, 0.70, 0.70, 0.70, 0.70, 0.70, 0.70, 0.70, 0.70]
    rows = []
    for m in metric:
        s.step(m)
        rows.append(o.param_groups[0]["lr"])
    out["plateau"] = {"source": T + "ReduceLROnPlateau", "metric": metric, "lr": nums(rows),
                      "args": dict(lr=0.1, mode="max", factor=0.5, patience=2, threshold=0.01, threshold_mode="rel",
                                   cooldown=1, min_lr=0.02), "note": "lr after the metric of that epoch"}

    for name, cls, kw, n in (
        ("timm_cosine", CosineLRScheduler, dict(t_initial=30, lr_min=0.001), 33),
        ("timm_cosine_warmup", CosineLRScheduler, dict(t_initial=30, lr_min=0.001, warmup_t=5, warmup_lr_init=0.0001), 33),
        ("timm_cosine_warmup_prefix", CosineLRScheduler,
         dict(t_initial=25, lr_min=0.001, warmup_t=5, warmup_lr_init=0.0001, warmup_prefix=True), 33),
        ("timm_cosine_cycles", CosineLRScheduler,
         dict(t_initial=10, lr_min=0.001, cycle_mul=1.0, cycle_decay=0.5, cycle_limit=3), 33),
        ("timm_cosine_cycles_growing", CosineLRScheduler,
         dict(t_initial=5, lr_min=0.001, cycle_mul=2.0, cycle_decay=0.5, cycle_limit=3, warmup_t=2,
              warmup_lr_init=0.0001, warmup_prefix=True), 40),
        ("timm_cosine_k_decay", CosineLRScheduler, dict(t_initial=30, lr_min=0.001, k_decay=2.0), 31),
        ("timm_step", StepLRScheduler, dict(decay_t=10, decay_rate=0.1, warmup_t=3, warmup_lr_init=0.0001), 25),
        ("timm_multistep", MultiStepLRScheduler,
         dict(decay_t=[10, 20], decay_rate=0.1, warmup_t=3, warmup_lr_init=0.0001), 25),
        ("timm_poly", PolyLRScheduler, dict(t_initial=30, power=0.9, lr_min=0.001), 33),
        ("timm_tanh", TanhLRScheduler, dict(t_initial=30, lb=-6.0, ub=4.0, lr_min=0.001), 33),
    ):
        add(name, "timm.scheduler." + cls.__name__, {"lr": 0.1, **kw}, timm_schedule(cls, n, **kw))

    def paper(i, warm=5, total=30, lr=0.1):
        return lr * (i + 1) / warm if i < warm else 0.5 * (1 + math.cos(math.pi * (i - warm) / (total - warm))) * lr

    def peer(k, w=5, total=30, lr=0.1):
        return lr * (k / w if k < w else 0.5 * (1 + math.cos(math.pi * (k - w) / max(1, total - w))))
    add("peer_warmup_cosine", "formula", {"lr": 0.1, "warmup": 5, "total": 30}, nums([peer(k) for k in range(30)], 17))
    add("paper_warmup_cosine", "formula", {"lr": 0.1, "warmup": 5, "total": 30}, nums([paper(i) for i in range(30)]))

    def flat(i, total=30, part=0.75, lr=0.1):
        start = int(total * part)
        return lr if i < start else 0.5 * (1 + math.cos(math.pi * (i - start) / (total - start))) * lr
    add("flat_cosine", "formula", {"lr": 0.1, "total": 30, "flat_part": 0.75}, nums([flat(i) for i in range(30)]))
    out["sign_decay"] = {"source": "formula", "total": 20,
                         "linear": nums([sign_decay("linear", t, 20, 1) for t in range(21)]),
                         "cosine_0.5": nums([sign_decay("cosine", t, 20, 0.5) for t in range(21)]),
                         "cosine_2": nums([sign_decay("cosine", t, 20, 2) for t in range(21)]),
                         "restart_2": nums([sign_decay("restart", t, 20, 2) for t in range(21)])}
    return out


# ---------------------------------------------------------------- losses

Z = U(10, 4, 5, scale=6.0)
TEACHER = U(11, 4, 5, scale=8.0)
Y = torch.tensor([0, 3, 2, 4])
SOFT = torch.softmax(U(12, 4, 5, scale=4.0), dim=1)
WEIGHT = torch.tensor([1.0, 2.0, 0.5, 1.5, 3.0], dtype=F64)


def loss_entry(f, logits=Z):
    z = logits.clone().requires_grad_()
    v = f(z)
    v.sum().backward()
    return {"value": nums(v), "gradient": nums(z.grad)}


def off_target(z, y, eps):
    k = z.shape[1]
    t = torch.full_like(z, eps / (k - 1)).scatter(1, y[:, None], 1 - eps)
    return -(t * F.log_softmax(z, 1)).sum(1).mean()


def classy(z, y, eps):
    k = z.shape[1]
    t = (F.one_hot(y, k).to(z.dtype) + eps / k) / (1 + eps)
    return -(t * F.log_softmax(z, 1)).sum(1).mean()


def softmax_focal(z, y, gamma, alpha=None):
    lp = F.log_softmax(z, 1).gather(1, y[:, None])[:, 0]
    w = 1.0 if alpha is None else alpha[y]
    return (-w * (1 - lp.exp()) ** gamma * lp).mean()


def distil(z, t, y, T, alpha):
    kl = F.kl_div(F.log_softmax(z / T, 1), F.log_softmax(t / T, 1), reduction="batchmean", log_target=True)
    return alpha * T * T * kl + (1 - alpha) * F.cross_entropy(z, y)


def poly_f64(z, y, eps, smoothing=0.0):
    k = z.shape[1]
    t = F.one_hot(y, k).to(z.dtype) * (1 - smoothing) + smoothing / k
    lp = F.log_softmax(z, 1)
    return (-(t * lp).sum(1) + eps * (1 - (t * lp.exp()).sum(1))).mean()


def losses():
    hot = F.one_hot(Y, 5).to(F64)
    mixed = 0.7 * hot + 0.3 * hot.flip(0)
    L = {
        "cross_entropy": lambda z: F.cross_entropy(z, Y),
        "cross_entropy_each": lambda z: F.cross_entropy(z, Y, reduction="none"),
        "cross_entropy_weighted": lambda z: F.cross_entropy(z, Y, weight=WEIGHT),
        "cross_entropy_ignore_2": lambda z: F.cross_entropy(z, Y, ignore_index=2),
        "smoothing_torch_0.1": lambda z: F.cross_entropy(z, Y, label_smoothing=0.1),
        "smoothing_torch_0.1_weighted": lambda z: F.cross_entropy(z, Y, weight=WEIGHT, label_smoothing=0.1),
        "smoothing_timm_0.1": lambda z: LabelSmoothingCrossEntropy(0.1)(z, Y),
        "smoothing_paper_0.1": lambda z: off_target(z, Y, 0.1),
        "smoothing_classy_0.1": lambda z: classy(z, Y, 0.1),
        "soft_target_timm": lambda z: SoftTargetCrossEntropy()(z, SOFT),
        "soft_target_torch": lambda z: F.cross_entropy(z, SOFT),
        "soft_target_torch_weighted": lambda z: F.cross_entropy(z, SOFT, weight=WEIGHT),
        "soft_target_torch_smoothing_0.1": lambda z: F.cross_entropy(z, SOFT, label_smoothing=0.1),
        "soft_target_mixed": lambda z: SoftTargetCrossEntropy()(z, mixed),
        "bce_timm_default_smoothing_0.1": lambda z: BinaryCrossEntropy(smoothing=0.1)(z, Y),
        "bce_rsb_threshold_0.2": lambda z: BinaryCrossEntropy(smoothing=0.0, target_threshold=0.2)(z, mixed),
        "bce_sum_classes": lambda z: BinaryCrossEntropy(smoothing=0.0, sum_classes=True)(z, mixed),
        "focal_sigmoid_torchvision": lambda z: torchvision.ops.sigmoid_focal_loss(z, hot, alpha=0.25, gamma=2.0,
                                                                                 reduction="mean"),
        "focal_softmax_2": lambda z: softmax_focal(z, Y, 2.0),
        "focal_softmax_2_weighted": lambda z: softmax_focal(z, Y, 2.0, WEIGHT),
        "distillation_T4_alpha0.9": lambda z: distil(z, TEACHER, Y, 4.0, 0.9),
        "distillation_T1_alpha1": lambda z: distil(z, TEACHER, Y, 1.0, 1.0),
        "distillation_gluon_T20_hard0.5": lambda z: 0.5 * F.cross_entropy(z, Y) - 0.5 * 400.0 * (
            torch.softmax(TEACHER / 20.0, 1) * F.log_softmax(z / 20.0, 1)).sum(1).mean(),
        "distillation_deit_soft_T3_alpha0.5": lambda z: 0.5 * F.cross_entropy(z, Y) + 0.5 * F.kl_div(
            F.log_softmax(z / 3, 1), F.log_softmax(TEACHER / 3, 1), reduction="sum", log_target=True) * 9.0 / z.numel(),
        "distillation_hard": lambda z: 0.5 * F.cross_entropy(z, Y) + 0.5 * F.cross_entropy(z, TEACHER.argmax(1)),
        "poly1_eps2": lambda z: poly_f64(z, Y, 2.0),
        "poly1_eps1_smoothing_0.1": lambda z: poly_f64(z, Y, 1.0, 0.1),
    }
    out = {n: loss_entry(f) for n, f in L.items()}
    # timm computes Poly-1 in float32: same to 1e-6
    assert abs(float(PolyCrossEntropy(epsilon=2.0)(Z, Y)) - out["poly1_eps2"]["value"]) < 1e-5
    three = U(13, 6, 5, scale=6.0)
    out["jensen_shannon_timm"] = {"logits": nums(three), "target": [1, 3], "splits": 3, "alpha": 12, "smoothing": 0.1,
                                  **loss_entry(lambda z: JsdCrossEntropy(3, 12, 0.1)(z, torch.tensor([1, 3, 0, 0, 0, 0])),
                                               three)}
    out["jensen_shannon_augmix_paper"] = {"logits": nums(three), "target": [1, 3], "splits": 3, "alpha": 12, "smoothing": 0,
                                          **loss_entry(lambda z: JsdCrossEntropy(3, 12, 0.0)(z, torch.tensor([1, 3, 0, 0, 0, 0])),
                                                       three)}
    return {"logits": nums(Z), "targets": Y.tolist(), "soft_targets": nums(SOFT), "teacher_logits": nums(TEACHER),
            "class_weights": nums(WEIGHT), "mixed_targets": nums(mixed), "values": out}


# ---------------------------------------------------------------- mixing and erasing

def timm_box(h, w, lam, cx, cy):
    old = np.random.randint
    seq = [cy, cx]
    np.random.randint = lambda *a, **k: seq.pop(0)
    try:
        (yl, yh, xl, xh), lam2 = timm_mixup.cutmix_bbox_and_lam((3, h, w), lam, correct_lam=True)
    finally:
        np.random.randint = old
    return [int(yl), int(yh), int(xl), int(xh)], num(lam2)


def paper_box(h, w, lam, cx, cy):
    cut = np.sqrt(1.0 - lam)
    cw, ch = int(w * cut), int(h * cut)
    x1, x2 = np.clip(cx - cw // 2, 0, w), np.clip(cx + cw // 2, 0, w)
    y1, y2 = np.clip(cy - ch // 2, 0, h), np.clip(cy + ch // 2, 0, h)
    return [int(y1), int(y2), int(x1), int(x2)], num(1 - (x2 - x1) * (y2 - y1) / (w * h))


def torchvision_box(h, w, lam, cx, cy):
    r = 0.5 * math.sqrt(1.0 - lam)
    a, b = int(r * w), int(r * h)
    x1, y1, x2, y2 = max(cx - a, 0), max(cy - b, 0), min(cx + a, w), min(cy + b, h)
    return [y1, y2, x1, x2], num(1.0 - (x2 - x1) * (y2 - y1) / (w * h))


def mixing():
    out = {}
    x = U(20, 4, 3)
    y = torch.tensor([1, 0, 3, 1])
    rows = []
    for lam, eps in ((0.3, 0.0), (0.75, 0.1), (1.0, 0.1)):
        rows.append({"lambda": lam, "smoothing": eps,
                     "timm_inputs": nums(x * lam + x.flip(0) * (1 - lam)),
                     "timm_targets": nums(timm_mixup.mixup_target(y, 5, lam, eps), 8),
                     "torchvision_inputs": nums(x * lam + x.roll(1, 0) * (1 - lam)),
                     "torchvision_targets": nums(F.one_hot(y, 5).double() * lam + F.one_hot(y, 5).double().roll(1, 0) * (1 - lam))})
    out["mixup"] = {"inputs": nums(x), "targets": y.tolist(), "classes": 5, "rows": rows}
    boxes = []
    for h, w, lam, cx, cy in ((32, 32, 0.5, 16, 16), (32, 32, 0.5, 3, 30), (224, 224, 0.3, 100, 120), (224, 224, 0.9, 0, 223),
                              (97, 61, 0.37, 60, 5), (33, 17, 0.02, 8, 16), (32, 32, 0.999, 10, 10), (32, 32, 0.0, 5, 5),
                              (64, 48, 0.62, 20, 33)):
        row = {"height": h, "width": w, "lambda": lam, "cx": cx, "cy": cy}
        for n, f in (("timm", timm_box), ("paper", paper_box), ("torchvision", torchvision_box)):
            row[n + "_box_y1y2x1x2"], row[n + "_lambda"] = f(h, w, lam, cx, cy)
        boxes.append(row)
    out["cutmix"] = boxes
    out["cutout"] = [{"height": h, "width": w, "length": L, "cy": cy, "cx": cx,
                      "box_y1y2x1x2": [max(cy - L // 2, 0), min(cy + L // 2, h), max(cx - L // 2, 0), min(cx + L // 2, w)]}
                     for h, w, L, cy, cx in ((32, 32, 16, 16, 16), (32, 32, 16, 0, 31), (32, 32, 15, 10, 20), (61, 97, 40, 50, 3))]
    rows = []
    for h, w, ua, ur in ((224, 224, 0.0, 0.5), (224, 224, 0.5, 0.1), (224, 224, 1.0, 0.9), (32, 32, 0.7, 0.0),
                         (32, 32, 0.99, 1.0), (97, 61, 0.4, 0.3), (97, 61, 0.95, 1.0)):
        area = (0.02 + (1 / 3 - 0.02) * ua) * h * w
        lo, hi = math.log(0.3), math.log(1 / 0.3)
        ratio = math.exp(lo + (hi - lo) * ur)
        eh, ew = int(round(math.sqrt(area * ratio))), int(round(math.sqrt(area / ratio)))
        rows.append({"height": h, "width": w, "u_area": ua, "u_log_ratio": ur, "target_area": num(area), "ratio": num(ratio),
                     "erase_h": eh, "erase_w": ew, "accepted": bool(ew < w and eh < h)})
    out["random_erasing_timm"] = {"min_area": 0.02, "max_area": num(1 / 3), "min_aspect": 0.3, "rows": rows}
    return out


# ---------------------------------------------------------------- averaging, dropping, clipping

def tricks():
    out = {}
    m = nn.Linear(1, 1)
    rows = []
    for kw in (dict(decay=0.9999), dict(decay=0.99, use_warmup=True), dict(decay=0.9999, use_warmup=True, warmup_gamma=1.0,
               warmup_power=0.75), dict(decay=0.999, use_warmup=True, update_after_step=3, min_decay=0.2)):
        e = ModelEmaV3(m, **kw)
        steps = [0, 1, 2, 3, 4, 5, 10, 50, 100, 1000, 10000, 100000]
        rows.append({"args": kw, "step": steps, "decay": nums([e.get_decay(s) for s in steps])})
    out["ema_decay_timm"] = rows
    w = nn.Linear(2, 1, bias=False).double()
    w.weight.data = torch.tensor([[1.0, -2.0]], dtype=F64)
    e = ModelEmaV3(w, decay=0.9, use_warmup=True)
    seq = []
    for i in range(8):
        w.weight.data += torch.tensor([[0.1, 0.2]], dtype=F64)
        e.update(w, step=i)
        seq.append(nums(e.module.weight[0]))
    out["ema_weights_timm"] = {"start": [1.0, -2.0], "added_before_each_update": [0.1, 0.2],
                               "args": dict(decay=0.9, use_warmup=True), "steps": list(range(8)), "averages": seq}
    out["ema_half_life"] = [{"half_life_updates": h, "decay": num(0.5 ** (1.0 / h))} for h in (10, 100, 1000, 10000)]
    out["ema_torchvision_rule"] = [
        {"batch": b, "world": ws, "every": k, "epochs": ep, "decay_given": d,
         "alpha": num(min(1.0, (1.0 - d) * ws * b * k / ep)), "decay_used": num(1 - min(1.0, (1.0 - d) * ws * b * k / ep))}
        for b, ws, k, ep, d in ((128, 8, 32, 600, 0.99998), (32, 1, 32, 100, 0.9999))]

    rates = {}
    for name, p in (("resnet50", 0.1), ("convnext_tiny", 0.1), ("vit_tiny_patch16_224", 0.1), ("efficientnet_b0", 0.2),
                    ("regnety_004", 0.1), ("resnetv2_50", 0.1)):
        model = timm.create_model(name, drop_path_rate=p)
        rates[name] = {"rate": p, "blocks": [[n.rsplit(".drop_path", 1)[0], num(mod.drop_prob, 7)] for n, mod in
                                             model.named_modules() if type(mod).__name__ == "DropPath"
                                             and not n.endswith("drop_path2")]}
    out["drop_path_rates_timm"] = rates
    x = U(30, 4, 2)
    keep = [1, 0, 1, 1]
    out["drop_path"] = {"drop": 0.2, "input": nums(x), "kept": keep,
                        "scaled": nums(x * torch.tensor(keep, dtype=F64)[:, None] / 0.8),
                        "unscaled": nums(x * torch.tensor(keep, dtype=F64)[:, None])}

    rows = []
    for h, w, bs, p, gs in ((14, 14, 7, 0.1, 1.0), (7, 7, 7, 0.1, 1.0), (7, 7, 3, 0.1, 1.0), (14, 14, 5, 0.1, 0.25),
                            (28, 28, 7, 0.25, 1.0), (4, 6, 7, 0.1, 1.0)):
        kh, kw = min(bs, h), min(bs, w)
        rows.append({"height": h, "width": w, "block": bs, "drop": p, "gamma_scale": gs,
                     "gamma": num(gs * p * h * w / (kh * kw) / ((h - kh + 1) * (w - kw + 1)))})
    out["drop_block_gamma"] = rows
    seeds = torch.zeros(1, 1, 8, 8)
    seeds[0, 0, 2, 3] = seeds[0, 0, 6, 7] = 1
    old = torch.Tensor.bernoulli_
    masks = []
    torch.Tensor.bernoulli_ = lambda self, p=0.5, **k: self.copy_(seeds)
    try:
        for bs in (1, 2, 3, 4, 5):
            r = drop_block_2d(torch.ones(1, 2, 8, 8), 0.1, bs)
            scale = float(r.max())
            masks.append({"block": bs, "scale": num(scale, 8),
                          "kept": ["".join("1" if v > 0 else "0" for v in row) for row in r[0, 0].tolist()]})
    finally:
        torch.Tensor.bernoulli_ = old
    out["drop_block_mask"] = {"height": 8, "width": 8, "seeds_yx": [[2, 3], [6, 7]], "rows": masks}

    def grads():
        ps = []
        for k, shape in ((40, (4, 3)), (41, (4,)), (42, (2, 3, 2, 2))):
            p = nn.Parameter(U(k, *shape, scale=2.0))
            p.grad = U(k + 10, *shape, scale=3.0)
            ps.append(p)
        return ps
    clip = {}
    for name, f in (("norm_1", lambda ps: torch.nn.utils.clip_grad_norm_(ps, 1.0)),
                    ("norm_100", lambda ps: torch.nn.utils.clip_grad_norm_(ps, 100.0)),
                    ("norm_inf_0.5", lambda ps: torch.nn.utils.clip_grad_norm_(ps, 0.5, norm_type=math.inf)),
                    ("value_0.3", lambda ps: torch.nn.utils.clip_grad_value_(ps, 0.3)),
                    ("agc_0.1", lambda ps: adaptive_clip_grad(ps, 0.1)),
                    ("agc_0.5", lambda ps: adaptive_clip_grad(ps, 0.5))):
        ps = grads()
        r = f(ps)
        clip[name] = {"returned": None if r is None else num(r), "gradients": [nums(p.grad.flatten()) for p in ps]}
    ps = grads()
    out["clipping"] = {"shapes": [list(p.shape) for p in ps], "parameters": [nums(p.flatten()) for p in ps],
                       "gradients": [nums(p.grad.flatten()) for p in ps], "results": clip}

    def scale_rule(batch, base, size, how):
        r = batch / size
        return base * (math.sqrt(r) if how == "sqrt" else r)
    out["lr_scaling_timm"] = [{"global_batch": b, "lr_base": base, "lr_base_size": size, "scale": how,
                               "lr": num(scale_rule(b, base, size, how))}
                              for b, base, size, how in ((256, 0.1, 256, "linear"), (1024, 0.1, 256, "linear"),
                                                         (64, 0.1, 256, "linear"), (2048, 0.005, 256, "sqrt"),
                                                         (384, 0.1, 256, "linear"))]
    return out


def parameter_lists():
    out = {}
    decay = {}
    for name in ("resnet50", "vit_tiny_patch16_224", "convnext_tiny", "efficientnet_b0"):
        m = timm.create_model(name)
        skip = m.no_weight_decay() if hasattr(m, "no_weight_decay") else set()
        names = {id(p): n for n, p in m.named_parameters()}
        groups = param_groups_weight_decay(m, 0.05, no_weight_decay_list=skip)
        row = {}
        for g in groups:
            ns = [names[id(p)] for p in g["params"]]
            key = "decayed" if g["weight_decay"] else "not_decayed"
            row[key] = {"tensors": len(ns), "numbers": sum(p.numel() for p in g["params"]), "names": ns}
        row["model_no_weight_decay"] = sorted(skip)
        row["dimensions"] = {n: p.ndim for n, p in m.named_parameters()}
        decay[name] = row
        if name != "resnet50":  # the rule is clear from one full list
            del row["decayed"]["names"], row["dimensions"]
            row["not_decayed"]["names"] = [n for n in row["not_decayed"]["names"]
                                           if not n.endswith((".bias",)) and dict(m.named_parameters())[n].ndim > 1]
            row["not_decayed"]["names_are"] = "only those of 2 or more dimensions that do not end in .bias"
    out["weight_decay_groups_timm"] = decay

    zero = {}
    for name in ("resnet18", "resnet50", "resnet50d", "seresnet50", "resnext50_32x4d", "wide_resnet50_2", "resnetv2_50",
                 "regnety_004", "efficientnet_b0", "densenet121"):
        kw = dict(zero_init_last=True) if name.startswith(("res", "se", "wide")) and not name.startswith("resnetv2") else {}
        m = timm.create_model(name, **kw)
        zero[name] = {"args": kw, "names": [n for n, p in m.named_parameters()
                                            if n.endswith("weight") and p.numel() > 1 and not p.any()]}
    out["zero_gamma_timm"] = zero

    layers = {}
    for name in ("resnet50", "convnext_tiny", "vit_tiny_patch16_224"):
        m = timm.create_model(name)
        skip = m.no_weight_decay() if hasattr(m, "no_weight_decay") else set()
        names = {id(p): n for n, p in m.named_parameters()}
        layers[name] = [{"lr_scale": num(g["lr_scale"]), "weight_decay": g["weight_decay"],
                         "names": [names[id(p)] for p in g["params"]]}
                        for g in param_groups_layer_decay(m, 0.05, no_weight_decay_list=skip, layer_decay=0.75)]
    out["layer_decay_timm_0.75"] = layers

    inits = {}
    for name in ("resnet50", "mobilenetv2_100", "efficientnet_b0", "convnext_tiny", "vit_tiny_patch16_224", "densenet121", "vgg11_bn"):
        torch.manual_seed(0)
        m = timm.create_model(name)
        row = {}
        for n, p in m.named_parameters():
            if p.ndim >= 2 and len(row) < 400:
                row[n] = [num(p.mean(), 2), num(p.std(), 3)]
        keys = list(row)
        pick = sorted(set([0, 1, 2, len(keys) // 2, len(keys) - 2, len(keys) - 1]))
        inits[name] = {keys[i]: row[keys[i]] for i in pick}
    out["initial_mean_and_deviation_timm"] = inits
    return out


# ---------------------------------------------------------------- metrics

def metrics():
    out = {}
    z = U(60, 64, 10, scale=8.0)
    y = torch.from_numpy(np.floor((uniform(61, 64) + 0.5) * 10).astype(np.int64))
    y = torch.where(torch.from_numpy(uniform(62, 64)) < 0.2, z.argmax(1), y)  # 70 % of the labels agree, or more

    def ece(logits, bins=15):
        conf, pred = torch.softmax(logits, 1).max(1)
        hit = pred.eq(y).double()
        total, rows = 0.0, []
        for i in range(bins):
            lo, hi = i / bins, (i + 1) / bins
            inside = (conf > lo) & (conf <= hi)
            n = int(inside.sum())
            if n:
                a, c = float(hit[inside].mean()), float(conf[inside].mean())
                total += abs(a - c) * n / len(y)
                rows.append([i, n, num(a), num(c)])
        return total, rows
    lo, hi = 0.05, 20.0
    f = lambda t: float(F.cross_entropy(z / t, y))
    g = (math.sqrt(5) - 1) / 2
    while hi - lo > 1e-12 * hi:
        a, b = hi - g * (hi - lo), lo + g * (hi - lo)
        if f(a) < f(b):
            hi = b
        else:
            lo = a
        if hi - lo < 1e-7:
            break
    t = 0.5 * (lo + hi)
    for _ in range(20):  # Newton on the derivative with respect to 1/T
        inv = torch.tensor(1 / t, dtype=F64, requires_grad=True)
        l = F.cross_entropy(z * inv, y)
        d, = torch.autograd.grad(l, inv, create_graph=True)
        d2, = torch.autograd.grad(d, inv)
        t = 1 / float((inv - d / d2).detach())
    before, rows = ece(z)
    after, rows2 = ece(z / t)
    out["calibration"] = {"logits": nums(z, 17), "targets": y.tolist(), "bins": 15, "top1": num(z.argmax(1).eq(y).double().mean()),
                          "nll": num(f(1.0)), "ece": num(before), "bins_index_count_accuracy_confidence": rows,
                          "temperature": num(t, 10), "nll_scaled": num(f(t)), "ece_scaled": num(after),
                          "bins_scaled": rows2}
    ties = torch.tensor([[1.0, 3.0, 3.0, 3.0, 0.0, 2.0], [2.0, 2.0, 2.0, 2.0, 2.0, 2.0], [5.0, 4.0, 3.0, 2.0, 1.0, 0.0],
                         [0.0, 1.0, 1.0, 5.0, 1.0, 1.0]], dtype=F64)
    ty = torch.tensor([2, 5, 1, 4])
    strictly = (ties > ties.gather(1, ty[:, None])).sum(1)
    equal_before = torch.stack([(ties[i, :ty[i]] == ties[i, ty[i]]).sum() for i in range(4)])
    equal = (ties == ties.gather(1, ty[:, None])).sum(1) - 1
    out["top_k_ties"] = {
        "logits": nums(ties), "targets": ty.tolist(), "strictly_greater": strictly.tolist(),
        "equal_with_lower_index": equal_before.tolist(), "equal_others": equal.tolist(),
        "torch_topk_indices": {str(k): ties.topk(k, 1).indices.tolist() for k in (1, 2, 3, 5)},
        "torch_argmax": ties.argmax(1).tolist(), "numpy_argmax": ties.numpy().argmax(1).tolist()}
    return out


# What the tests read of each section; None: all of it.
KEEP = {
    "libraries": None,
    "toy": None,
    "optimizers": None,
    "schedules": None,
    "losses": None,
    "mixing": ["mixup", "cutmix", "cutout", "random_erasing_timm"],
    "tricks": ["ema_decay_timm", "ema_weights_timm", "drop_path_rates_timm", "drop_path", "drop_block_gamma",
               "drop_block_mask", "clipping"],
    "parameter_lists": ["weight_decay_groups_timm", "layer_decay_timm_0.75"],
    "metrics": ["calibration", "top_k_ties"],
}
KEEP_CLIPPING = ["norm_1", "norm_100", "value_0.3", "agc_0.1", "agc_0.5"]
KEEP_MODELS = ["resnet50"]


def keep(section, names):
    return section if names is None else {n: section[n] for n in names}


def main():
    doc = {
        "libraries": {"torch": torch.__version__.split("+")[0], "torchvision": torchvision.__version__.split("+")[0],
                      "timm": timm.__version__, "numpy": np.__version__, "script": "tools/golden/semantics.py"},
        "toy": {"H": nums(H, 17), "c": nums(C, 17), "start": nums(START, 17), "steps": STEPS,
                "order": "W is 4x3 and takes the first 12 numbers row by row, b the last 4"},
        "optimizers": optimizer_section(), "schedules": schedules(), "losses": losses(), "mixing": mixing(),
        "tricks": tricks(), "parameter_lists": parameter_lists(), "metrics": metrics(),
    }
    doc = {section: keep(doc[section], names) for section, names in KEEP.items()}
    clipping = doc["tricks"]["clipping"]
    clipping["results"] = keep(clipping["results"], KEEP_CLIPPING)
    lists = doc["parameter_lists"]
    lists["weight_decay_groups_timm"] = keep(lists["weight_decay_groups_timm"], KEEP_MODELS)
    path = os.path.join(HERE, "..", "..", "linnet-core", "src", "test", "resources", "golden", "semantics.json")
    with open(path, "w") as f:
        f.write("{\n" + ",\n".join(
            f' "{k}": ' + ("{\n" + ",\n".join(f'  {json.dumps(a)}: {json.dumps(b)}' for a, b in v.items()) + "\n }")
            for k, v in doc.items()) + "\n}\n")


if __name__ == "__main__":
    main()
