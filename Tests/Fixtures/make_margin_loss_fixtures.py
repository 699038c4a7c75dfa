#!/usr/bin/env python3
"""Writes margin_losses.json: values of the losses with margins of other forms, like make_loss_fixtures.py.

What a loss takes for a constant in its gradient is `real_part` here. Run it again only to add cases:

    python3 make_margin_loss_fixtures.py > margin_losses.json
"""

import json

import numpy as np

from make_loss_fixtures import arccos, cross_entropy, gradient, inputs, real_part, unit


def norm(rows):
    return np.sqrt(np.sum(rows * rows, axis=1))


def clamp(value, low, high):
    """The value, or the end of the range, which does not depend on it."""
    return complex(low) if value.real < low else complex(high) if value.real > high else value


def psi(theta, m):
    k = np.floor(m * theta.real / np.pi)
    return (-1) ** k * np.cos(m * theta) - 2 * k


def annealing(o):
    return max(o["lambda-min"], o["lambda-base"] * (1 + o["lambda-gamma"]) ** -o["lambda-power"])


def detached(o, c, function):
    """The function of a cosine, or its value with the slope 1."""
    return c + real_part(function(c) - c) if o.get("gradient") == "straight-through" else function(c)


def logits(c, labels, function):
    z = np.empty(c.shape, dtype=complex)
    for i, j in np.ndindex(c.shape):
        z[i, j] = function(i, j, j == labels[i], c[i, j])
    return z


def arc(c, m, o):
    theta = arccos(c)
    wrap = o["wrap"]
    if wrap == "threshold" and theta.real >= np.pi - m.real:
        return c - m * np.sin(m)
    if wrap == "penalty" and theta.real >= np.pi - m.real:
        return c - o.get("wrap-penalty", 0)
    if wrap == "easy" and c.real <= 0:
        return c
    return np.cos(theta + m)


def sphereface(o, x, w, labels):
    lam = annealing(o)
    limit = 1 - o.get("cosine-limit", 0)
    r = np.full(len(x), o["scale"] + 0j) if o["normalise-features"] else norm(x)

    def logit(i, j, own, c):
        def function(c):
            c = clamp(c, -limit, limit)
            return (lam * c + psi(arccos(c), o["margin"])) / (1 + lam) if own else c
        return r[i] * detached(o, c, function)

    return cross_entropy(logits(unit(x) @ unit(w).T, labels, logit), labels)


def sphereface_plus(o, x, w, labels):
    p = unit(w)[np.unique(labels)]
    terms = [arccos(a @ b) ** -2 for i, a in enumerate(p) for b in p[i + 1:]]
    return sphereface(o, x, w, labels) + o["energy-weight"] * (sum(terms) / len(terms) if terms else 0)


def sphereface_r(o, x, w, labels):
    m, s, kind = o["margin"], o["scale"], o["feature-norm"]
    limit = 1 - o["cosine-limit"]
    n = norm(x)

    def logit(i, j, own, c):
        def function(c):
            c = clamp(c, -limit, limit)
            theta = arccos(c)
            if o["version"] == "v2":
                return c if own else np.cos(theta / m)
            if not own:
                return c
            return psi(theta, m) if o["version"] == "v0" else np.cos(m * theta) if m * theta.real < np.pi else -1 + 0j
        return (s if kind == "hard" else n[i]) * detached(o, c, function)

    value = o["loss-weight"] * cross_entropy(logits(unit(x) @ unit(w).T, labels, logit), labels)
    if kind != "none":
        value = value / s
    if kind == "soft":
        value = value + o["norm-weight"] * np.mean([d if d.real > 0 else -d for d in n - s])
    return value


def l_softmax(o, x, w, labels):
    lam = annealing(o)
    s = x @ w.T
    lengths = np.outer(norm(x), norm(w))

    def logit(i, j, own, s):
        if not own:
            return o["scale"] * s
        c = s / lengths[i, j]
        return o["scale"] * lengths[i, j] * (lam * c + psi(arccos(c), o["margin"])) / (1 + lam)

    return cross_entropy(logits(s, labels, logit), labels)


