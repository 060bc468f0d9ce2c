#!/usr/bin/env python3
"""How well ResNet-20s of other shapes and the same cost learn: what the division of targets rests on.

  shapes.py PCC [--base testdata/fashion-resnet20.onnx] [--data DIR] [--epochs 3] [--threads 1]
            SHAPE…

A shape is six widths, stream and inside of blocks for each stage, and after a slash the blocks that are
taken out: 7,3,15,8,50,26/1.2,1.3,2.3,3.3. Without shapes, those of Docs/Training.md and some more. The
channels of the largest weights stay; each network is trained with the base as its teacher, seed 0, 5,000 images held out.
Prints multiply-accumulates, the last epoch's loss and the accuracy on the images held out."""
import argparse
import json
import pathlib
import subprocess
import tempfile

import numpy
import onnx
from onnx import numpy_helper

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHAPES = """
5,5,10,10,20,20 4,7,7,14,14,28 6,6,10,10,16,16 3,3,9,9,29,29 8,3,15,6,32,14 10,2,18,5,38,13
6,6,12,12,26,26/1.3,2.3,3.3 9,4,18,8,38,18/1.3,2.3,3.3 6,3,14,8,46,26/1.3,2.3,3.3
7,3,15,8,50,26/1.2,1.3,2.3,3.3 9,5,19,10,38,20/1.2,1.3,2.3,3.3
6,5,12,11,38,38/1.2,1.3,2.2,2.3,3.3
8,8,16,16,32,32 11,7,24,14,49,27/1.3,2.3 12,7,25,15,53,30/1.2,1.3,2.3 13,8,28,16,58,34/1.2,1.3,2.3,3.3
""".split()


def importance(constants):
    """For each gate of a ResNet-20 of testdata/generate/resnet.py the squared norms of its channels."""
    def produced(name):
        weight = constants[f"{name}.conv.weight"]
        scale = constants[f"{name}.bn.weight"] / numpy.sqrt(constants[f"{name}.bn.running_var"] + 1e-5)
        return (weight ** 2).sum((1, 2, 3)) * scale ** 2
    norms = {}
    for stage in (1, 2, 3):
        stream = "stem" if stage == 1 else f"stage{stage}.block1.2"
        others = [f"stage{stage}.block{block}.2" for block in (1, 2, 3)]
        others.append("stem" if stage == 1 else f"stage{stage}.block1.shortcut")
        norms[f"{stream}.conv.out"] = sum(produced(name) / produced(name).mean() for name in others)
        for block in (1, 2, 3):
            name = f"stage{stage}.block{block}"
            norms[f"{name}.1.conv.out"] = (
                produced(f"{name}.1") * (constants[f"{name}.2.conv.weight"] ** 2).sum((0, 2, 3)))
    return norms


def shaped(gated, shape, norms):
    """Closes the gates that a shape closes."""
    widths, _, closed = shape.partition("/")
    widths = list(map(int, widths.split(",")))
    scores = {}
    for name, values in norms.items():
        stage = 1 if name.startswith("stem") else int(name[len("stage")])
        is_stream = name.startswith("stem") or ".2.conv" in name
        kept = numpy.argsort(-values)[:widths[2 * stage - (2 if is_stream else 1)]]
        scores[name] = numpy.where(numpy.isin(numpy.arange(len(values)), kept), 1, -1)
    for block in filter(None, closed.split(",")):
        stage, number = block.split(".")
        scores[f"stage{stage}.block{number}.2.bn.out.block"] = numpy.array([-1])
    for tensor in gated.graph.initializer:
        if tensor.name[:-2] in scores:
            values = scores[tensor.name[:-2]].astype(numpy.float32)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    return gated


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pcc")
    parser.add_argument("shapes", nargs="*", default=SHAPES)
    parser.add_argument("--base", default=str(ROOT / "testdata" / "fashion-resnet20.onnx"))
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--epochs", default="3")
    parser.add_argument("--threads", default="1")
    options = parser.parse_args()

    def pcc(*arguments):
        result = subprocess.run([options.pcc, *map(str, arguments), "--json", "-q"], check=True,
                                stdout=subprocess.PIPE, text=True)
        return json.loads(result.stdout)

    norms = importance({tensor.name: numpy_helper.to_array(tensor)
                        for tensor in onnx.load(options.base).graph.initializer})
    with tempfile.TemporaryDirectory() as folder:
        gated, small, log = (pathlib.Path(folder) / name for name in ("g.onnx", "s.onnx", "log"))
        for shape in options.shapes:
            pcc("augment", options.base, "-o", gated, "--force")
            onnx.save(shaped(onnx.load(gated), shape, norms), gated)
            pcc("collapse", gated, "-o", small, "--force")
            log.unlink(missing_ok=True)
            pcc("train", small, "-o", small, "--force", "--teacher", options.base, "--data", options.data,
                "--epochs", options.epochs, "--augment", "flip,crop:2", "--validation", 5000, "--threads",
                options.threads, "--log", log)
            last = json.loads(log.read_text().splitlines()[-1])
            print(f"{shape:40}{pcc('info', small)['macs']:12,}{last['loss']:8.3f}"
                  f"{100 * last['accuracy']:8.2f}", flush=True)


if __name__ == "__main__":
    main()
