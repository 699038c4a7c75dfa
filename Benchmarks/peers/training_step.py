"""What the peers of StepBenchmark share: the file that they start from, and how their steps are measured."""

import argparse
import gc
import json
import math
import resource
import sys
import time

import numpy as np

NUMBERS = {"F32": "<f4", "I64": "<i8"}

# The exit status of a peer that this machine lacks something for.
UNAVAILABLE = 69


def arguments(*flags):
    parser = argparse.ArgumentParser()
    parser.add_argument("file", help="what StepBenchmark export wrote")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=30)
    for flag in flags:
        parser.add_argument(flag, action="store_true")
    return parser.parse_args()


def unavailable(reason):
    print(reason, file=sys.stderr)
    sys.exit(UNAVAILABLE)


def read(path):
    """Settings and arrays of a safetensors file."""
    arrays = {}
    with open(path, "rb") as file:
        length = int(np.fromfile(file, dtype="<u8", count=1)[0])
        header = json.loads(file.read(length))
        settings = header.pop("__metadata__")
        for name, entry in header.items():
            file.seek(8 + length + entry["data_offsets"][0])
            numbers = np.fromfile(file, dtype=NUMBERS[entry["dtype"]], count=math.prod(entry["shape"]))
            arrays[name] = numbers.reshape(entry["shape"])
    return settings, arrays


def layer_kinds(arrays):
    """The network's layers in order, told by the names of their numbers."""
    kinds = {}
    for name in arrays:
        if name.startswith("network."):
            _, place, number = name.split(".")
            kind = {"bias": "linear", "shift": "batch-norm", "slope": "prelu"}.get(number)
            if kind:
                kinds[int(place)] = kind
    return [kinds[place] for place in sorted(kinds)]


def measure(engine, settings, arrays, steps, step):
    """Calls `step` with the rows of batch after batch; prints one line of JSON, of the form of StepMeasurement.swift."""
    batches = arrays.pop("batches")
    compared = int(settings["compared-losses"])
    if len(batches) < compared + steps:
        sys.exit(f"{len(batches)} batches in the file, too few for {compared} + {steps} steps")
    # No collection falls into a step.
    gc.disable()
    losses = [step(rows) for rows in batches[:compared]]
    times = []
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for rows in batches[compared : compared + steps]:
        start = time.perf_counter()
        step(rows)
        times.append(time.perf_counter() - start)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    parts = np.quantile(times, [0, 0.25, 0.5, 0.75, 1]).tolist()
    # Bytes on macOS, KiB elsewhere.
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    print(
        json.dumps(
            {
                "engine": engine,
                "step": dict(zip(["least", "lower", "median", "upper", "most"], parts)),
                "losses": losses,
                "pageFaults": (usage.ru_minflt - faults) / steps,
                "peakMiB": usage.ru_maxrss / unit,
            }
        )
    )
