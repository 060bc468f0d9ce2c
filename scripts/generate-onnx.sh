#!/usr/bin/env bash
# Regenerates the C code of Sources/COnnx from onnx.proto. Needs protoc-c (protobuf-c-compiler).
set -euo pipefail
cd "$(dirname "$0")/../Sources/COnnx"
command -v protoc-c > /dev/null || { echo "generate-onnx.sh: protoc-c is missing (apt-get install protobuf-c-compiler)" >&2; exit 1; }
protoc-c --c_out=. onnx.proto
mv onnx.pb-c.h include/onnx.pb-c.h
