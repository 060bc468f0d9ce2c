#!/usr/bin/env bash
# Installs the Debian packages that pcc is built with and tested on, and checks for Swift.
# Says nothing when all is there. Usage: setup.sh [--build-only]
set -euo pipefail

packages=(libprotobuf-c-dev libopenblas-dev zlib1g-dev libpng-dev libjpeg62-turbo-dev pkg-config)
[ "${1:-}" = --build-only ] || packages+=(protobuf-c-compiler dataset-fashion-mnist)
swift_major=6
swift_minor=1

fail() {
  printf 'setup: %s\n' "$@" >&2
  exit 1
}

installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2> /dev/null)" = installed ]
}

install_packages() {
  local missing=() package
  for package in "${packages[@]}"; do
    installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local prefix=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo > /dev/null ||
      fail "these packages are missing: ${missing[*]}" \
        "run as root or with sudo: apt-get install ${missing[*]}"
    prefix=(sudo)
  fi
  printf 'setup: installing %s\n' "${missing[*]}" >&2
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  "${prefix[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update > "$log" 2>&1 || true
  "${prefix[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}" >> "$log" 2>&1 || {
    tail -n 15 "$log" >&2
    fail "apt-get could not install: ${missing[*]}"
  }
}

check_without_apt() {
  local missing=() module
  for module in libprotobuf-c openblas zlib libpng libjpeg; do
    pkg-config --exists "$module" 2> /dev/null || missing+=("$module")
  done
  [ ${#missing[@]} -eq 0 ] ||
    fail "this system has no apt-get, and pkg-config does not find: ${missing[*]}" \
      "install protobuf-c, OpenBLAS, zlib, libpng and libjpeg with their headers by the system's own means"
}

check_swift() {
  local version
  command -v swift > /dev/null ||
    fail "the Swift toolchain is missing; pcc needs Swift $swift_major.$swift_minor or later" \
      "see https://www.swift.org/install"
  version=$(swift --version 2> /dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
  local major=${version%%.*} minor=${version#*.}
  [ -n "$version" ] || fail "'swift --version' names no version"
  if [ "$major" -lt $swift_major ] || { [ "$major" -eq $swift_major ] && [ "$minor" -lt $swift_minor ]; }; then
    fail "Swift $version is too old; pcc needs Swift $swift_major.$swift_minor or later"
  fi
}

if command -v apt-get > /dev/null && command -v dpkg-query > /dev/null; then
  install_packages
else
  check_without_apt
fi
check_swift
