"""Writes linnet-core/src/test/resources/golden/similarity.json: values and gradients of the losses of similarity, and
recall@k and mAP@R, by PyTorch Metric Learning.

    pip install torch==2.10.0 pytorch-metric-learning==2.9.0
    OMP_NUM_THREADS=1 python similarity.py

The contrastive loss of Hadsell et al. (Eq. 4), which that library has with other powers, and recall@k above 1, which
it has not, are written out below. The triplet loss is the mean over all anchors (Hermans et al., Eq. 5). Tests allow
1e-9 in float64, and 1e-6 for the measures.
"""
import json
import math
import os

import torch
import torch.nn.functional as F
from pytorch_metric_learning import losses, miners, reducers
from pytorch_metric_learning.distances import CosineSimilarity, LpDistance
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from pytorch_metric_learning.utils.inference import CustomKNN

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "../../linnet-core/src/test/resources/golden/similarity.json")
F64 = torch.float64
N, E, K = 8, 5, 4


def nums(t):
    return [float("%.12g" % v) for v in t.detach().flatten().tolist()]


def recorded(loss, embeddings, proxies=None):
    e = embeddings.clone().requires_grad_()
    inputs = [e] if proxies is None else [e, proxies.clone().requires_grad_()]
    value = loss(*inputs)
    value.backward()
    out = {"value": nums(value)[0], "gradient": nums(inputs[0].grad)}
    if proxies is not None:
        out["proxy_gradient"] = nums(inputs[1].grad)
    return out


def triplet(labels, margin):
    distance = LpDistance(normalize_embeddings=False)
    mine = miners.BatchHardMiner(distance=distance)
    fn = losses.TripletMarginLoss(margin=margin or 0, smooth_loss=margin is None, distance=distance,
                                  reducer=reducers.MeanReducer())
    return lambda e: fn(e, labels, mine(e, labels))


def contrastive(labels, margin):
    def loss(e):
        together, apart = [], []
        for i in range(len(e)):
            for j in range(i + 1, len(e)):
                d = (e[i] - e[j]).norm()
                if labels[i] == labels[j]:
                    together.append(d ** 2 / 2)
                else:
                    apart.append(F.relu(margin - d) ** 2 / 2)
        return torch.stack(together).mean() + torch.stack(apart).mean()
    return loss


def with_proxies(fn, name, labels, transpose):
    def loss(e, proxies):
        own = getattr(fn, name)
        del fn._parameters[name]
        setattr(fn, name, proxies.t() if transpose else proxies)
        value = fn(e, labels)
        delattr(fn, name)
        fn._parameters[name] = own
        return value
    return loss


def retrieval(generator):
    labels = torch.tensor([i % 7 for i in range(60)] + [7])  # the last is alone
    rows = torch.randn(61, 6, generator=generator, dtype=torch.float32)
    centers = torch.randn(8, 6, generator=generator)
    rows = F.normalize(rows + centers[labels])
    knn = CustomKNN(CosineSimilarity())
    calculator = AccuracyCalculator(include=("precision_at_1", "mean_average_precision_at_r"), k="max_bin_count",
                                    knn_func=knn, device=torch.device("cpu"))
    got = calculator.get_accuracy(rows, labels)
    cosines = rows.double() @ rows.double().t()
    recall = {}
    for k in (1, 2, 4, 8):
        hits = []
        for q in range(60):
            order = [i for i in torch.argsort(-cosines[q]).tolist() if i != q][:k]
            hits.append(any(labels[i] == labels[q] for i in order))
        recall[str(k)] = sum(hits) / len(hits)
    assert math.isclose(recall["1"], got["precision_at_1"]), (recall, got)
    return {"labels": labels.tolist(), "rows": nums(rows), "recall": recall,
            "map_at_r": float(got["mean_average_precision_at_r"])}


def main():
    g = torch.Generator().manual_seed(10)
    raw = torch.randn(N, E, generator=g, dtype=F64)
    unit = F.normalize(raw)
    proxies = torch.randn(K, E, generator=g, dtype=F64)
    labels = torch.tensor([0, 0, 1, 1, 2, 2, 0, 1])
    pairs = torch.tensor([0, 1, 2, 3, 0, 1, 2, 3])
    arc = lambda m, s: with_proxies(losses.ArcFaceLoss(K, E, margin=math.degrees(m), scale=s).double(), "W", labels,
                                    True)
    anchor = lambda m, a: with_proxies(losses.ProxyAnchorLoss(K, E, margin=m, alpha=a).double(), "proxies", labels,
                                       False)
    values = {
        "triplet_0.2": recorded(triplet(labels, 0.2), unit),
        "triplet_2_raw": recorded(triplet(labels, 2.0), raw),
        "triplet_soft": recorded(triplet(labels, None), unit),
        "triplet_soft_raw": recorded(triplet(labels, None), raw),
        "contrastive_1": recorded(contrastive(labels, 1.0), unit),
        "contrastive_3_raw": recorded(contrastive(labels, 3.0), raw),
        "nt_xent_0.5": recorded(lambda e: losses.NTXentLoss(0.5)(e, pairs), raw),
        "nt_xent_0.1_supervised": recorded(lambda e: losses.SupConLoss(0.1)(e, labels), raw),
        "arcface_0.5_64": recorded(arc(0.5, 64.0), raw, proxies),
        "arcface_1.2_10": recorded(arc(1.2, 10.0), raw, proxies),
        "proxy_anchor_0.1_32": recorded(anchor(0.1, 32.0), raw, proxies),
        "proxy_anchor_0_2": recorded(anchor(0.0, 2.0), raw, proxies),
    }
    out = {"source": "tools/golden/similarity.py, torch 2.10.0, pytorch-metric-learning 2.9.0",
           "raw": nums(raw), "unit": nums(unit), "proxies": nums(proxies), "labels": labels.tolist(),
           "pairs": pairs.tolist(), "values": values, "retrieval": retrieval(g)}
    with open(OUT, "w") as f:
        json.dump(out, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
