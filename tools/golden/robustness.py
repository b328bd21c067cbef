"""Writes linnet-core/src/test/resources/golden/robustness.json: how well scores tell two kinds of pictures apart, as
scikit-learn computes it, and what FGSM and ODIN do to pictures, as PyTorch does.

    pip install torch==2.10.0 torchvision==0.25.0 timm==1.0.31 scikit-learn==1.9.1
    OMP_NUM_THREADS=1 python robustness.py

The network is LeNet-5 of zoo.py with its weights from the hash; pictures are levels floor(256 (u + 0.5)). Signs of
gradients that are nearly 0 may differ between processors: `near_zero` counts those below 1e-6, and the tests allow as
many to differ.
"""
import json
import os

import numpy as np
import sklearn
import torch
import torch.nn.functional as F
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

import zoo

torch.set_num_threads(1)
HERE = os.path.dirname(os.path.abspath(__file__))
MEAN, STD = 0.1303, 0.3077
IMAGES, SIDE = 8, 28


def num(x, digits=13):
    return float(f"{float(x):.{digits}g}")


def separation(inside, outside):
    truth = np.r_[np.ones(len(inside)), np.zeros(len(outside))]
    scores = np.r_[inside, outside]
    fpr, tpr, _ = roc_curve(truth, scores, drop_intermediate=False)
    return {
        "in": [num(s, 17) for s in inside], "out": [num(s, 17) for s in outside],
        "auroc": num(roc_auc_score(truth, scores)),
        "aupr_in": num(average_precision_score(truth, scores)),
        "aupr_out": num(average_precision_score(1 - truth, -scores)),
        "tnr_at_tpr95": num(1 - fpr[np.argmax(tpr >= 0.95)]),
        "detection_error": num(np.min((1 - tpr + fpr) / 2)),
    }


def separations():
    u = lambda k, n: zoo.uniform(k, n) + 0.5
    rounded = lambda k, n, shift: np.round(np.clip(u(k, n) + shift, 0, 1), 1)
    return {
        "apart": separation(0.6 + 0.4 * u(70, 40), 0.5 * u(71, 30)),
        "overlapping": separation(u(72, 200) ** 0.5, u(73, 150)),
        "ties": separation(rounded(74, 100, 0.2), rounded(75, 120, 0)),
        "worse_than_a_guess": separation(u(76, 50) ** 2, u(77, 60)),
        "one_score": separation(np.full(20, 0.5), np.full(30, 0.5)),
        "single_pictures": separation(np.array([0.3]), np.array([0.7])),
    }


def attack():
    model = zoo.LeNet5()
    zoo.fill(model, 2.0)
    model.eval()
    levels = np.floor(256 * (zoo.uniform(80, IMAGES * SIDE * SIDE) + 0.5)).astype(np.float32)
    x = torch.from_numpy(levels.reshape(IMAGES, 1, SIDE, SIDE))
    targets = torch.arange(IMAGES)
    net = lambda v: model((v / 255 - MEAN) / STD)

    def gradient(labels, temperature):
        leaf = x.clone().requires_grad_(True)
        loss = F.cross_entropy(net(leaf) / temperature, labels, reduction="sum") * temperature
        g, = torch.autograd.grad(loss, leaf)
        return g

    out = {"mean": MEAN, "std": STD, "gain": 2.0, "picture": 80, "images": IMAGES, "targets": targets.tolist()}
    with torch.no_grad():
        clean = net(x)
    out["logits"] = [[num(v, 9) for v in row] for row in clean.tolist()]
    g = gradient(targets, 1.0)
    out["fgsm"] = {
        "gradient_first_row": [num(v, 9) for v in g[0, 0, 0].tolist()],
        "gradient_norm": num(g.norm(), 9),
        "near_zero": int((g.abs() < 1e-6).sum()),
    }
    for epsilon in (1, 8):
        with torch.no_grad():
            adversarial = (x + epsilon * g.sign()).clamp(0, 255)
            out["fgsm"][str(epsilon)] = {
                "sum": num(adversarial.sum(dtype=torch.float64)),
                "first_row": [num(v) for v in adversarial[0, 0, 0].tolist()],
                "logits": [[num(v, 9) for v in row] for row in net(adversarial).tolist()],
            }
    temperature, epsilon = 1000.0, 0.0014
    g = gradient(clean.argmax(1), temperature)
    with torch.no_grad():
        sign = (torch.ge(g, 0).float() - 0.5) * 2  # as the authors' code: 0 counts as positive
        perturbed = (x / 255 - MEAN) / STD - epsilon * sign / STD
        logits = model(perturbed)
        scores = torch.softmax(logits.double() / temperature, 1).max(1).values
    out["odin"] = {"temperature": temperature, "epsilon": epsilon, "near_zero": int((g.abs() < 1e-6).sum()),
                   "logits": [[num(v, 9) for v in row] for row in logits.tolist()],
                   "scores": [num(s) for s in scores.tolist()],
                   "confidences": [num(s) for s in torch.softmax(clean.double(), 1).max(1).values.tolist()]}
    return out


def main():
    doc = {"libraries": {"torch": torch.__version__.split("+")[0], "scikit-learn": sklearn.__version__,
                         "numpy": np.__version__, "script": "tools/golden/robustness.py"},
           "separations": separations(), "attack": attack()}
    path = os.path.join(HERE, "..", "..", "linnet-core", "src", "test", "resources", "golden", "robustness.json")
    with open(path, "w") as f:
        f.write("{\n" + ",\n".join(
            f' "{k}": ' + ("{\n" + ",\n".join(f"  {json.dumps(a)}: {json.dumps(b)}" for a, b in v.items()) + "\n }")
            for k, v in doc.items()) + "\n}\n")


if __name__ == "__main__":
    main()
