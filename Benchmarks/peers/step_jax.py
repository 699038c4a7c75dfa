"""The same step of training as step.py's in JAX, compiled whole with its state donated.

    python step_jax.py FILE [--threads N] [--steps N]
"""

import math
import os

from training_step import arguments, layer_kinds, measure, read, unavailable

options = arguments()
# XLA takes the number of its threads from here, and from the cores that the process may use.
os.environ["NPROC"] = str(options.threads)
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
try:
    import jax
except ImportError as error:
    unavailable(f"no JAX here: {error}")
import jax.numpy as jnp

jax.config.update("jax_platforms", "cpu")
settings, arrays = read(options.file)
scale, margin = float(settings["scale"]), float(settings["margin"])
rate, momentum = float(settings["learning-rate"]), float(settings["momentum"])
decay = float(settings["weight-decay"])
kinds = layer_kinds(arrays)
# Where θ + margin passes π the target is cos θ − margin·sin margin.
threshold = math.cos(math.pi - margin)
features, labels = jnp.asarray(arrays.pop("features")), jnp.asarray(arrays.pop("labels"))
moving = {name: jnp.asarray(arrays.pop(name)) for name in list(arrays) if name.startswith("velocity.")}
weights = {name: jnp.asarray(arrays[name]) for name in arrays if name != "batches"}
arrays = {"batches": arrays["batches"]}
epsilon, statistics_rate = 1e-5, 0.1


@jax.custom_vjp
def with_margin(logits, index):
    return forward(logits, index)[0]


def forward(logits, index):
    cosine = jnp.clip(jnp.take_along_axis(logits, index, 1) / scale, -1, 1)
    # Its inverse is not finite at 0.
    sine = jnp.maximum(jnp.sqrt((1 - cosine) * (1 + cosine)), 3.5e-4)
    inside = cosine > threshold
    usual = cosine * math.cos(margin) - sine * math.sin(margin)
    moved = jnp.where(inside, usual, cosine - margin * math.sin(margin))
    slope = jnp.where(inside, math.cos(margin) + cosine * math.sin(margin) / sine, 1)
    return jnp.where(jnp.arange(logits.shape[1]) == index, moved * scale, logits), (index, slope)


def backward(saved, gradient):
    index, slope = saved
    return jnp.where(jnp.arange(gradient.shape[1]) == index, gradient * slope, gradient), None


with_margin.defvjp(forward, backward)


def normalised(rows):
    return rows / jnp.maximum(jnp.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def loss_of(weights, statistics, batch, targets):
    x, moved = batch, {}
    for place, kind in enumerate(kinds):
        name = f"network.{place}"
        if kind == "linear":
            x = x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
        elif kind == "batch-norm":
            mean, variance = x.mean(0), x.var(0)
            unbiased = variance * len(x) / (len(x) - 1)
            old_mean, old_variance = statistics[name]
            moved[name] = (
                old_mean + statistics_rate * (mean - old_mean),
                old_variance + statistics_rate * (unbiased - old_variance),
            )
            unit = (x - mean) * jax.lax.rsqrt(variance + epsilon)
            x = unit * weights[f"{name}.gain"] + weights[f"{name}.shift"]
        else:
            x = jnp.where(x > 0, x, x * weights[f"{name}.slope"])
    index = targets[:, None]
    logits = with_margin((normalised(x) * scale) @ normalised(weights["prototypes"]).T, index)
    losses = jax.nn.logsumexp(logits, axis=1) - jnp.take_along_axis(logits, index, 1)[:, 0]
    return losses.mean(), moved


def descend(state, features, labels, rows):
    weights, velocities, statistics = state
    value = jax.value_and_grad(loss_of, has_aux=True)
    (loss, statistics), gradients = value(weights, statistics, features[rows], labels[rows])
    for name, gradient in gradients.items():
        decayed = name.endswith(".weight") or name == "prototypes"
        gradient = gradient + decay * weights[name] if decayed else gradient
        velocities[name] = momentum * velocities[name] + gradient
        weights[name] = weights[name] - rate * velocities[name]
    return (weights, velocities, statistics), loss


widths = {place: weights[f"network.{place}.gain"].size for place, kind in enumerate(kinds) if kind == "batch-norm"}
statistics = {f"network.{place}": (jnp.zeros(width), jnp.ones(width)) for place, width in widths.items()}
# The momentum of the training that is gone on with; 0 at step 0.
velocities = {name: moving.get(f"velocity.{name}", jnp.zeros_like(value)) for name, value in weights.items()}
state = (weights, velocities, statistics)
compiled = jax.jit(descend, donate_argnums=0)


def step(rows):
    global state
    state, loss = compiled(state, features, labels, rows)
    jax.block_until_ready(state)
    return float(loss)


measure(f"JAX {jax.__version__}", settings, arrays, options.steps, step)
