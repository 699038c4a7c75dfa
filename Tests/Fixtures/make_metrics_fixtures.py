#!/usr/bin/env python3
"""Writes metrics.json: small golden values for the rooms Metrics and Evaluation.

Every value is computed here by the most naive restatement of its definition: loops over all
scores, exact fractions, binomial sums in 60-digit decimals. Only the standard library is used,
and nothing of this repository, so that an error would have to be made twice to go unseen.

    python3 Tests/Fixtures/make_metrics_fixtures.py        # rewrites metrics.json beside it
"""

import json
import math
import os
import random
import struct
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 60
INFINITY = "Infinity"
TARGETS = [1.0, 0.5, 0.1, 0.05, 0.01, 0.001, 0.0001]


def single(value):
    """The nearest single-precision number."""
    return struct.unpack("f", struct.pack("f", value))[0]


def rate(count, total):
    return count / total


def at_least(scores, threshold):
    return sum(1 for score in scores if score >= threshold)


def above(scores, threshold):
    return sum(1 for score in scores if score > threshold)


def distinct(genuine, impostor):
    return sorted(set(genuine) | set(impostor), reverse=True)


def curve(genuine, impostor):
    """(threshold, false accepts, true accepts) at the origin and every distinct score."""
    points = [(math.inf, 0, 0)]
    for threshold in distinct(genuine, impostor):
        points.append((threshold, at_least(impostor, threshold), at_least(genuine, threshold)))
    return points


def auc(genuine, impostor):
    total = Fraction(0)
    for g in genuine:
        for i in impostor:
            total += 1 if g > i else Fraction(1, 2) if g == i else 0
    return float(total / (len(genuine) * len(impostor)))


def eer(genuine, impostor):
    """FAR = FRR on the straight lines between neighbouring points, in exact fractions."""
    points = [
        (Fraction(fa, len(impostor)), 1 - Fraction(ta, len(genuine)))
        for _, fa, ta in curve(genuine, impostor)
    ]
    for (far0, frr0), (far1, frr1) in zip(points, points[1:]):
        if far1 >= frr1:
            weight = (frr0 - far0) / ((frr0 - far0) + (far1 - frr1))
            return float(far0 + weight * (far1 - far0))
    raise AssertionError("the curves always cross")


def allowed(target, count):
    return math.floor(Fraction(repr(target)) * count)


def reading(rule, target, genuine, impostor):
    """(tar, false accepts or None, threshold or None) by the named rule."""
    total = len(impostor)
    points = curve(genuine, impostor)

    def result(threshold):
        return at_least(genuine, threshold) / len(genuine), at_least(impostor, threshold), threshold

    if rule == "atMost":
        good = [p for p in points if p[1] <= allowed(target, total)]
        return result(min(p[0] for p in good))
    if rule == "atMostImpostorScore":
        good = [t for t in impostor if at_least(impostor, t) <= allowed(target, total)]
        return result(min(good) if good else math.nextafter(max(impostor), math.inf))
    if rule == "nearest":
        smallest = min(abs(fa / total - target) for _, fa, _ in points)
        near = [p for p in points if abs(p[1] / total - target) == smallest]
        return result(max(near, key=lambda p: (p[1], p[2]))[0])
    if rule == "next":
        later = [p for p in points if p[1] / total > target]
        return result(max(p[0] for p in later) if later else points[-1][0])
    if rule == "rounded":
        wanted = round(total * target)
        ranked = sorted(impostor, reverse=True)
        return result(ranked[wanted - 1] if wanted else ranked[0] + 1e-8)
    if rule in ("linear", "logLinear"):
        below = [p for p in points if p[1] / total <= target]
        later = [p for p in points if p[1] / total > target]
        low = max(below, key=lambda p: (p[1], p[2]))
        if not later:
            return low[2] / len(genuine), None, None
        high = max(later, key=lambda p: p[0])
        x0, x1 = low[1] / total, high[1] / total
        y0, y1 = low[2] / len(genuine), high[2] / len(genuine)
        if rule == "logLinear" and x0 > 0:
            weight = (math.log10(target) - math.log10(x0)) / (math.log10(x1) - math.log10(x0))
        else:
            weight = (target - x0) / (x1 - x0)
        return y0 + weight * (y1 - y0), None, None
    raise AssertionError(rule)


