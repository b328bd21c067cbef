"""Writes linnet-core/src/test/resources/golden/maps.json: principal components, t-SNE's divergence and trustworthiness
as scikit-learn computes them.

    pip install scikit-learn==1.9.1 numpy==2.4.6
    OMP_NUM_THREADS=1 python maps.py

Features of point i, column j: 3 cos(1.7 (i mod c) (j + 1)) + (1 + j / d) sin(0.37 i i + 1.3 i j + j), float32. The test
makes the same. Tolerances: components 1e-5, divergence and trustworthiness 2 %. t-SNE of few points ends in one of many
minima, so it runs from five starts: the components, and four times the components changed by a thousandth.
"""
import json
import os

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness

HERE = os.path.dirname(os.path.abspath(__file__))


def features(n, d, clusters):
    i, j = np.arange(n)[:, None].astype(float), np.arange(d)[None].astype(float)
    x = 3 * np.cos(1.7 * (i % clusters) * (j + 1)) + (1 + j / d) * np.sin(0.37 * i * i + 1.3 * i * j + j)
    return x.astype(np.float32)


def numbers(a, digits=9):
    return [float(f"{v:.{digits}g}") for v in np.ravel(a)]


def components(n, d, clusters, count):
    x = features(n, d, clusters).astype(np.float64)
    p = PCA(count, svd_solver="full").fit(x)
    return {"points": n, "width": d, "clusters": clusters, "count": count, "components": numbers(p.components_),
            "variances": numbers(p.explained_variance_), "shares": numbers(p.explained_variance_ratio_),
            "scores": numbers(p.transform(x)[:3])}


def tsne(n, d, clusters, perplexity):
    x = features(n, d, clusters)
    components = PCA(2).fit_transform(x.astype(np.float64))
    start = components / components[:, 0].std() * 1e-4
    divergences, trust = [], []
    for seed in range(5):
        changed = start * (1 + (1e-3 if seed else 0) * np.random.RandomState(seed).randn(*start.shape))
        t = TSNE(perplexity=perplexity, init=changed.astype(np.float32), n_jobs=1)
        trust.append(trustworthiness(x, t.fit_transform(x), n_neighbors=5))
        divergences.append(t.kl_divergence_)
    return {"points": n, "width": d, "clusters": clusters, "perplexity": perplexity, "divergences": numbers(divergences),
            "trustworthiness": numbers(trust),
            "pca_trustworthiness": float(trustworthiness(x, components, n_neighbors=5))}


if __name__ == "__main__":
    out = {
        "made_by": "tools/golden/maps.py", "scikit-learn": sklearn.__version__, "numpy": np.__version__,
        "pca": [components(60, 12, 5, 4), components(10, 25, 3, 5)],
        "tsne": [tsne(300, 12, 6, 30.0), tsne(200, 20, 4, 10.0), tsne(600, 16, 10, 30.0)],
    }
    path = os.path.join(HERE, "../../linnet-core/src/test/resources/golden/maps.json")
    with open(path, "w") as f:
        json.dump(out, f, indent=1)
        f.write("\n")
