#!/usr/bin/env bash
# Makes testdata/fashion-resnet20.onnx: a seeded random ResNet-20, trained by pcc on Fashion-MNIST for
# 30 epochs, 5,000 training images held out; 94.57 % of the test images. With `60` trains as many epochs,
# to testdata/fashion-resnet20-60-epochs.onnx; 94.70 %. The latter took 44 minutes on one core.
# PYTHON names a Python that has numpy and onnx, DATA the folder of the data set.
set -euo pipefail
cd "$(dirname "$0")/../.."
epochs=${1:-30}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
case $epochs in
  30) output=testdata/fashion-resnet20.onnx ;;
  *) output=testdata/fashion-resnet20-$epochs-epochs.onnx ;;
esac
"${PYTHON:-python3}" testdata/generate/resnet.py "$folder/random.onnx" --seed 0
.build/release/pcc train "$folder/random.onnx" -o "$output" \
  --data "${DATA:-/usr/share/datasets/fashion-mnist}" --augment flip,crop:2 --epochs "$epochs" --seed 0 \
  --validation 5000