def correct(convention, threshold, genuine, impostor):
    if convention in ("likeness", "pfe", "pfeFolds"):
        return at_least(genuine, threshold) + len(impostor) - at_least(impostor, threshold)
    if convention == "insightface":
        return above(genuine, threshold) + len(impostor) - above(impostor, threshold)
    if convention == "facexzoo":
        return above(genuine, threshold) + len(impostor) - at_least(impostor, threshold)
    raise AssertionError(convention)


def choose(convention, genuine, impostor):
    everything = distinct(genuine, impostor)
    if convention == "likeness":
        candidates = [-math.inf, math.inf]
        candidates += [(a + b) / 2 for a, b in zip(everything, everything[1:])]
        values = [correct(convention, t, genuine, impostor) for t in candidates]
        return max(t for t, v in zip(candidates, values) if v == max(values))
    if convention == "insightface":
        distances = [i * 0.01 for i in range(400)]
        values = [correct(convention, -d, genuine, impostor) for d in distances]
        return -min(d for d, v in zip(distances, values) if v == max(values))
    if convention == "facexzoo":
        low, high = min(everything), max(everything)
        step = single(single(high - low) / 1000)
        candidates = [low + step * i for i in range(1, 1001)]
        values = [
            above(genuine, t) / len(genuine) - above(impostor, t) / len(impostor) for t in candidates
        ]
        return min(t for t, v in zip(candidates, values) if v == max(values))
    if convention in ("pfe", "pfeFolds"):
        values = [correct(convention, t, genuine, impostor) for t in genuine]
        tied = [t for t, v in zip(genuine, values) if v == max(values)]
        mean = math.fsum(tied) / len(tied)
        return single(mean) if convention == "pfeFolds" else mean
    raise AssertionError(convention)


def folds(convention, genuine, impostor, count):
    """Cross-validation; score j belongs to fold j % count."""
    accuracies, thresholds = [], []
    for fold in range(count):
        train = [[s for j, s in enumerate(scores) if j % count != fold] for scores in (genuine, impostor)]
        test = [[s for j, s in enumerate(scores) if j % count == fold] for scores in (genuine, impostor)]
        threshold = choose(convention, *train)
        accuracies.append(correct(convention, threshold, *test) / (len(test[0]) + len(test[1])))
        thresholds.append(INFINITY if threshold == math.inf else
                          "-" + INFINITY if threshold == -math.inf else threshold)
    return {"accuracies": accuracies, "thresholds": thresholds}


def score_set(name, genuine, impostor, fold_count):
    genuine, impostor = [single(s) for s in genuine], [single(s) for s in impostor]
    rules = ["atMost", "atMostImpostorScore", "nearest", "next", "rounded", "linear", "logLinear"]
    readings = []
    for rule in rules:
        for target in TARGETS:
            tar, false_accepts, threshold = reading(rule, target, genuine, impostor)
            readings.append({
                "rule": rule, "target": target, "tar": tar, "falseAccepts": false_accepts,
                "threshold": INFINITY if threshold == math.inf else threshold,
            })
    result = {
        "name": name, "genuine": genuine, "impostor": impostor,
        "auc": auc(genuine, impostor), "eer": eer(genuine, impostor), "readings": readings,
        "foldCount": fold_count, "folds": {},
    }
    if fold_count:
        for convention in ("likeness", "facexzoo", "pfe", "pfeFolds"):
            result["folds"][convention] = folds(convention, genuine, impostor, fold_count)
        # The grid rule works on distances 2 - 2 cos, given as negative similarities.
        distances = [[2 * s - 2 for s in scores] for scores in (genuine, impostor)]
        result["folds"]["insightface"] = folds("insightface", *distances, fold_count)
    return result


