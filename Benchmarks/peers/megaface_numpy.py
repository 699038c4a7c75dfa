"""CMC at up to six sizes and TPR at FAR 1e-6 among distractors, exact, with h5py and NumPy in blocks.

    python megaface_numpy.py STORE.h5 [--probes N] [--identities N] [--threads N]

Scores are never stored but for those that stand among the best of their probe, or of all: one comparison finds them in each block. Prints one line of
JSON. OPENBLAS_CORETYPE in the environment sets NumPy's kernels, and OPENBLAS_NUM_THREADS its threads.
"""

import os

from megaface_common import RANKS, arguments, hits, mates_of, report, sizes, unit

options = arguments()
# Read when the library is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", str(options.threads))

import time

import h5py
import numpy as np

FAR = 1e-6
# The scores of a block should not leave the caches before they are looked at.
BLOCK = 1024


def highest(scores, count):
    """The `count` highest of `scores`, in no order, with all that equal the last."""
    if len(scores) <= count:
        return scores
    floor = np.partition(scores, len(scores) - count)[len(scores) - count]
    return scores[scores >= floor]


def search(store):
    features = store["features"]
    rows = features.shape[0]
    distractors = rows - options.probes
    probes = unit(features[: options.probes])
    searcher, mates = mates_of(probes, options.identities)
    ranks = max(RANKS)
    best = np.full((options.probes, ranks), -np.inf, dtype=np.float32)
    floors = best[:, -1].copy()
    # One more than the false accepts that the target allows: the first that must be refused.
    needed = distractors * options.probes // round(1 / FAR) + 1
    top = np.empty(0, dtype=np.float32)
    top_floor = np.float32(-np.inf)
    scores = np.empty((options.probes, BLOCK), dtype=np.float32)
    answers = []
    done = 0
    for size in sizes(distractors):
        while done < size:
            count = min(BLOCK, size - done)
            block = unit(features[options.probes + done : options.probes + done + count])
            part = scores[:, :count] if count == BLOCK else np.empty((options.probes, count), dtype=np.float32)
            np.matmul(probes, block.T, out=part)
            done += count
            probe, column = np.nonzero(part >= np.minimum(floors, top_floor)[:, None])
            found = part[probe, column]
            top = np.concatenate([top, found[found >= top_floor]])
            if len(top) > 2 * needed:
                top = highest(top, needed)
                top_floor = top.min()
            # Rows in which something stands among the best, merged each at once.
            keep = found > floors[probe]
            probe, found = probe[keep], found[keep]
            if len(probe):
                changed, starts, lengths = np.unique(probe, return_index=True, return_counts=True)
                width = lengths.max()
                merged = np.full((len(changed), ranks + width), -np.inf, dtype=np.float32)
                merged[:, :ranks] = best[changed]
                place = np.arange(len(probe)) - np.repeat(starts, lengths)
                merged[np.repeat(np.arange(len(changed)), lengths), ranks + place] = found
                best[changed] = -np.sort(-merged, axis=1)[:, :ranks]
                floors = best[:, -1].copy()
        allowed = size * options.probes // round(1 / FAR)
        accepted = None
        if allowed >= 1:
            refused = np.sort(highest(top, allowed + 1))[::-1][allowed]
            accepted = int(np.count_nonzero(mates > refused))
        answers.append(
            {"distractors": size, "hits": hits(searcher, mates, best, RANKS), "acceptedGenuine": accepted}
        )
    return answers


start = time.perf_counter()
with h5py.File(options.store) as store:
    answers = search(store)
seconds = time.perf_counter() - start
report(f"numpy {np.__version__}, h5py {h5py.__version__}", seconds, answers)