def adam_softmax(o, x, w, labels, margins):
    z = logits(unit(x) @ unit(w).T, labels, lambda i, j, own, c: o["scale"] * (c - margins[j] if own else c))
    return cross_entropy(z, labels) + o["margin-weight"] * (1 - np.mean(margins))


def subcentre_arcface(o, x, w, labels):
    c = unit(x) @ unit(w).T
    k = o["centres"]
    nearest = np.array([[max(row[j:j + k], key=lambda v: v.real) for j in range(0, len(row), k)] for row in c])
    return cross_entropy(
        logits(nearest, labels, lambda i, j, own, c: o["scale"] * (arc(c, o["margin"], o) if own else c)), labels)


def arcnegface(o, x, w, labels):
    c = unit(x) @ unit(w).T
    a = [arc(c[i, y], o["margin"], o) for i, y in enumerate(labels)]

    def logit(i, j, own, c):
        if own:
            return o["scale"] * a[i]
        t = o["alpha"] * np.exp(-real_part(c - a[i]) ** 2 / o["sigma"])
        return o["scale"] * (t * c + t - 1)

    return cross_entropy(logits(c, labels, logit), labels)


def magface(o, x, w, labels):
    low, high = o["lower-norm"], o["upper-norm"]
    a = [clamp(n, low, high) for n in norm(x)]
    growth = (o["upper-margin"] - o["lower-margin"]) / (high - low)

    def logit(i, j, own, c):
        m = o["lower-margin"] + growth * (a[i] - low)
        if own and o["form"] == "cos":
            c = c if o["wrap"] == "easy" and c.real <= 0 else c - m
        elif own:
            c = arc(c, m, o)
        return o["scale"] * c

    value = cross_entropy(logits(unit(x) @ unit(w).T, labels, logit), labels)
    return value + o["norm-weight"] * np.mean([v / high ** 2 + 1 / v for v in a])


def adaface(o, x, w, labels):
    n = np.clip(norm(x).real, 0.001, 100)
    t, e, m = o["t-alpha"], o["epsilon"], o["margin"]
    mean = t * np.mean(n) + (1 - t) * 20
    deviation = t * np.std(n, ddof=1) + (1 - t) * 100 if len(n) > 1 else 100
    z = np.clip(o["h"] * (n - mean) / (deviation + 0.001), -1, 1)

    def logit(i, j, own, c):
        c = clamp(c, -1 + e, 1 - e)
        if own:
            c = np.cos(clamp(arccos(c) - m * z[i], e, np.pi - e)) - (m + m * z[i])
        return o["scale"] * c

    return cross_entropy(logits(unit(x) @ unit(w).T, labels, logit), labels)


HEADS = {
    "sphereface": sphereface, "sphereface-plus": sphereface_plus, "sphereface-r": sphereface_r,
    "l-softmax": l_softmax, "adam-softmax": adam_softmax, "subcentre-arcface": subcentre_arcface,
    "arcnegface": arcnegface, "magface": magface, "adaface": adaface,
}

