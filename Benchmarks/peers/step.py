"""One step of training in PyTorch, on the weights and batches that StepBenchmark exports.

The same network, loss, optimiser and batches as likeness's. Tuned as well as PyTorch goes on a CPU: denormals flushed, the scale folded into
the embeddings, the margin with a derivative of its own, the fused optimiser. The driver sets
glibc's malloc thresholds, without which large tensors are given back to the system and faulted in again every step.

    python step.py FILE [--threads N] [--steps N] [--compile]
"""

import math
import os
import shutil
import sys

import torch
import torch.nn.functional as F
from training_step import arguments, layer_kinds, measure, read, unavailable

options = arguments("--compile")
if options.compile:
    compiler = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")
    if shutil.which(compiler) is None:
        unavailable(f"torch.compile needs a C++ compiler; there is no {compiler} here")

# Before the first parallel work, whose threads take the mode over.
torch.set_flush_denormal(True)
torch.set_num_threads(options.threads)

settings, arrays = read(options.file)
scale, margin = float(settings["scale"]), float(settings["margin"])
cos_margin, sin_margin = math.cos(margin), math.sin(margin)
# Where θ + margin passes π the target is cos θ − margin·sin margin.
threshold = math.cos(math.pi - margin)

# Where the training that is gone on with has left its momentum, by the numbers that it moves; nothing at step 0.
velocities = {}
NUMBER_NAMES = {"linear": ("weight", "bias"), "batch-norm": ("gain", "shift"), "prelu": ("slope",)}
layers = []
for place, kind in enumerate(layer_kinds(arrays)):
    def number(name):
        return torch.from_numpy(arrays.pop(f"network.{place}.{name}"))

    def keep_velocity(parameter, name):
        velocity = arrays.pop(f"velocity.network.{place}.{name}", None)
        if velocity is not None:
            velocities[parameter] = torch.from_numpy(velocity).reshape(parameter.shape).clone()

    with torch.no_grad():
        if kind == "linear":
            weight = number("weight")
            layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
            layer.weight.copy_(weight)
            layer.bias.copy_(number("bias").flatten())
        elif kind == "batch-norm":
            gain = number("gain").flatten()
            layer = torch.nn.BatchNorm1d(len(gain))
            layer.weight.copy_(gain)
            layer.bias.copy_(number("shift").flatten())
        else:
            slope = number("slope").flatten()
            layer = torch.nn.PReLU(len(slope))
            layer.weight.copy_(slope)
    for parameter, name in zip((layer.weight, getattr(layer, "bias", None)), NUMBER_NAMES[kind]):
        keep_velocity(parameter, name)
    layers.append(layer)
network = torch.nn.Sequential(*layers)
prototypes = torch.nn.Parameter(torch.from_numpy(arrays.pop("prototypes")))
if "velocity.prototypes" in arrays:
    velocities[prototypes] = torch.from_numpy(arrays.pop("velocity.prototypes"))
features = torch.from_numpy(arrays.pop("features"))
labels = torch.from_numpy(arrays.pop("labels"))

decayed = [layer.weight for layer in layers if isinstance(layer, torch.nn.Linear)] + [prototypes]
free = [p for p in network.parameters() if all(p is not other for other in decayed)]
optimizer = torch.optim.SGD(
    [{"params": decayed, "weight_decay": float(settings["weight-decay"])}, {"params": free, "weight_decay": 0.0}],
    lr=float(settings["learning-rate"]),
    momentum=float(settings["momentum"]),
    fused=True,
)
for parameter, velocity in velocities.items():
    optimizer.state[parameter]["momentum_buffer"] = velocity


class Margin(torch.autograd.Function):
    """The target's logit scale·cos(θ + margin) in place of scale·cos θ, with its derivative.

    Written by hand, because what autograd makes of gathering and scattering takes and adds several matrices of the size of the logits.
    Eager it works in place; compiled it is pointwise, which goes into one loop with the softmax.
    """

    @staticmethod
    def forward(ctx, logits, index):
        cosine = (logits.gather(1, index) / scale).clamp(-1, 1)
        # Its inverse is not finite at 0.
        sine = ((1 - cosine) * (1 + cosine)).sqrt().clamp_min(3.5e-4)
        inside = cosine > threshold
        moved = torch.where(inside, cosine * cos_margin - sine * sin_margin, cosine - margin * sin_margin)
        slope = torch.where(inside, cos_margin + cosine * sin_margin / sine, 1.0)
        ctx.save_for_backward(index, slope)
        if options.compile:
            return torch.where(columns == index, moved * scale, logits)
        ctx.mark_dirty(logits)
        return logits.scatter_(1, index, moved * scale)

    @staticmethod
    def backward(ctx, gradient):
        index, slope = ctx.saved_tensors
        if options.compile:
            return torch.where(columns == index, gradient * slope, gradient), None
        return gradient.scatter_(1, index, gradient.gather(1, index) * slope), None


columns = torch.arange(len(prototypes))[None, :]


def arcface(batch, targets):
    embeddings = F.normalize(network(batch)) * scale
    logits = embeddings @ F.normalize(prototypes).T
    return F.cross_entropy(Margin.apply(logits, targets[:, None]), targets)


loss_of = torch.compile(arcface, fullgraph=True, dynamic=False) if options.compile else arcface


def step(rows):
    rows = torch.from_numpy(rows)
    optimizer.zero_grad(set_to_none=True)
    loss = loss_of(features.index_select(0, rows), labels.index_select(0, rows))
    loss.backward()
    optimizer.step()
    return loss.item()


engine = f"PyTorch {torch.__version__}, {'torch.compile' if options.compile else 'eager'}"
measure(engine, settings, arrays, options.steps, step)
