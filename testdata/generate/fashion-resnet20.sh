#!/usr/bin/env bash
# Makes testdata/fashion-resnet20.onnx: a seeded random ResNet-20, trained by pcc on Fashion-MNIST for
# 60 epochs, 5,000 training images held out; 94.70 % of the test images. That took 44 minutes on one core.
# `fashion-resnet20.sh EPOCHS FILE` trains another number of epochs, to another file.
# PYTHON names a Python that has numpy and onnx, DATA the folder of the data set.
set -euo pipefail
cd "$(dirname "$0")/../.."
epochs=${1:-60}
output=${2:-testdata/fashion-resnet20.onnx}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" testdata/generate/resnet.py "$folder/random.onnx" --seed 0
.build/release/pcc train "$folder/random.onnx" -o "$output" \
  --data "${DATA:-/usr/share/datasets/fashion-mnist}" --augment flip,crop:2 --epochs "$epochs" --seed 0 \
  --validation 5000
