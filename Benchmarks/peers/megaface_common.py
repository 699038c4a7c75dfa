"""What the peers of the search among distractors share: the store, the mates, and the form of what they print.

A store holds the probes first, photo p of identity p modulo the number of identities, then the distractors. As in likeness's evaluation every other
photo of a probe's identity is the mate of one search, and a distractor that scores as much as the mate stands before it.
"""

import argparse
import json
import resource
import sys

import numpy as np

RANKS = [1, 5, 10, 20, 50, 100]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("--probes", type=int, default=3530)
    parser.add_argument("--identities", type=int, default=80)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def unit(rows):
    """Rows of length one."""
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64)).astype(np.float32)
    rows /= norms[:, None]
    return rows


def sizes(distractors):
    """10, 100, … and the number of distractors."""
    found, size = [], 10
    while size < distractors:
        found.append(size)
        size *= 10
    return found + [distractors]


def mates_of(probes, identities):
    """Of each search, the probe that searches, and the score of its mate."""
    people = np.arange(len(probes)) % identities
    scores = probes @ probes.T
    same = people[:, None] == people[None, :]
    np.fill_diagonal(same, False)
    searcher, _ = np.nonzero(same)
    return searcher, scores[same]


def hits(searcher, mates, best, ranks):
    """How many searches have their mate at each rank or a better one. `best` holds the best scores of each probe, descending."""
    ahead = np.zeros(len(mates), dtype=np.int64)
    for column in range(best.shape[1]):
        ahead += best[searcher, column] >= mates
    return {str(rank): int(np.count_nonzero(ahead < rank)) for rank in ranks}


def report(engine, seconds, answers, search_seconds=None):
    # Bytes on macOS, KiB elsewhere.
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    result = {
        "engine": engine,
        "seconds": seconds,
        "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit,
        "answers": answers,
    }
    if search_seconds is not None:
        result["searchSeconds"] = search_seconds
    print(json.dumps(result))
