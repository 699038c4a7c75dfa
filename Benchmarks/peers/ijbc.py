"""IJB-C 1:1 at full size with h5py, NumPy and scikit-learn, on the store and the lists that ScaleBenchmark makes.

The same evaluation as likeness's: mean of each media's images, sum over media, unit length; inner product of every pair; AUC, and TAR at the
largest false accept rate of at most the target, read from the exact curve. Vectorised throughout: pooling by `reduceat`, scores in blocks.

    python ijbc.py FOLDER
"""

import json
import resource
import sys
import time

import h5py
import numpy as np
from sklearn.metrics import auc, roc_curve

folder = sys.argv[1]
steps = {}
clock = time.perf_counter()


def note(step):
    global clock
    now = time.perf_counter()
    steps[step] = steps.get(step, 0) + now - clock
    clock = now


def table(path, columns):
    """Whole numbers of a text file by columns, by NumPy's fastest reader."""
    return np.loadtxt(path, dtype=np.int64, usecols=columns)


with h5py.File(f"{folder}/ijbc.h5") as store:
    features = store["features"][:]
    names = store["names"].asstr()[:]
note("store")

row_of = {name: row for row, name in enumerate(names)}
with open(f"{folder}/tid_mid.txt") as lines:
    rows = np.fromiter((row_of[line.split(" ", 1)[0][:-4]] for line in lines), dtype=np.int64)
media = table(f"{folder}/tid_mid.txt", (1, 2))
pairs = table(f"{folder}/pairs.txt", (0, 1, 2))
note("lists")

order = np.lexsort((media[:, 1], media[:, 0]))
templates, media_ids, rows = media[order, 0], media[order, 1], rows[order]
first_of_media = np.flatnonzero(np.r_[True, (np.diff(templates) != 0) | (np.diff(media_ids) != 0)])
counts = np.diff(np.r_[first_of_media, len(rows)])
means = np.add.reduceat(features[rows], first_of_media, axis=0) / counts[:, None].astype(np.float32)
template_of_media = templates[first_of_media]
first_of_template = np.flatnonzero(np.r_[True, np.diff(template_of_media) != 0])
pooled = np.add.reduceat(means, first_of_template, axis=0)
pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
ids = template_of_media[first_of_template]
a, b = np.searchsorted(ids, pairs[:, 0]), np.searchsorted(ids, pairs[:, 1])
scores = np.empty(len(pairs), dtype=np.float32)
block = 100_000
for start in range(0, len(pairs), block):
    part = slice(start, start + block)
    scores[part] = np.einsum("ij,ij->i", pooled[a[part]], pooled[b[part]])
far, tar, _ = roc_curve(pairs[:, 2], scores, drop_intermediate=False)
results = {"AUC": float(auc(far, tar))}
for exponent in range(1, 7):
    target = float(f"1e-{exponent}")
    name = {5: "1e-05", 6: "1e-06"}.get(exponent, f"{target:.4f}".rstrip("0"))
    results[f"TAR at {name}"] = float(tar[np.searchsorted(far, target, side="right") - 1])
note("evaluation")

peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"steps": steps, "peakMiB": peak, "results": results}))
