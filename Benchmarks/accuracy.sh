#!/usr/bin/env bash
# Every run behind Docs/Accuracy.md, on Fashion-MNIST: accuracy.sh FOLDER [resnet20|resnet18|unet]...
#
# Takes many hours on two cores. Runs that are done are not repeated, and one that was stopped goes on where
# it was. PCC names the binary, PYTHON a Python that has torch, torch-pruning, onnx and numpy, DATA the folder
# of the data set, RECORDS the folder of the lines of runs that are done, FOLDER unless told:
# Benchmarks/Records goes on with what is recorded there.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1
shift
pcc=${PCC:-.build/release/pcc}
python=${PYTHON:-python3}
data=${DATA:-/usr/share/datasets/fashion-mnist}
mkdir -p "$folder"

protocol() {
  "$python" Benchmarks/accuracy.py "$pcc" "$folder/$1" --record "${RECORDS:-$folder}/$1.jsonl" "${@:2}"
}

# A base is trained once; $1 is where it goes, what follows is for pcc train.
base() {
  [ -e "$1" ] || "$pcc" train "${@:2}" -o "$1" --checkpoint "$1.checkpoint" --resume
}

resnet20() {
  protocol resnet20 --data "$data" --targets 0.25,0.1 --methods pcc,local,random --table "$folder/resnet20.md"
  protocol resnet20 --data "$data" --targets 0.5,0.15,0.05 --seeds 0 --methods pcc \
    --table "$folder/frontier.md"
  protocol resnet20 --data "$data" --targets 0.25 --seeds 0 --methods distil --table "$folder/distil.md"
  protocol resnet20 --data "$data" --targets 0.25,0.1 --epochs 48 --methods pcc,scratch \
    --table "$folder/scratch.md"
  for epochs in 12 48; do
    protocol resnet20 --data "$data" --targets 1 --epochs "$epochs" --seeds 0 --methods longer \
      --table "$folder/longer-$epochs.md"
  done
  "$python" Benchmarks/plot.py "${RECORDS:-$folder}/resnet20.jsonl" -o "$folder/resnet20.svg" --base 0.9470
}

resnet18() {
  "$python" testdata/generate/resnet.py "$folder/resnet18-random.onnx" --widths 32,64,128,256 --blocks 2
  base "$folder/resnet18.onnx" "$folder/resnet18-random.onnx" --data "$data" --augment flip,crop:2 \
    --epochs 16 --validation 5000
  protocol resnet18 --data "$data" --base "$folder/resnet18.onnx" --targets 0.1,0.05 --seeds 0 --epochs 24 \
    --methods frontier,longer --table "$folder/resnet18.md"
}

unet() {
  [ -e "$folder/unet-random.onnx" ] ||
    "$python" testdata/generate/unet.py "$folder/unet-random.onnx" --width 32 --classes 6
  [ -e "$folder/scenes.npz" ] ||
    "$python" testdata/generate/scenes.py "$folder/scenes.npz" --data "$data" --labels kinds
  base "$folder/unet.onnx" "$folder/unet-random.onnx" --data "$folder/scenes.npz" --loss seg --batch 32 \
    --augment flip --schedule onecycle --epochs 24
  local common=(--data "$folder/scenes.npz" --base "$folder/unet.onnx" --targets 0.1 --epochs 24 --metric miou
    --options "--loss seg --batch 32 --augment flip")
  protocol unet "${common[@]}" --methods pcc --table "$folder/unet.md"
  protocol unet "${common[@]}" --methods longer --seeds 0 --table "$folder/unet-longer.md"
}

for part in "${@:-resnet20 resnet18 unet}"; do
  for name in $part; do "$name"; done
done
