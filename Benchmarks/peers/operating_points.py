"""TAR at FAR from the scores that EvaluationBenchmark stores, with NumPy or scikit-learn.

The rule is likeness's default: the lowest distinct score, genuine or impostor, that accepts at most ⌊FAR·N⌋ impostors.

    python operating_points.py sort|roc_curve FILE GENUINE [--repetitions N]

FILE holds single-precision numbers, the first GENUINE of them genuine scores. Prints one line of JSON: the engine, the seconds of each
repetition, and threshold and counts at each target.
"""

import argparse
import json
import time
from fractions import Fraction

import numpy as np

TARGETS = ["0.1", "0.01", "0.001", "0.0001", "1e-05", "1e-06"]


def by_sorting(genuine, impostor, targets):
    """Sorts both lists and looks the ranks up: no curve is made."""
    genuine = np.sort(genuine)
    impostor = np.sort(impostor)
    points = []
    for target in targets:
        allowed = int(Fraction(target) * len(impostor))
        # The highest score that must be refused: that of the first impostor too many.
        refused = impostor[len(impostor) - 1 - allowed] if allowed < len(impostor) else -np.inf
        first_genuine = np.searchsorted(genuine, refused, side="right")
        first_impostor = np.searchsorted(impostor, refused, side="right")
        lowest = min(
            genuine[first_genuine] if first_genuine < len(genuine) else np.inf,
            impostor[first_impostor] if first_impostor < len(impostor) else np.inf,
        )
        points.append((target, lowest, len(genuine) - first_genuine, len(impostor) - first_impostor))
    return points


def by_curve(labels, scores, targets):
    """Reads the points from scikit-learn's exact curve."""
    from sklearn.metrics import roc_curve

    far, tar, thresholds = roc_curve(labels, scores, drop_intermediate=False)
    genuine = int(np.count_nonzero(labels))
    impostors = len(labels) - genuine
    points = []
    for target in targets:
        place = np.searchsorted(far, float(target), side="right") - 1
        points.append(
            (target, thresholds[place], round(tar[place] * genuine), round(far[place] * impostors))
        )
    return points


parser = argparse.ArgumentParser()
parser.add_argument("method", choices=["sort", "roc_curve"])
parser.add_argument("file")
parser.add_argument("genuine", type=int)
parser.add_argument("--repetitions", type=int, default=5)
options = parser.parse_args()

scores = np.fromfile(options.file, dtype="<f4")
if options.method == "sort":
    engine = f"numpy {np.__version__}"
    inputs = (scores[: options.genuine], scores[options.genuine :])
    read = by_sorting
else:
    import sklearn

    engine = f"scikit-learn {sklearn.__version__}"
    labels = np.zeros(len(scores), dtype=np.int8)
    labels[: options.genuine] = 1
    inputs = (labels, scores)
    read = by_curve

seconds = []
# As ours: the first one, in memory that was never touched, does not count where there are several.
for repetition in range(options.repetitions + (1 if options.repetitions > 1 else 0)):
    start = time.perf_counter()
    points = read(*inputs, TARGETS)
    seconds.append(time.perf_counter() - start)
print(
    json.dumps(
        {
            "engine": engine,
            "seconds": seconds[-options.repetitions :],
            "points": [
                {
                    "targetFAR": float(target),
                    "threshold": float(threshold),
                    "acceptedGenuine": int(genuine),
                    "acceptedImpostor": int(impostor),
                }
                for target, threshold, genuine, impostor in points
            ],
        }
    )
)
