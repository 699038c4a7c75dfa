#!/usr/bin/env python3
"""Writes mining_losses.json: values of the adaptive and mining losses and of those that are no softmax.

As make_loss_fixtures.py, from which it takes inputs and derivatives: each loss is restated from its formula with plain NumPy, and what
it holds constant for its gradient is its real part. Run it again only to add cases:

    python3 make_mining_fixtures.py > mining_losses.json
"""

import json

import numpy as np

from make_loss_fixtures import arccos, cross_entropy, gradient, inputs, real_part, unit


def softplus(u):
    return np.log(1 + np.exp(u)) if u.real < 30 else u + np.log(1 + np.exp(-u))


def clamped(u, limit):
    return u if abs(u.real) <= limit else complex(np.sign(u.real) * limit)


def adacos(c, y, o):
    s = max(np.sqrt(2) * np.log(c.shape[1] - 1), 1)
    values = c.real
    others = [np.exp(s * values[i, j]) for i in range(len(y)) for j in range(c.shape[1]) if j != y[i]]
    angles = np.sort(np.arccos(values[np.arange(len(y)), y]))
    s = np.log(np.sum(others) / len(y)) / np.cos(min(np.pi / 4, angles[(len(y) - 1) // 2]))
    return cross_entropy(max(s, 1) * c, y)


def curricularface(c, y, o):
    t = o["rate"] * np.mean(c.real[np.arange(len(y)), y])
    z = c.copy()
    for i, label in enumerate(y):
        theta = arccos(c[i, label])
        hard = c[i].real > np.cos(theta.real + o["margin"])
        z[i] = np.where(hard, c[i] * (t + c[i]), c[i])
        beyond = theta.real >= np.pi - o["margin"]
        z[i, label] = c[i, label] - o["margin"] * np.sin(o["margin"]) if beyond else np.cos(theta + o["margin"])
    return cross_entropy(o["scale"] * z, y)


def mv_softmax(c, y, o):
    z = c.copy()
    for i, label in enumerate(y):
        moved = c[i, label] - o["margin"] if o["target"] == "am" else np.cos(arccos(c[i, label]) + o["margin"])
        factor = 1 + o["t"] if o["hard"] == "adaptive" else 1
        z[i] = np.where(c[i].real > moved.real, factor * c[i] + o["t"], c[i])
        floor = {"none": -2, "positive": 0, "above-margin": o["margin"]}[o["easy"]]
        z[i, label] = moved if c[i, label].real > floor else c[i, label]
    return cross_entropy(o["scale"] * z, y)


def npcface(c, y, o):
    z = c.copy()
    for i, label in enumerate(y):
        theta = arccos(c[i, label])
        hard = c[i].real > np.cos(theta.real + o["margin"])
        hard[label] = False
        mean = c[i].real[hard].mean() if hard.any() else 0
        z[i] = np.where(hard, o["t"] * c[i] + o["a"], c[i])
        z[i, label] = np.cos(theta + o["m0"] + o["m1"] * mean) if c[i, label].real > 0 else c[i, label]
    return cross_entropy(o["scale"] * z, y)


def circle(c, y, o):
    m = o["margin"]
    z = np.maximum(c.real + m, 0) * (c - m)
    for i, label in enumerate(y):
        z[i, label] = max(1 + m - c[i, label].real, 0) * (c[i, label] - (1 - m))
    return cross_entropy(o["gamma"] * z, y)


def cifp(c, y, o, constant_prototypes):
    values, d = c.real, constant_prototypes
    rows = np.arange(len(y))
    eligible = values <= values[rows, y][:, None]
    eligible[rows, y] = False
    rate = o.get("rate", 0) or 1 / (c.shape[1] - 1)
    rank = int(np.ceil(rate * eligible.sum()))
    z = c.copy()
    if rank:
        threshold = np.sort(values[eligible])[::-1][rank - 1]
        for i, label in enumerate(y):
            chosen = [j for j in range(c.shape[1]) if eligible[i, j] and values[i, j] > threshold]
            squares = [(c if values[i, label] - o["margin"] > values[i, j] else d)[i, j] ** 2 for j in chosen]
            mean = np.sum(squares) / max(len(chosen), 1)
            z[i, label] = c[i, label] - o["margin"] - (1 + d[i, label]) * mean
    else:
        z[rows, y] -= o["margin"]
    return cross_entropy(o["scale"] * z, y)


def p2sgrad(c, y, o):
    hot = np.zeros(c.shape)
    hot[np.arange(len(y)), y] = 1
    return np.sum((c - hot) ** 2) / (c.size if o["average"] == "pairs" else len(y))


def uniface(c, y, o, bias):
    s, total = o["scale"], 0
    for i, label in enumerate(y):
        for j in range(c.shape[1]):
            b = bias[j if o["form"] == "bce" else 0]
            if j == label:
                total = total + softplus(clamped(b - s * (c[i, j] - o["margin"]), s))
            else:
                total = total + o["negative-weight"] * softplus(clamped(s * c[i, j] - b, s))
    return total / len(y)


def sphereface2(c, y, o, bias):
    r, m, t = o["scale"], o["margin"], o["t"]

    def g(value):
        return 2 * ((value + 1) / 2) ** t - 1

    total = 0
    for i, label in enumerate(y):
        for j in range(c.shape[1]):
            x = c[i, j]
            if o["type"] == "C":
                value = g(x) - m if j == label else g(x) + m
            elif j == label:
                angle = arccos(x) + m if o["type"] == "A" else arccos(x) * m
                value = g(np.cos(angle) if angle.real < np.pi else -1 + 0j)
            else:
                value = g(x)
            if o["gradient"] == "straight-through":
                value = x + real_part(value - x)
            a = r * value + bias[0]
            total = total + (o["lambda"] * softplus(-a) if j == label else (1 - o["lambda"]) * softplus(a))
    return o["weight"] * c.shape[1] / r * total / c.size


def loss(case, x, w, bias, labels):
    name, o = case["name"], case["options"]
    ux, uw = unit(x), unit(w)
    c = ux @ uw.T
    if name == "cifp":
        return cifp(c, labels, o, ux @ real_part(uw).T)
    if name in ("uniface", "sphereface2"):
        return {"uniface": uniface, "sphereface2": sphereface2}[name](c, labels, o, bias)
    functions = {
        "adacos": adacos, "curricularface": curricularface, "mv-softmax": mv_softmax, "npcface": npcface,
        "circle": circle, "p2sgrad": p2sgrad,
    }
    return functions[name](c, labels, o)


MV = {"scale": 32, "margin": 0.35, "target": "am", "t": 0.2, "hard": "adaptive", "easy": "positive"}
NPC = {"scale": 64, "margin": 0.5, "m0": 0.4, "m1": 0.2, "t": 1.1, "a": 0.2}
SF2 = {"type": "C", "lambda": 0.7, "scale": 40, "margin": 0.4, "t": 3, "weight": 50, "gradient": "straight-through"}
UNI = {"form": "uce", "scale": 64, "margin": 0.4, "negative-weight": 1}
CASES = [
    {"name": "adacos", "options": {"median": "lower"}},
    {"name": "curricularface", "options": {"scale": 64, "margin": 0.5, "rate": 0.01}},
    {"name": "curricularface", "options": {"scale": 20, "margin": 0.5, "rate": 0.1}},
    {"name": "mv-softmax", "options": MV},
    {"name": "mv-softmax", "options": {**MV, "target": "arc"}},
    {"name": "mv-softmax", "options": {**MV, "t": 0.12, "easy": "above-margin"}},
    {"name": "mv-softmax", "options": {**MV, "hard": "fixed", "easy": "none", "scale": 12}},
    {"name": "npcface", "options": NPC},
    {"name": "npcface", "options": {**NPC, "scale": 32, "margin": 0.35}},
    {"name": "circle", "options": {"margin": 0.25, "gamma": 100}},
    {"name": "circle", "options": {"margin": 0.4, "gamma": 80}},
    {"name": "cifp", "options": {"scale": 64, "margin": 0.35}},
    {"name": "cifp", "options": {"scale": 16, "margin": 0.2, "rate": 0.4}},
    {"name": "p2sgrad", "options": {"average": "pairs"}},
    {"name": "p2sgrad", "options": {"average": "samples"}},
    {"name": "uniface", "options": UNI, "bias": "one"},
    {"name": "uniface", "options": {**UNI, "form": "bce", "scale": 20, "negative-weight": 0.5}, "bias": "each"},
    {"name": "sphereface2", "options": SF2, "bias": "one"},
    {"name": "sphereface2", "options": {**SF2, "gradient": "true", "t": 2.5}, "bias": "one"},
    {"name": "sphereface2", "options": {**SF2, "gradient": "true", "type": "A"}, "bias": "one"},
    {"name": "sphereface2", "options": {**SF2, "gradient": "true", "type": "M", "margin": 1.4}, "bias": "one"},
]


def main():
    shapes = {
        "angles": inputs(11, 6, 5, 6, [15, 55, 65, 120, 157, 40]),
        "few": inputs(12, 2, 3, 6, [70, 30]),
        "wide": inputs(13, 3, 12, 12, [40, 60, 100]),
    }
    result = {"inputs": {}, "cases": []}
    for key, (x, w, labels, bias) in shapes.items():
        result["inputs"][key] = {"features": x.tolist(), "weights": w.tolist(), "labels": labels.tolist(), "bias": bias.tolist()}
    for case in CASES:
        for key, (x, w, labels, bias) in shapes.items():
            learned = {"one": bias[:1], "each": bias}.get(case.get("bias"))
            entry = {"name": case["name"], "options": case["options"], "inputs": key}
            entry["loss"] = float(np.real(loss(case, x.astype(complex), w.astype(complex), learned, labels)))
            entry["dfeatures"] = gradient(lambda v: loss(case, v, w.astype(complex), learned, labels), x).tolist()
            entry["dweights"] = gradient(lambda v: loss(case, x.astype(complex), v, learned, labels), w).tolist()
            if learned is not None:
                entry["bias"] = learned.tolist()
                entry["dbias"] = gradient(lambda v: loss(case, x.astype(complex), w.astype(complex), v, labels), learned).tolist()
            result["cases"].append(entry)
    print(json.dumps(result, separators=(",", ":")))


if __name__ == "__main__":
    main()
