#!/usr/bin/env bash
# Runs ONNX's own test cases through `pcc check`. Usage: onnx-conformance.sh [KIND...] [--only REGEX]
# [--perturb] [--round-trip] [--timeout S] [--jobs N] [--report FILE] [--reasons]; KIND is node (the
# default), light, simple, pytorch-converted or pytorch-operator. PYTHON names a Python that has onnx,
# PCC the command.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3}
pcc=${PCC:-$root/.build/release/pcc}
"$python" -c 'import numpy, onnx.backend.test' 2> /dev/null || {
  echo "onnx-conformance: $python lacks numpy or onnx; set PYTHON" >&2
  exit 1
}
exec "$python" -W ignore "$root/testdata/crosscheck/conformance.py" "$pcc" "$@"
