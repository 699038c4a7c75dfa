"""A grid of runs in PyTorch: the runs that GridBenchmark exports, from the same weights and batches, with accuracy on pairs.

As a careful user would run many small ones: as many processes as cores, each with one thread; features read once; the fused optimiser;
denormals flushed; the margins with a derivative written by hand; no value fetched from a step but at the end.

    python grid.py EXPORT TRAIN.h5 TEST.h5 PAIRS.txt [--jobs N]

EXPORT holds a safetensors file a run. Prints one line of JSON: the engine, and for each run the losses of its first 20 steps and its accuracy
over ten folds, each tested at the threshold that is best on the others (halfway between two scores, the highest of the best).
"""

import argparse
import glob
import json
import math
import multiprocessing
import os

import h5py
import numpy as np
import torch
import torch.nn.functional as F
from training_step import layer_kinds, read

COMPARED_LOSSES = 20


class Margin(torch.autograd.Function):
    """The target's logit s·cos(θ + m) in place of s·cos θ, in the logits' own memory, with its derivative."""

    @staticmethod
    def forward(ctx, logits, index, scale, margin):
        cosine = (logits.gather(1, index) / scale).clamp(-1, 1)
        # Its inverse is not finite at 0.
        sine = ((1 - cosine) * (1 + cosine)).sqrt().clamp_min(3.5e-4)
        # Where θ + m passes π the target is cos θ − m·sin m.
        inside = cosine > math.cos(math.pi - margin)
        usual = cosine * math.cos(margin) - sine * math.sin(margin)
        moved = torch.where(inside, usual, cosine - margin * math.sin(margin))
        slope = torch.where(inside, math.cos(margin) + cosine * math.sin(margin) / sine, 1.0)
        ctx.save_for_backward(index, slope)
        ctx.mark_dirty(logits)
        return logits.scatter_(1, index, moved * scale)

    @staticmethod
    def backward(ctx, gradient):
        index, slope = ctx.saved_tensors
        return gradient.scatter_(1, index, gradient.gather(1, index) * slope), None, None, None


def network_of(arrays):
    """The network with the exported weights, and what of it decays."""
    layers, decayed = [], []
    with torch.no_grad():
        for place, kind in enumerate(layer_kinds(arrays)):
            def number(name):
                return torch.from_numpy(arrays[f"network.{place}.{name}"])

            if kind == "linear":
                weight = number("weight")
                layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
                layer.weight.copy_(weight)
                layer.bias.copy_(number("bias").flatten())
                decayed.append(layer.weight)
            elif kind == "batch-norm":
                gain = number("gain").flatten()
                layer = torch.nn.BatchNorm1d(len(gain))
                layer.weight.copy_(gain)
                layer.bias.copy_(number("shift").flatten())
            else:
                slope = number("slope").flatten()
                layer = torch.nn.PReLU(len(slope))
                layer.weight.copy_(slope)
            layers.append(layer)
    return torch.nn.Sequential(*layers), decayed


def loss_function(configuration, prototypes, bias):
    """Of embeddings and targets. The scale is folded into the embeddings."""
    name, options = configuration["name"], configuration["options"]
    if name == "softmax":
        return lambda x, targets: F.cross_entropy(F.linear(x, prototypes, bias), targets)
    scale, margin = options["scale"], options.get("margin", 0)
    if name == "arcface" and (options["wrap"], options["gradient"]) != ("threshold", "true"):
        raise SystemExit(f"grid.py: ArcFace with {options} is not written here")

    def cosine_loss(x, targets):
        logits = (F.normalize(x) * scale) @ F.normalize(prototypes).T
        index = targets[:, None]
        if name == "cosface":
            logits = logits.scatter_add(1, index, torch.full(index.shape, -scale * margin))
        elif name == "arcface":
            logits = Margin.apply(logits, index, scale, margin)
        elif name != "normface":
            raise SystemExit(f"grid.py: the loss {name} is not written here")
        return F.cross_entropy(logits, targets)

    return cosine_loss


