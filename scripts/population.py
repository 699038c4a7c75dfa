#!/usr/bin/env python3
"""population.py STORE.h5 ...: what a feature store's population looks like, for comparing synthetic worlds with real stores.

For L2-normalised features: the spectra of the covariances between and within identities (one-way analysis of variance, of identities
with at least two images), and the histograms' moments of genuine and impostor cosines. Needs NumPy and h5py; random pairs are seeded.
"""
import sys

import h5py
import numpy as np


def spectra(features, labels):
    """Between- and within-identity covariance, unbiased for equal image counts and nearly so for others."""
    counts = np.bincount(labels)
    chosen = np.flatnonzero(counts >= 2)
    rows = counts[labels] >= 2
    kept, owner = features[rows], labels[rows]
    means = np.zeros((counts.size, features.shape[1]))
    np.add.at(means, owner, kept)
    means /= np.maximum(counts, 1)[:, None]
    residuals = kept - means[owner]
    within = residuals.T @ residuals / (len(kept) - chosen.size)
    centred = means[chosen] - means[chosen].mean(0)
    between = centred.T @ centred / (chosen.size - 1) - within * np.mean(1 / counts[chosen])
    return between, within


def shape(covariance):
    """Participation ratio, and how many axes hold 50, 90 and 99 % of the variance."""
    values = np.maximum(np.sort(np.linalg.eigvalsh(covariance))[::-1], 0)
    shares = np.cumsum(values) / values.sum()
    return values.sum() ** 2 / (values**2).sum(), [int(np.searchsorted(shares, q) + 1) for q in (0.5, 0.9, 0.99)]


def cosines(features, labels, count=40_000):
    """Cosines of random genuine and impostor pairs."""
    random = np.random.default_rng(0)
    rows = [np.flatnonzero(labels == label) for label in np.flatnonzero(np.bincount(labels) >= 2)]
    genuine = []
    for index in random.integers(0, len(rows), count):
        a, b = random.choice(rows[index], 2, replace=False)
        genuine.append(features[a] @ features[b])
    a, b = random.integers(0, len(labels), (2, count))
    different = labels[a] != labels[b]
    return np.array(genuine), np.sum(features[a[different]] * features[b[different]], axis=1)


def moments(values):
    deviation = values.std()
    return f"{values.mean():.3f} ± {deviation:.3f}, skew {((values - values.mean()) ** 3).mean() / deviation**3:+.2f}"


for path in sys.argv[1:]:
    with h5py.File(path) as store:
        features, labels = store["features"][:].astype(float), store["labels"][:]
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    between, within = spectra(features, labels)
    genuine, impostor = cosines(features, labels)
    separation = (genuine.mean() - impostor.mean()) / np.sqrt((genuine.var() + impostor.var()) / 2)
    print(f"{path}: {features.shape[0]} x {features.shape[1]}")
    print(f"  identity's share of the variance {between.trace() / (between.trace() + within.trace()):.3f}")
    for name, covariance in (("between", between), ("within", within)):
        ratio, axes = shape(covariance)
        print(f"  {name}: participation ratio {ratio:.1f}; 50, 90, 99 % of the variance in {axes} axes")
    print(f"  genuine cosines {moments(genuine)}; impostor {moments(impostor)}; d' {separation:.2f}")
