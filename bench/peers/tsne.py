#!/usr/bin/env python3
"""The scikit-learn side of `linnet bench tsne`: t-SNE and PCA of a table of features.

    tsne.py FEATURES.safetensors [--points 10000] [--perplexity 30] [--threads N]

FEATURES.safetensors as `linnet embed --format safetensors` writes it. One JSON line: seconds of t-SNE, its divergence,
its trustworthiness at 5 neighbors, seconds of PCA to two components.
Needs: pip install scikit-learn==1.9.1 safetensors
"""
import argparse
import json
import os
import time


def main():
    p = argparse.ArgumentParser()
    p.add_argument("features")
    p.add_argument("--points", type=int)
    p.add_argument("--perplexity", type=float, default=30)
    p.add_argument("--threads", type=int, default=os.cpu_count())
    a = p.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(a.threads)
    from safetensors.numpy import load_file
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE, trustworthiness

    x = load_file(a.features)["features"][: a.points]
    begin = time.perf_counter()
    PCA(2, svd_solver="full").fit(x)
    pca = time.perf_counter() - begin
    begin = time.perf_counter()
    tsne = TSNE(perplexity=a.perplexity, random_state=0, n_jobs=a.threads)
    y = tsne.fit_transform(x)
    seconds = time.perf_counter() - begin
    print(json.dumps({
        "points": len(x), "width": x.shape[1], "seconds": round(seconds, 2), "divergence": float(tsne.kl_divergence_),
        "iterations": int(tsne.n_iter_), "trustworthiness": float(trustworthiness(x, y, n_neighbors=5)),
        "pca_seconds": round(pca, 3), "threads": a.threads}))


if __name__ == "__main__":
    main()