def score_sets():
    random.seed(20240229)

    def draws(mean, sd, count, digits=None):
        values = [min(1.0, max(-1.0, random.gauss(mean, sd))) for _ in range(count)]
        return [round(v, digits) if digits is not None else v for v in values]

    return [
        score_set("continuous", draws(0.45, 0.18, 60), draws(0.05, 0.14, 80), 10),
        score_set("ties", draws(0.4, 0.25, 60, 1), draws(0.1, 0.2, 80, 1), 10),
        score_set("all equal", [0.25] * 6, [0.25] * 20, 2),
        score_set("separated", draws(0.8, 0.03, 12), draws(0.0, 0.1, 20), 4),
        score_set("inverted", draws(-0.3, 0.1, 12), draws(0.3, 0.1, 20), 4),
        score_set("one of each", [0.5], [0.25], 0),
        score_set("one of each, equal", [0.5], [0.5], 0),
        score_set("exact multiples", draws(0.6, 0.2, 20), [i / 1024 for i in range(1000)], 0),
    ]


def tail(n, p, counts):
    q = 1 - p
    return sum((Decimal(math.comb(n, j)) * p**j * q ** (n - j) for j in counts), Decimal(0))


def solve(function, target, rising):
    low, high = Decimal(0), Decimal(1)
    for _ in range(120):
        middle = (low + high) / 2
        if (function(middle) < target) == rising:
            low = middle
        else:
            high = middle
    return float(low)


def clopper_pearson(k, n, confidence):
    half = (1 - Decimal(repr(confidence))) / 2
    lower = 0.0 if k == 0 else solve(lambda p: tail(n, p, range(k, n + 1)), half, True)
    upper = 1.0 if k == n else solve(lambda p: tail(n, p, range(0, k + 1)), half, False)
    return {"k": k, "n": n, "confidence": confidence, "lower": lower, "upper": upper}


def mcnemar(b, c):
    n, m = b + c, min(b, c)
    below = sum(Fraction(math.comb(n, j), 2**n) for j in range(m + 1))
    exact = min(Fraction(1), 2 * below) if n else Fraction(1)
    mid = 2 * below - Fraction(math.comb(n, m), 2**n) if n else Fraction(1)
    chi = Fraction((abs(b - c) - 1) ** 2, n) if n else Fraction(0)
    return {"b": b, "c": c, "exactP": float(exact), "midP": float(min(Fraction(1), mid)), "chiSquared": float(chi)}


def spread(values):
    exact = [Fraction(v) for v in values]
    mean = sum(exact) / len(exact)
    squares = sum((v - mean) ** 2 for v in exact)
    result = {"values": values, "mean": float(mean), "populationSD": math.sqrt(squares / len(exact))}
    if len(exact) > 1:
        sample = math.sqrt(squares / (len(exact) - 1))
        result.update(sampleSD=sample, sem=sample / math.sqrt(len(exact)))
    return result


def main():
    content = {
        "about": "Written by make_metrics_fixtures.py; do not edit.",
        "sets": score_sets(),
        "clopperPearson": [
            clopper_pearson(k, n, c)
            for k, n in [(0, 1), (1, 1), (0, 7), (3, 7), (7, 7), (1, 300), (150, 300), (299, 300), (12, 600)]
            for c in (0.9, 0.95, 0.999)
        ],
        "mcNemar": [mcnemar(b, c) for b, c in [(0, 0), (0, 1), (4, 4), (9, 2), (2, 9), (0, 12), (61, 60), (140, 100)]],
        "spread": [spread(v) for v in ([0.5], [0.9, 1.0], [0.98, 0.97, 0.99, 1.0, 0.96, 0.98, 0.98, 0.99, 0.97, 1.0])],
        "allowed": [
            {"target": t, "impostors": n, "count": allowed(t, n)}
            for t in (1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 3e-4, 0.07, 1.5e-8)
            for n in (0, 1, 10, 999, 1000, 2700, 3000, 10**6, 8 * 10**6, 15638932, 10**9, 2638 * 10**9)
        ],
    }
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics.json")
    with open(path, "w") as file:
        json.dump(content, file, indent=None, separators=(",", ":"), sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    main()