def train(path):
    settings, arrays = read(path)
    training = json.loads(settings["training"])
    network, decayed = network_of(arrays)
    prototypes = torch.nn.Parameter(torch.from_numpy(arrays["prototypes"]))
    free = [p for p in network.parameters() if all(p is not other for other in decayed)]
    bias = None
    if training["loss"]["options"].get("bias"):
        bias = torch.nn.Parameter(torch.zeros(len(prototypes)))
        free.append(bias)
    loss_of = loss_function(training["loss"], prototypes, bias)
    rule = training["optimizer"]
    assert rule["weightDecay"]["weight"] == rule["weightDecay"]["prototype"]
    optimizer = torch.optim.SGD(
        [
            {"params": decayed + [prototypes], "weight_decay": rule["weightDecay"]["weight"]},
            {"params": free, "weight_decay": 0.0},
        ],
        lr=rule["learningRate"],
        momentum=rule["momentum"],
        fused=True,
    )
    steps, final = training["steps"], training["schedule"]["shape"]["cosine"]["final"]
    assert training["schedule"]["warmUp"] == 0
    losses = []
    for step, rows in enumerate(torch.from_numpy(arrays["batches"])):
        factor = final + (1 - final) * (1 + math.cos(math.pi * step / steps)) / 2
        for group in optimizer.param_groups:
            group["lr"] = rule["learningRate"] * factor
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(network(features.index_select(0, rows)), labels.index_select(0, rows))
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    network.eval()
    with torch.no_grad():
        embeddings = network(test_features).numpy()
    losses = [float(loss) for loss in losses[:COMPARED_LOSSES]]
    return os.path.basename(path).split(".")[0], {"losses": losses, "accuracy": accuracy(embeddings)}


def read_pairs(path, names):
    """Rows of both images, whether they show one person, and the fold, of LFW's own format."""
    row = {name: index for index, name in enumerate(names)}
    with open(path) as lines:
        folds, each = (int(number) for number in next(lines).split())
        first, second, same = [], [], []
        for line in lines:
            parts = line.split()
            genuine = len(parts) == 3
            one, other = (parts[0], parts[1]), (parts[0] if genuine else parts[2], parts[-1])
            for (person, number), rows in ((one, first), (other, second)):
                rows.append(row[f"{person}/{person}_{int(number):04d}"])
            same.append(genuine)
    fold = np.repeat(np.arange(folds), 2 * each)
    return np.array(first), np.array(second), np.array(same), fold


def best_threshold(scores, same):
    """Halfway between two distinct scores or beyond all of them; of equally good ones the highest. Accepts from it on."""
    order = np.argsort(-scores)
    scores, same = scores[order], same[order]
    last = np.flatnonzero(np.r_[scores[1:] != scores[:-1], True])
    right = np.r_[0, np.cumsum(np.where(same, 1, -1))[last]]
    distinct = scores[last]
    thresholds = np.r_[np.inf, (distinct[1:] + distinct[:-1]) / 2, -np.inf]
    return thresholds[np.argmax(right)]


def accuracy(embeddings):
    first, second, same, fold = pairs
    unit = embeddings.astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    scores = np.einsum("ij,ij->i", unit[first], unit[second])
    shares = []
    for tested in range(fold.max() + 1):
        own = fold == tested
        threshold = best_threshold(scores[~own], same[~own])
        shares.append(np.mean((scores[own] >= threshold) == same[own]))
    return float(np.mean(shares))


def prepare():
    """In each process of its own: one thread, and no denormals."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


parser = argparse.ArgumentParser()
parser.add_argument("export")
parser.add_argument("train")
parser.add_argument("test")
parser.add_argument("pairs")
parser.add_argument("--jobs", type=int, default=2)
options = parser.parse_args()

# One thread in the parent, too: a child of a process that has begun to compute on several would wait for them forever.
prepare()
with h5py.File(options.train) as store:
    features = torch.from_numpy(store["features"][:])
    labels = torch.from_numpy(store["labels"][:].astype(np.int64))
with h5py.File(options.test) as store:
    test_features = torch.from_numpy(store["features"][:])
    pairs = read_pairs(options.pairs, store["names"].asstr()[:])

paths = sorted(glob.glob(f"{options.export}/*.safetensors"))
with multiprocessing.get_context("fork").Pool(options.jobs, prepare) as pool:
    runs = dict(pool.imap_unordered(train, paths))
engine = f"PyTorch {torch.__version__}, eager"
peers = [f"torch {torch.__version__}", f"h5py {h5py.__version__}", f"numpy {np.__version__}"]
print(json.dumps({"engine": engine, "peers": peers, "runs": runs}))
