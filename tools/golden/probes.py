#!/usr/bin/env python3
"""Linear probe, nearest neighbors and LogME of recorded features.

    python tools/golden/probes.py > linnet-core/src/test/resources/golden/probes.json

scikit-learn 1.9.1's LogisticRegression (lbfgs, tol 1e-10) with C = 1 / (decay · pictures); neighbors by cosine with
votes exp(cosine / 0.07); LogME as the authors' code (github.com/thuml/LogME, LogME.py, each_evidence). Tolerance
of the tests: weights 1e-3, scores 1e-5.
"""
import json

import numpy as np
from sklearn.linear_model import LogisticRegression


def logme(f, y, classes):
    f = f.astype(np.float64)
    fh, f = f, f.T
    d, n = f.shape
    v, s, vh = np.linalg.svd(f @ fh)
    scores = []
    for k in range(classes):
        t = (y == k).astype(np.float64)
        alpha = beta = 1.0
        lam = alpha / beta
        tmp = vh @ (f @ t)
        for _ in range(11):
            gamma = (s / (s + lam)).sum()
            m = v @ (tmp * beta / (alpha + beta * s))
            alpha_de = (m * m).sum()
            alpha = gamma / (alpha_de + 1e-5)
            beta_de = ((t - fh @ m) ** 2).sum()
            beta = (n - gamma) / (beta_de + 1e-5)
            new = alpha / beta
            if np.abs(new - lam) / lam < 0.01:
                break
            lam = new
        scores.append((d / 2 * np.log(alpha) + n / 2 * np.log(beta) - 0.5 * np.log(alpha + beta * s).sum()
                       - beta / 2 * (beta_de + 1e-5) - alpha / 2 * (alpha_de + 1e-5) - n / 2 * np.log(2 * np.pi)) / n)
    return float(np.mean(scores))


def neighbors(x, y, k, classes):
    u = x / np.linalg.norm(x, axis=1, keepdims=True)
    c = u @ u.T
    np.fill_diagonal(c, -2)
    right = 0
    for i in range(len(x)):
        near = np.argsort(-c[i])[:k]
        votes = np.zeros(classes)
        for j in near:
            votes[y[j]] += np.exp(c[i, j] / 0.07)
        right += votes.argmax() == y[i]
    return 100 * right / len(x)


def case(rng, n, d, classes, decay):
    y = np.arange(n) % classes
    centers = rng.normal(size=(classes, d))
    x = np.round(centers[y] + 1.5 * rng.normal(size=(n, d)) + 3, 3).astype(np.float32)
    lr = LogisticRegression(C=1 / (decay * n), tol=1e-10, max_iter=10000).fit(x.astype(np.float64), y)
    w, b = lr.coef_, lr.intercept_
    if classes == 2:  # one row for both: the softmax form has half of it for each
        lr = None
    return {
        "rows": n, "width": d, "classes": classes, "decay": decay,
        "features": [round(float(v), 3) for v in x.flatten()], "targets": y.tolist(),
        "weight": [] if lr is None else np.round(w, 7).flatten().tolist(),
        "bias": [] if lr is None else np.round(b - b.mean(), 7).tolist(),
        "accuracy": 100.0 * float((LogisticRegression(C=1 / (decay * n), tol=1e-10, max_iter=10000)
                                   .fit(x, y).predict(x) == y).mean()),
        "neighbors": neighbors(x.astype(np.float64), y, 5, classes), "logme": logme(x, y, classes),
    }


rng = np.random.default_rng(7)
print(json.dumps({"cases": [case(rng, 60, 8, 3, 0.05), case(rng, 24, 40, 4, 0.5), case(rng, 40, 6, 2, 0.01)]}, indent=1))
