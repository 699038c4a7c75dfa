#!/usr/bin/env python3
"""Writes losses.json: values of the training losses, restated naively in double precision.

Every loss is one function of features, class weights and further parameters, written from its formula with plain NumPy.
Gradients are derivatives of that very function by complex steps, f'(x) = Im f(x + ih)/h with h = 1e-40, which is exact
to rounding and shares nothing with hand-written backward passes. Run it again only to add cases:

    python3 make_loss_fixtures.py > losses.json
"""

import json

import numpy as np

STEP = 1e-40


def real_part(value):
    """The value without its dependence on the inputs: what a detached tensor is."""
    return np.asarray(value).real.astype(complex)


def unit(rows):
    return rows / np.sqrt(np.sum(rows * rows, axis=1, keepdims=True))


def arccos(c):
    """arccos of c + ih for tiny h, whose imaginary part NumPy's own complex arccos loses."""
    x = c.real
    return np.arccos(x) - 1j * c.imag / np.sqrt(1 - x * x)


def cross_entropy(logits, labels):
    """The mean of -log softmax(logits)[label], with the largest logit taken out and the target left out of the sum."""
    total = 0
    for row, label in zip(logits, labels):
        others = np.delete(row, label)
        largest = max(others.real.max(), row[label].real)
        s = np.sum(np.exp(others - largest))
        e = np.exp(row[label] - largest)
        total = total + np.log1p(s / e)
    return total / len(labels)


def limited(c, o, is_target):
    limit = o.get("cosine-limit", 0)
    if limit == 0 or (o.get("limited", "all") == "target" and not is_target) or abs(c.real) <= 1 - limit:
        return c
    clamped = complex(np.sign(c.real) * (1 - limit))
    return clamped + (c - real_part(c)) if o.get("gradient") == "straight-through" else clamped


def angular(c, o, m1, m2, m3):
    theta = arccos(c)
    angle = m1 * theta + m2
    wrap = o.get("wrap")
    if wrap == "threshold" and theta.real >= np.pi - m2:
        return c - m2 * np.sin(m2)
    if wrap == "penalty" and theta.real >= np.pi - m2:
        return c - o.get("wrap-penalty", 0)
    if wrap == "easy" and c.real <= 0:
        return c
    if wrap == "clip" and angle.real > np.pi - o.get("clip-epsilon", 1e-4):
        return complex(np.cos(np.pi - o.get("clip-epsilon", 1e-4)) - m3)
    return np.cos(angle) - m3


def target_value(name, c, o):
    if name == "normface":
        return c
    c = limited(c, o, True)
    if name == "cosface":
        return c - (0 if o.get("easy") and c.real <= 0 else o["margin"])
    if name == "arcface":
        value = angular(c, o, 1, o["margin"], 0)
    else:
        value = angular(c, o, o["m1"], o["m2"], o["m3"])
    return c + real_part(value - c) if o.get("gradient") == "straight-through" else value


def other_value(c, o):
    if o.get("filter", 0) > 0 and c.real > o["filter"]:
        return 0j
    return limited(c, o, False)


def head(name, o, x, w, labels):
    """The loss of one head from features and weights as the similarity takes them."""
    c = x @ w.T
    z = np.empty(c.shape, dtype=complex)
    for i, label in enumerate(labels):
        for j in range(c.shape[1]):
            z[i, j] = o["scale"] * (target_value(name, c[i, j], o) if j == label else other_value(c[i, j], o))
    return cross_entropy(z, labels)


def loss(case, x, w, bias, labels):
    name, o = case["name"], case["options"]
    if name == "softmax":
        return cross_entropy(x @ w.T + (bias if o.get("bias", True) else 0), labels)
    groups = case.get("groups", 1)
    size = x.shape[1] // groups
    whole = unit(x)
    total = 0
    for n in range(groups):
        columns = slice(n * size, (n + 1) * size)
        part = unit(x[:, columns]) if case.get("normalise") == "group" else whole[:, columns]
        total = total + head(name, o, part, unit(w[:, columns]), labels)
    return total / groups if case.get("reduction") == "mean" else total


def gradient(function, value):
    result = np.empty(value.shape)
    for index in np.ndindex(value.shape):
        moved = value.astype(complex)
        moved[index] += 1j * STEP
        result[index] = function(moved).imag / STEP
    return result


