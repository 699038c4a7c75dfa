"""Which kernels of the OpenBLAS that a library brings along are the fastest here: its own choice, or those that OPENBLAS_CORETYPE names.

An OpenBLAS that is older than the processor may choose kernels that are several times slower than others that it has.

    python best_core.py numpy|faiss [--threads N]

Prints one line of JSON: the name (empty for the library's own choice) and GFLOP/s by name. Each is measured in a process of its own.
"""

import argparse
import json
import os
import platform
import subprocess
import sys

# Of AVX2 and of AVX-512; elsewhere there is nothing to choose.
CORES = ["", "Haswell", "SkylakeX"] if platform.machine() in ("x86_64", "AMD64") else [""]
ROUNDS = 3
PRODUCT = {
    "numpy": """
import numpy as np
a = np.ones((1024, 512), dtype=np.float32)
b = np.ones((8192, 512), dtype=np.float32)
def work(): a @ b.T
""",
    "faiss": """
import faiss
import numpy as np
index = faiss.IndexFlatIP(512)
index.add(np.ones((8192, 512), dtype=np.float32))
a = np.ones((1024, 512), dtype=np.float32)
def work(): index.search(a, 1)
""",
}
MEASURE = """
import time
work()
times = []
for _ in range(9):
    start = time.perf_counter()
    work()
    times.append(time.perf_counter() - start)
print(2e-9 * 1024 * 8192 * 512 / min(times))
"""

parser = argparse.ArgumentParser()
parser.add_argument("library", choices=PRODUCT)
parser.add_argument("--threads", type=int, default=2)
options = parser.parse_args()
speeds = {}
# In turn, and the best of each: what slows the machine down for a while decides nothing.
for core in CORES * ROUNDS:
    environment = dict(os.environ, OPENBLAS_NUM_THREADS=str(options.threads), OMP_NUM_THREADS=str(options.threads))
    if core:
        environment["OPENBLAS_CORETYPE"] = core
    # A core that the processor cannot run ends the process.
    run = subprocess.run(
        [sys.executable, "-c", PRODUCT[options.library] + MEASURE], env=environment, capture_output=True, text=True
    )
    if run.returncode == 0:
        speeds[core] = max(speeds.get(core, 0), float(run.stdout))
best = max(speeds, key=speeds.get)
# Its own choice where that is as good: what differs by less is noise.
if speeds[""] > 0.95 * speeds[best]:
    best = ""
print(json.dumps({"core": best, "gigaflops": speeds}))
