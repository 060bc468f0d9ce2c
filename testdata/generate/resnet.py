#!/usr/bin/env python3
"""Writes an untrained CIFAR-style ResNet for 28 x 28 grey images.

  resnet.py FILE [--seed 0] [--classes 10] [--widths 16,32,64] [--blocks 3]

As it is, ResNet-20; with four widths and two blocks each, ResNet-18. A 1x1 convolution with
BatchNormalization stands beside a block where the stride is 2; He-initialised. Input `input` [batch, 1, 28, 28], output `logits` [batch, classes]."""
import argparse

import numpy as np
from onnx import TensorProto, helper, numpy_helper


class Network:
    """The nodes and weights so far."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.weights = [], []

    def weight(self, name, values):
        self.weights.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    def add(self, op, name, inputs, **attributes):
        output = f"{name}.out"
        self.nodes.append(helper.make_node(op, inputs, [output], name=name, **attributes))
        return output

    def convolution(self, name, x, inputs, outputs, kernel, stride):
        deviation = np.sqrt(2 / (outputs * kernel * kernel))
        values = self.random.standard_normal((outputs, inputs, kernel, kernel)) * deviation
        y = self.add("Conv", f"{name}.conv", [x, self.weight(f"{name}.conv.weight", values)],
                     kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[kernel // 2] * 4)
        parts = {"weight": np.ones(outputs), "bias": np.zeros(outputs),
                 "running_mean": np.zeros(outputs), "running_var": np.ones(outputs)}
        names = [self.weight(f"{name}.bn.{key}", value) for key, value in parts.items()]
        return self.add("BatchNormalization", f"{name}.bn", [y] + names, epsilon=1e-5, momentum=0.9)

    def block(self, name, x, inputs, outputs, stride):
        y = self.convolution(f"{name}.1", x, inputs, outputs, 3, stride)
        y = self.add("Relu", f"{name}.relu1", [y])
        y = self.convolution(f"{name}.2", y, outputs, outputs, 3, 1)
        if stride != 1:
            x = self.convolution(f"{name}.shortcut", x, inputs, outputs, 1, stride)
        return self.add("Relu", f"{name}.relu2", [self.add("Add", f"{name}.add", [y, x])])


def build(seed, classes, widths, blocks):
    net = Network(seed)
    width = widths[0]
    x = net.add("Relu", "stem.relu", [net.convolution("stem", "input", 1, width, 3, 1)])
    for stage, outputs in enumerate(widths):
        for index in range(blocks):
            stride = 2 if stage > 0 and index == 0 else 1
            x = net.block(f"stage{stage + 1}.block{index + 1}", x, width, outputs, stride)
            width = outputs
    x = net.add("Flatten", "flatten", [net.add("GlobalAveragePool", "pool", [x])], axis=1)
    weight = net.random.standard_normal((classes, width)) / np.sqrt(width)
    names = [net.weight("head.weight", weight), net.weight("head.bias", np.zeros(classes))]
    net.nodes.append(
        helper.make_node("Gemm", [x] + names, ["logits"], name="head", transB=1))
    graph = helper.make_graph(
        net.nodes, f"resnet{2 + 2 * blocks * len(widths)}",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 1, 28, 28])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", classes])],
        net.weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    model.producer_name = "resnet.py"
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--widths", default="16,32,64")
    parser.add_argument("--blocks", type=int, default=3)
    arguments = parser.parse_args()
    widths = [int(width) for width in arguments.widths.split(",")]
    model = build(arguments.seed, arguments.classes, widths, arguments.blocks)
    with open(arguments.file, "wb") as file:
        file.write(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
