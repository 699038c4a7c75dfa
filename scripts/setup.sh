#!/usr/bin/env bash
# Makes sure that everything `swift build` needs is there: a Swift toolchain, six C libraries, pkg-config and the
# font of the figures. Installs what is missing where apt does it; elsewhere says what to install by hand.
# Safe to run again at any time: it looks first, and does nothing when nothing is missing.
set -euo pipefail

minimum_swift="6.2"
apt_packages="libopenblas-dev libhdf5-dev libpng-dev libcairo2-dev libssl-dev zlib1g-dev pkg-config fonts-dejavu-core"
dnf_packages="openblas-devel hdf5-devel libpng-devel cairo-devel openssl-devel zlib-devel pkgconf-pkg-config dejavu-sans-fonts"
brew_packages="openblas hdf5 libpng cairo openssl@3 zlib pkgconf"
brew_casks="font-dejavu"

say() { printf 'setup: %s\n' "$*"; }
complain() { printf 'setup: %s\n' "$*" >&2; }

# Homebrew keeps OpenBLAS, OpenSSL and zlib outside pkg-config's own search path; SwiftPM finds them there by itself.
if [ "$(uname -s)" = Darwin ] && command -v brew >/dev/null; then
  for keg in openblas openssl@3 zlib; do
    PKG_CONFIG_PATH="$(brew --prefix "$keg" 2>/dev/null)/lib/pkgconfig:${PKG_CONFIG_PATH:-}"
  done
  export PKG_CONFIG_PATH
fi

# Whether pkg-config knows a library. SwiftPM asks it the same question.
has_library() { command -v pkg-config >/dev/null && pkg-config --exists "$1"; }

has_font() {
  local file
  for file in /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf /usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf \
    /usr/share/fonts/TTF/DejaVuSans.ttf /Library/Fonts/DejaVuSans.ttf "${HOME:-/}/Library/Fonts/DejaVuSans.ttf"; do
    if [ -e "$file" ]; then return 0; fi
  done
  command -v fc-list >/dev/null && [ -n "$(fc-list 'DejaVu Sans' 2>/dev/null)" ]
}

# The names, in apt's spelling, of what is not there.
missing_packages() {
  command -v pkg-config >/dev/null || echo pkg-config
  has_library openblas || echo libopenblas-dev
  has_library hdf5 || echo libhdf5-dev
  has_library libpng || echo libpng-dev
  has_library cairo || echo libcairo2-dev
  has_library libcrypto || echo libssl-dev
  has_library zlib || echo zlib1g-dev
  has_font || echo fonts-dejavu-core
}

install_with_apt() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      complain "not root and no sudo here. As root: apt-get update && apt-get install -y $*"
      return 1
    fi
    as_root=(sudo)
  fi
  local attempt
  for attempt in 1 2; do
    if "${as_root[@]}" apt-get -q -o DPkg::Lock::Timeout=120 update \
      && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 \
        install --no-install-recommends "$@"; then
      return 0
    fi
    # Another apt run can empty the archive folder or hold a lock for a moment.
    if [ "$attempt" -eq 1 ]; then
      complain "apt failed; once more in ten seconds"
      sleep 10
    fi
  done
  complain "apt failed twice. By hand, as root: apt-get update && apt-get install -y $*"
  return 1
}

explain_by_hand() {
  complain "missing (Debian's names): $*"
  if [ "$(uname -s)" = Darwin ]; then
    complain "install by hand:"
    complain "  brew install $brew_packages && brew install --cask $brew_casks"
  elif command -v dnf >/dev/null; then
    complain "install by hand:"
    complain "  sudo dnf install $dnf_packages"
  else
    complain "install by hand, with this system's package manager and in its spelling, development files included:"
    complain "  OpenBLAS, HDF5, libpng, cairo, OpenSSL (libcrypto), zlib, pkg-config, the DejaVu fonts"
    complain "  (Debian and Ubuntu: $apt_packages)"
    complain "pkg-config must know them as: openblas hdf5 libpng cairo libcrypto zlib"
  fi
}

check_swift() {
  local where="https://www.swift.org/install (or with swiftly: https://www.swift.org/swiftly)"
  if ! command -v swift >/dev/null; then
    complain "no Swift toolchain on the PATH. Swift $minimum_swift or newer is at $where"
    return 1
  fi
  local version
  version="$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -n 1)"
  if [ -z "$version" ]; then
    complain "'swift --version' does not tell a version. Swift $minimum_swift or newer is at $where"
    return 1
  fi
  if [ "${version%%.*}" -lt "${minimum_swift%%.*}" ] \
    || { [ "${version%%.*}" -eq "${minimum_swift%%.*}" ] && [ "${version##*.}" -lt "${minimum_swift##*.}" ]; }; then
    complain "Swift $version is too old. Swift $minimum_swift or newer is at $where"
    return 1
  fi
  swift_version="$version"
}

status=0
missing="$(missing_packages | tr '\n' ' ')"
if [ -n "$missing" ]; then
  # shellcheck disable=SC2086  # one word a package
  if command -v apt-get >/dev/null; then
    say "installing $missing"
    if install_with_apt $missing; then
      missing="$(missing_packages | tr '\n' ' ')"
      if [ -n "$missing" ]; then
        complain "apt was content, but these are still not found: $missing"
        status=1
      fi
    else
      status=1
    fi
  else
    explain_by_hand $missing
    status=1
  fi
fi
swift_version=""
check_swift || status=1
if [ "$status" -eq 0 ]; then say "everything is there (Swift $swift_version)"; fi
exit "$status"
