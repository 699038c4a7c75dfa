#!/usr/bin/env bash
# Makes the virtual environment Benchmarks/peers/venv of requirements.txt, for the peers of the benchmarks.
# PYTHON=python3.12 names another Python; TORCH_INDEX=URL another index for PyTorch, and TORCH_INDEX= none.
# Safe to run again at any time.
set -euo pipefail
cd "$(dirname "$0")"

# PyTorch without GPU libraries, which are gigabytes that nobody here needs.
index="${TORCH_INDEX-https://download.pytorch.org/whl/cpu}"
options=()

"${PYTHON:-python3}" -m venv venv

# pip would try an index that cannot be reached again and again, for every package.
if [ -n "$index" ]; then
  if venv/bin/python -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1] + "/torch/", timeout=20)' "$index" \
    2>/dev/null; then
    options=(--extra-index-url "$index")
  else
    echo "setup: $index cannot be reached; PyTorch comes from where pip looks by itself" >&2
  fi
fi

venv/bin/pip install --quiet --disable-pip-version-check ${options[@]+"${options[@]}"} -r requirements.txt

if ! command -v "${CXX:-c++}" >/dev/null && ! command -v g++ >/dev/null; then
  echo "setup: no C++ compiler here: torch.compile will be left out" >&2
fi
echo "setup: Benchmarks/peers/venv is ready"
