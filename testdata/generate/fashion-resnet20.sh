#!/usr/bin/env bash
# Makes testdata/fashion-resnet20.onnx: a seeded random ResNet-20, trained by pcc on Fashion-MNIST for
# 30 epochs, 5,000 training images held out. Took an hour on two busy cores; 94.57 % of the test images.
# PYTHON names a Python that has numpy and onnx, DATA the folder of the data set.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" testdata/generate/resnet.py "$folder/random.onnx" --seed 0
.build/release/pcc train "$folder/random.onnx" -o testdata/fashion-resnet20.onnx \
  --data "${DATA:-/usr/share/datasets/fashion-mnist}" --augment flip,crop:2 --epochs 30 --seed 0 --validation 5000
