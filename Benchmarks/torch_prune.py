#!/usr/bin/env python3
"""Prunes testdata's ResNet-20 with Torch-Pruning, as a peer to compare with.

  torch_prune.py IN.onnx OUT.onnx --macs 0.25 [--global]

Loads the weights by their names into the same network in torch, removes channels by group magnitude
(L2 norms of all weights that belong to a channel) in one shot, so many that the multiply-accumulates
come as near to the given fraction as its ratio allows, and exports the result. Needs torch, torch-pruning and onnx."""
import argparse
import copy

import onnx
import torch
import torch_pruning
from onnx import numpy_helper
from torch import nn


class Unit(nn.Module):
    """A convolution with BatchNormalization."""

    def __init__(self, inputs, outputs, kernel, stride):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.bn(self.conv(x))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.add_module("1", Unit(inputs, outputs, 3, stride))
        self.add_module("2", Unit(outputs, outputs, 3, 1))
        self.shortcut = Unit(inputs, outputs, 1, stride) if stride != 1 else None

    def forward(self, x):
        y = getattr(self, "2")(torch.relu(getattr(self, "1")(x)))
        return torch.relu(y + (self.shortcut(x) if self.shortcut else x))


class ResNet20(nn.Module):
    """The network of testdata/generate/resnet.py."""

    def __init__(self, classes=10):
        super().__init__()
        self.stem = Unit(1, 16, 3, 1)
        width = 16
        for stage in range(3):
            blocks = nn.Module()
            for index in range(3):
                outputs = 16 << stage
                blocks.add_module(f"block{index + 1}", Block(width, outputs, 2 if stage and not index else 1))
                width = outputs
            self.add_module(f"stage{stage + 1}", blocks)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        for stage in (self.stage1, self.stage2, self.stage3):
            for block in stage.children():
                x = block(x)
        return self.head(x.mean((2, 3)))


def pruned(network, ratio, is_global, example):
    """A copy of the network without so many of its channels."""
    network = copy.deepcopy(network)
    pruner = torch_pruning.pruner.MagnitudePruner(
        network, example, importance=torch_pruning.importance.GroupMagnitudeImportance(p=2),
        pruning_ratio=ratio, global_pruning=is_global, ignored_layers=[network.head])
    pruner.step()
    return network, torch_pruning.utils.count_ops_and_params(network, example)[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--macs", type=float, required=True)
    parser.add_argument("--global", dest="is_global", action="store_true")
    options = parser.parse_args()
    network = ResNet20().eval()
    weights = {tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy())
               for tensor in onnx.load(options.source).graph.initializer}
    missing = network.load_state_dict(weights, strict=False)
    if any("num_batches" not in name for name in missing.missing_keys) or missing.unexpected_keys:
        raise SystemExit(f"{options.source} is no such ResNet-20: {missing}")
    example = torch.zeros(1, 1, 28, 28)
    whole = torch_pruning.utils.count_ops_and_params(network, example)[0]
    low, high = 0.0, 1.0
    best = None
    for _ in range(12):
        ratio = (low + high) / 2
        found, macs = pruned(network, ratio, options.is_global, example)
        distance = abs(macs / whole - options.macs)
        if best is None or distance < best[0]:
            best = distance, found, macs, ratio
        low, high = (low, ratio) if macs <= options.macs * whole else (ratio, high)
    _, found, macs, ratio = best
    torch.onnx.export(
        found.eval(), (example,), options.target, dynamo=False, opset_version=17,
        do_constant_folding=False, training=torch.onnx.TrainingMode.PRESERVE, input_names=["input"],
        output_names=["logits"], dynamic_axes={name: {0: "batch"} for name in ("input", "logits")})
    print(f"ratio {ratio:.4f}, {macs / whole:.4f} of the multiply-accumulates")


if __name__ == "__main__":
    main()