ANNEALED = {"lambda-base": 1000, "lambda-gamma": 0.12, "lambda-power": 1, "lambda-min": 5}
UNANNEALED = {"lambda-base": 0, "lambda-gamma": 0.12, "lambda-power": 1, "lambda-min": 0}
FREE = {"margin": 4, "normalise-features": False, "scale": 30, "gradient": "true", "cosine-limit": 0}
FIXED = {"margin": 1.5, "normalise-features": True, "scale": 30, "gradient": "straight-through", "cosine-limit": 1e-5, **UNANNEALED}
REVIVED = {"scale": 30, "margin": 1.5, "loss-weight": 50, "norm-weight": 0.01, "cosine-limit": 1e-5, "feature-norm": "hard", "gradient": "straight-through"}
MAG = {"form": "arc", "scale": 64, "lower-norm": 10, "upper-norm": 110, "lower-margin": 0.45, "upper-margin": 0.8, "norm-weight": 35}
CASES = [
    ("sphereface", {**FREE, **ANNEALED}),
    ("sphereface", {**FREE, **UNANNEALED}),
    ("sphereface", {**FREE, **UNANNEALED, "margin": 2.6}),
    ("sphereface", FIXED),
    ("sphereface", {**FIXED, "margin": 1.7, "scale": 64, "gradient": "true"}),
    ("sphereface-plus", {**FIXED, "energy-weight": 2}),
    ("sphereface-r", {**REVIVED, "version": "v0"}),
    ("sphereface-r", {**REVIVED, "version": "v1", "gradient": "true"}),
    ("sphereface-r", {**REVIVED, "version": "v2", "scale": 60, "margin": 1.4}),
    ("sphereface-r", {**REVIVED, "version": "v2", "gradient": "true"}),
    ("sphereface-r", {**REVIVED, "version": "v0", "feature-norm": "soft", "scale": 12}),
    ("sphereface-r", {**REVIVED, "version": "v2", "feature-norm": "none", "loss-weight": 1}),
    ("l-softmax", {"margin": 4, "scale": 0.2, **UNANNEALED}),
    ("l-softmax", {"margin": 3, "scale": 0.1, **ANNEALED}),
    ("adam-softmax", {"scale": 30, "margin-weight": 70}),
    ("subcentre-arcface", {"scale": 64, "margin": 0.5, "centres": 3, "gradient": "true", "wrap": "none"}),
    ("subcentre-arcface", {"scale": 64, "margin": 0.5, "centres": 2, "gradient": "true", "wrap": "threshold"}),
    ("arcnegface", {"scale": 64, "margin": 0.5, "alpha": 1.2, "sigma": 2, "wrap": "threshold"}),
    ("magface", {**MAG, "wrap": "easy"}),
    ("magface", {**MAG, "wrap": "threshold"}),
    ("magface", {**MAG, "wrap": "penalty", "scale": 32, "norm-weight": 20}),
    ("magface", {**MAG, "form": "cos", "wrap": "none", "lower-margin": 0.35, "norm-weight": 150}),
    ("adaface", {"scale": 64, "margin": 0.4, "h": 0.333, "t-alpha": 0.01, "epsilon": 0.001}),
    ("adaface", {"scale": 64, "margin": 0.4, "h": 0.333, "t-alpha": 1, "epsilon": 0.001}),
]


def main():
    shapes = {
        "angles": inputs(11, 6, 6, 6, [15, 55, 85, 120, 157, 170]),
        "pair": inputs(12, 1, 6, 6, [70]),
        "wide": inputs(13, 4, 12, 12, [40, 75, 100, 20]),
    }
    result = {"inputs": {}, "cases": []}
    for key, (x, w, labels, bias) in shapes.items():
        # Lengths on both sides of MagFace's smallest one; labels that two or three weights a class leave room for.
        x *= np.linspace(1, 7, len(x))[:, None]
        x[:] = x.astype(np.float32)
        labels %= len(w) // 3
        margins = np.linspace(0.1, 0.9, len(w))
        result["inputs"][key] = {"features": x.tolist(), "weights": w.tolist(), "labels": labels.tolist(), "bias": margins.tolist()}
        for name, options in CASES:
            extra = [margins.astype(complex)] if name == "adam-softmax" else []

            def loss(x, w, *extra):
                return HEADS[name](options, x, w, labels, *extra)

            x_, w_ = x.astype(complex), w.astype(complex)
            entry = {"name": name, "options": options, "inputs": key}
            entry["loss"] = float(np.real(loss(x_, w_, *extra)))
            entry["dfeatures"] = gradient(lambda v: loss(v, w_, *extra), x).tolist()
            entry["dweights"] = gradient(lambda v: loss(x_, v, *extra), w).tolist()
            if extra:
                entry["dbias"] = gradient(lambda v: loss(x_, w_, v), margins).tolist()
            result["cases"].append(entry)
    print(json.dumps(result, separators=(",", ":")))


if __name__ == "__main__":
    main()