def inputs(seed, batch, classes, width, degrees):
    """Weights at random; features at the given angles from their class's weights, of different lengths."""
    rng = np.random.default_rng(seed)
    w = rng.normal(size=(classes, width)) * rng.uniform(0.5, 2, size=(classes, 1))
    labels = rng.integers(classes, size=batch)
    x = np.empty((batch, width))
    for i, label in enumerate(labels):
        axis = w[label] / np.linalg.norm(w[label])
        side = rng.normal(size=width)
        side -= side @ axis * axis
        side /= np.linalg.norm(side)
        angle = np.radians(degrees[i])
        x[i] = rng.uniform(0.5, 20) * (np.cos(angle) * axis + np.sin(angle) * side)
    # Numbers that a float holds exactly.
    return x.astype(np.float32).astype(float), w.astype(np.float32).astype(float), labels, rng.normal(size=classes)


ARC = {"scale": 64, "margin": 0.5, "gradient": "true"}
CASES = [
    {"name": "softmax", "options": {"bias": True}},
    {"name": "softmax", "options": {"bias": False}},
    {"name": "normface", "options": {"scale": 64}},
    {"name": "normface", "options": {"scale": 20}},
    {"name": "cosface", "options": {"scale": 64, "margin": 0.35}},
    {"name": "cosface", "options": {"scale": 32, "margin": 0.2, "easy": True}},
    {"name": "cosface", "options": {"scale": 64, "margin": 0.4, "filter": 0.1}},
    {"name": "cosface", "options": {"scale": 64, "margin": 0.4, "cosine-limit": 0.05}},
    {"name": "arcface", "options": {**ARC, "wrap": "none"}},
    {"name": "arcface", "options": {**ARC, "wrap": "threshold"}},
    {"name": "arcface", "options": {**ARC, "wrap": "penalty", "wrap-penalty": 0.1}},
    {"name": "arcface", "options": {**ARC, "wrap": "clip", "clip-epsilon": 0.001}},
    {"name": "arcface", "options": {**ARC, "scale": 32, "margin": 0.35, "wrap": "easy"}},
    {"name": "arcface", "options": {**ARC, "wrap": "none", "gradient": "straight-through"}},
    {"name": "arcface", "options": {**ARC, "wrap": "clip", "clip-epsilon": 1e-05, "cosine-limit": 0.02, "gradient": "straight-through"}},
    {"name": "arcface", "options": {**ARC, "wrap": "none", "cosine-limit": 0.03, "limited": "target"}},
    {"name": "combined-margin", "options": {"scale": 64, "m1": 1, "m2": 0.3, "m3": 0.2, "wrap": "none"}},
    {"name": "combined-margin", "options": {"scale": 64, "m1": 0.9, "m2": 0.4, "m3": 0.15, "wrap": "none"}},
    {"name": "combined-margin", "options": {"scale": 64, "m1": 1, "m2": 0.3, "m3": 0.2, "wrap": "threshold"}},
    {"name": "arcface", "options": {**ARC, "margin": 0.3, "wrap": "threshold"}, "groups": 2},
    {"name": "cosface", "options": {"scale": 64, "margin": 0.3}, "groups": 3, "reduction": "mean"},
    {"name": "arcface", "options": {**ARC, "margin": 0.3, "wrap": "threshold"}, "groups": 3, "normalise": "group"},
    {"name": "normface", "options": {"scale": 64}, "groups": 6, "normalise": "group", "reduction": "mean"},
]


def main():
    shapes = {
        "angles": inputs(1, 6, 5, 6, [15, 55, 85, 120, 157, 170]),
        "pair": inputs(2, 1, 2, 6, [70]),
        "wide": inputs(3, 3, 12, 12, [40, 75, 100]),
    }
    result = {"inputs": {}, "cases": []}
    for key, (x, w, labels, bias) in shapes.items():
        result["inputs"][key] = {"features": x.tolist(), "weights": w.tolist(), "labels": labels.tolist(), "bias": bias.tolist()}
    for case in CASES:
        for key, (x, w, labels, bias) in shapes.items():
            entry = dict(case, inputs=key)
            entry["loss"] = float(np.real(loss(case, x.astype(complex), w.astype(complex), bias, labels)))
            entry["dfeatures"] = gradient(lambda v: loss(case, v, w.astype(complex), bias, labels), x).tolist()
            entry["dweights"] = gradient(lambda v: loss(case, x.astype(complex), v, bias, labels), w).tolist()
            if case["name"] == "softmax" and case["options"]["bias"]:
                entry["dbias"] = gradient(lambda v: loss(case, x.astype(complex), w.astype(complex), v, labels), bias).tolist()
            result["cases"].append(entry)
    print(json.dumps(result, separators=(",", ":")))


if __name__ == "__main__":
    main()
