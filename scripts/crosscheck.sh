#!/usr/bin/env bash
# Checks what pcc writes and computes with onnx and onnxruntime as judges, for testdata/models and the models
# given. Usage: crosscheck.sh [MODEL_OR_FOLDER...]. PYTHON names a Python that has numpy, onnx and
# onnxruntime, PCC the command.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3}
pcc=${PCC:-$root/.build/release/pcc}
"$python" -c 'import numpy, onnx, onnxruntime' 2> /dev/null || {
  echo "crosscheck: $python lacks numpy, onnx or onnxruntime; set PYTHON" >&2
  exit 1
}
"$python" "$root/testdata/crosscheck/roundtrip.py" "$pcc" "$root/testdata/models" "$@"
"$python" "$root/testdata/crosscheck/opt.py" "$pcc" "$root/testdata/models" "$@"
"$python" "$root/testdata/crosscheck/collapse.py" "$pcc" \
  "$root"/testdata/fashion-resnet20.onnx "$root"/testdata/models/{convolution,opset-13,opset-17}.onnx
"$python" "$root/testdata/crosscheck/run.py" "$pcc" "$root/testdata/models" "$@"
