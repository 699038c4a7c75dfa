#!/usr/bin/env bash
# Writes the reference pages of the library rooms, from the doc comments of what `make build` has compiled, as a static
# site: scripts/docs.sh [OUTPUT]. Uses the toolchain's own docc, so that the package needs no documentation plug-in.
set -euo pipefail
cd "$(dirname "$0")/.."

output="${1:-docs-build}"
rooms="LinearAlgebra Metrics FeatureStores Evaluation Learning Experiments Reports"
build=".build/release"

find_tool() {
  command -v "$1" || xcrun --find "$1" 2>/dev/null || {
    printf 'docs: the Swift toolchain has no %s on the PATH\n' "$1" >&2
    return 1
  }
}
extract="$(find_tool swift-symbolgraph-extract)"
docc="$(find_tool docc)"
target="$(swiftc -print-target-info | sed -n 's/^ *"triple": "\(.*\)",*$/\1/p' | head -n 1)"
sdk=()
if [ "$(uname -s)" = Darwin ]; then sdk=(-sdk "$(xcrun --show-sdk-path)"); fi

# Where the compiled rooms find the C modules that they were built with.
search=(-I "$build/Modules")
for modulemap in Sources/*/module.modulemap "$build"/*.build/module.modulemap .build/checkouts/*/Sources/*/include/module.modulemap; do
  if [ -e "$modulemap" ]; then search+=(-I "$(dirname "$modulemap")"); fi
done
for flag in $(pkg-config --cflags-only-I openblas hdf5 libpng cairo libcrypto zlib); do search+=(-Xcc "$flag"); done

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
archives=()
for room in $rooms; do
  mkdir -p "$work/$room"
  "$extract" -module-name "$room" -target "$target" ${sdk[@]+"${sdk[@]}"} "${search[@]}" \
    -minimum-access-level public -skip-synthesized-members -module-cache-path "$work/cache" \
    -output-dir "$work/$room"
  "$docc" convert --additional-symbol-graph-dir "$work/$room" --fallback-display-name "$room" \
    --fallback-bundle-identifier "likeness.$room" --fallback-default-module-kind Module \
    --output-path "$work/$room.doccarchive" 2>&1 | sed '/^$/d'
  archives+=("$work/$room.doccarchive")
done
rm -rf "$output"
"$docc" merge "${archives[@]}" --synthesized-landing-page-name Likeness --output-path "$output"
printf 'docs: written to %s; to read: python3 -m http.server --directory %s, then /documentation/\n' "$output" "$output"
