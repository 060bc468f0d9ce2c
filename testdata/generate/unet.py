#!/usr/bin/env python3
"""Exports an untrained U-Net of four levels, from PyTorch.

  unet.py FILE [--seed 0] [--side 64] [--inputs 1] [--classes 11] [--width 8]

Each level has two 3x3 convolutions with BatchNormalization and ReLU, its width twice that of the level
above; down by 2x2 maxima, up by transposed convolutions, joined by concatenation. Input `input`
[batch, inputs, side, side], output `logits` [batch, classes, side, side]."""
import argparse

import torch
from torch import nn


def double(inputs, outputs):
    """Two convolutions."""
    layers = []
    for channels in (inputs, outputs):
        layers += [nn.Conv2d(channels, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """The network; `widths` are those of the levels from the top."""

    def __init__(self, inputs, classes, widths):
        super().__init__()
        self.down = nn.ModuleList(double(a, b) for a, b in zip([inputs, *widths], widths))
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in zip(widths[:0:-1], widths[-2::-1]))
        self.join = nn.ModuleList(double(2 * b, b) for b in widths[-2::-1])
        self.head = nn.Conv2d(widths[0], classes, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def forward(self, x):
        skips = []
        for level in self.down[:-1]:
            skips.append(level(x))
            x = nn.functional.max_pool2d(skips[-1], 2)
        x = self.down[-1](x)
        for up, join in zip(self.up, self.join):
            x = join(torch.cat([skips.pop(), up(x)], 1))
        return self.head(x)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--inputs", type=int, default=1)
    parser.add_argument("--classes", type=int, default=11)
    parser.add_argument("--width", type=int, default=8)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    net = UNet(options.inputs, options.classes, [options.width << level for level in range(4)]).eval()
    sample = torch.zeros(1, options.inputs, options.side, options.side)
    torch.onnx.export(
        net, sample, options.file, dynamo=False, training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False, opset_version=17, input_names=["input"], output_names=["logits"],
        dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}})


if __name__ == "__main__":
    main()
