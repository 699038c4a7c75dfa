"""The ten best distractors of each probe by faiss's IndexFlatIP: its exact search, and no operating points.

    python megaface_faiss.py STORE.h5 [--probes N] [--identities N] [--threads N]

Prints one line of JSON: the seconds of everything, from reading the store on, and of the search alone, which finds all vectors in memory.
OPENBLAS_CORETYPE in the environment sets the kernels of the OpenBLAS that faiss brings along, which is older than many processors.
"""

import os

from megaface_common import arguments, hits, mates_of, report, unit

options = arguments()
os.environ.setdefault("OMP_NUM_THREADS", str(options.threads))

import time

import faiss
import h5py

BEST = 10

faiss.omp_set_num_threads(options.threads)
start = time.perf_counter()
with h5py.File(options.store) as store:
    features = store["features"]
    distractors = features.shape[0] - options.probes
    probes = unit(features[: options.probes])
    index = faiss.IndexFlatIP(features.shape[1])
    block = 1 << 16
    for first in range(options.probes, features.shape[0], block):
        index.add(unit(features[first : first + block]))
begin = time.perf_counter()
best, _ = index.search(probes, BEST)
end = time.perf_counter()
searcher, mates = mates_of(probes, options.identities)
answers = [
    {"distractors": distractors, "hits": hits(searcher, mates, best, [1, 5, 10]), "acceptedGenuine": None}
]
report(f"faiss {faiss.__version__}, h5py {h5py.__version__}", end - start, answers, end - begin)
