#!/usr/bin/env python3
"""Writes one small model for every operator family, in opset 17 where nothing else is said."""
import numpy as np
from onnx import TensorProto

from build import Builder, write


def convolution():
    b = Builder(17, seed=1)
    line, image = b.input("line", ["N", 3, 17]), b.input("image", ["N", 6, 9, 8])
    volume = b.input("volume", ["N", 2, 5, 6, 4])
    b.output(b.add("Conv", [line, b.weight("w1", 5, 3, 3), b.weight("b1", 5)], strides=[2]))
    b.output(b.add("Conv", [line, b.weight("w1d", 5, 3, 3)], dilations=[3], pads=[2, 4]))
    b.output(b.add("Conv", [volume, b.weight("w3", 4, 2, 2, 3, 2)], pads=[1, 1, 0, 0, 1, 1]))
    b.output(b.add("Conv", [image, b.weight("groups", 9, 2, 3, 3)], group=3))
    b.output(b.add("Conv", [image, b.weight("depthwise", 12, 1, 3, 3), b.weight("bias", 12)],
                   group=6, pads=[1, 1, 1, 1]))
    for pad in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        b.output(b.add("Conv", [image, b.weight(f"w.{pad}", 4, 6, 4, 3)], strides=[2, 3],
                       auto_pad=pad))
    b.output(b.add("Conv", [image, b.weight("point", 7, 6, 1, 1)]))
    b.output(b.add("ConvTranspose", [line, b.weight("t1", 3, 4, 3)], strides=[2], pads=[1, 0]))
    b.output(b.add("ConvTranspose", [image, b.weight("tg", 6, 2, 3, 3), b.weight("tb", 4)],
                   group=2, dilations=[2, 1], strides=[1, 2]))
    b.output(b.add("ConvTranspose", [image, b.weight("ts", 6, 2, 3, 3)], strides=[2, 2],
                   output_shape=[18, 16]))
    write("convolution", b.model())


def normalization():
    b = Builder(17, seed=2)
    x = b.input("x", ["N", 5, 4, 4])
    parts = [b.weight("scale", 5), b.weight("bias", 5), b.weight("mean", 5),
             b.constant("var", np.linspace(0.5, 2, 5, dtype=np.float32))]
    b.output(b.add("BatchNormalization", [x] + parts))
    b.output(*b.add("BatchNormalization", [x] + parts, 3, training_mode=1, momentum=0.8))
    flat = b.add("GlobalAveragePool", [x])
    b.output(b.add("BatchNormalization", [b.add("Flatten", [flat])] + parts, epsilon=0.01))
    b.output(b.add("Dropout", [x, b.constant("ratio", np.float32(0.5)),
                               b.constant("training", np.bool_(False))]))
    write("normalization", b.model())


def activation():
    b = Builder(17, seed=3)
    x = b.input("x", ["N", 7])
    plain = ["Relu", "Sigmoid", "HardSwish", "Tanh", "Abs", "Neg", "Exp", "Softmax", "LogSoftmax"]
    b.output(*[b.add(op, [x]) for op in plain])
    b.output(b.add("LeakyRelu", [x], alpha=0.2), b.add("HardSigmoid", [x], alpha=0.3, beta=0.4))
    six = b.constant("six", np.float32(6))
    b.output(b.add("Clip", [x, b.constant("zero", np.float32(0)), six]))
    b.output(b.add("Mul", [x, b.add("Sigmoid", [x])]), b.add("Log", [b.add("Exp", [x])]))
    b.output(b.add("Sqrt", [b.add("Relu", [x])]))
    write("activation", b.model())


def elementwise():
    b = Builder(17, seed=4)
    x, y = b.input("x", ["N", 3, 1, 5]), b.input("y", [4, 1])
    for op in ("Add", "Sub", "Mul", "Div"):
        b.output(b.add(op, [x, y]), b.add(op, [b.weight(f"c.{op}", 3, 4, 1), x]))
    b.output(b.add("Cast", [x], to=TensorProto.INT64), kind=TensorProto.INT64)
    b.output(b.add("Cast", [x], to=TensorProto.BOOL), kind=TensorProto.BOOL)
    b.output(b.add("Identity", [x]))
    write("elementwise", b.model())


def pooling():
    b = Builder(19, seed=5)
    line, image = b.input("line", ["N", 2, 11]), b.input("image", ["N", 3, 7, 8])
    b.output(b.add("MaxPool", [line], kernel_shape=[3], strides=[2], ceil_mode=1))
    b.output(b.add("AveragePool", [line], kernel_shape=[4], pads=[1, 2]))
    b.output(b.add("AveragePool", [image], kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1))
    b.output(b.add("MaxPool", [image], kernel_shape=[2, 2], dilations=[3, 2], auto_pad="VALID"))
    b.output(b.add("AveragePool", [image], kernel_shape=[3, 3], auto_pad="SAME_UPPER",
                   count_include_pad=1))
    b.output(b.add("GlobalAveragePool", [image]))
    write("pooling", b.model())


def reduction():
    b = Builder(18, seed=6)
    x = b.input("x", ["N", 3, 4, 5])
    for op in ("ReduceMean", "ReduceSum"):
        b.output(b.add(op, [x, b.ints(f"a.{op}", [1, -1])]), b.add(op, [x], keepdims=0))
        b.output(b.add(op, [x], noop_with_empty_axes=1))
        b.output(b.add(op, [x, b.ints(f"c.{op}", [1])], keepdims=0))
    write("reduction", b.model())


def matmul():
    b = Builder(17, seed=7)
    x, y = b.input("x", ["N", 6]), b.input("y", ["N", 4, 6])
    b.output(b.add("Gemm", [x, b.weight("w", 3, 6), b.weight("c", 3)], transB=1))
    b.output(b.add("Gemm", [x, b.weight("v", 6, 3), b.weight("d", 1, 3)], alpha=0.5, beta=3.0))
    b.output(b.add("MatMul", [y, b.weight("m", 6, 2)]))
    b.output(b.add("MatMul", [y, b.add("Transpose", [y], perm=[0, 2, 1])]))
    write("matmul", b.model())


def movement():
    b = Builder(18, seed=8)
    x = b.input("x", ["N", 6, 4, 4])
    b.output(b.add("Flatten", [x], axis=2), b.add("Transpose", [x]))
    b.output(b.add("Reshape", [x, b.ints("shuffle", [0, 2, 3, 4, 4])]))
    b.output(b.add("Unsqueeze", [x, b.ints("new", [1, -1])]))
    b.output(b.add("Concat", [x, b.add("Relu", [x]), x], axis=-3))
    b.output(*b.add("Split", [x, b.ints("parts", [1, 2, 3])], 3, axis=1))
    b.output(b.add("Slice", [x, b.ints("from", [-1]), b.ints("below", [-100]), b.ints("on", [1]),
                             b.ints("step", [-2])]))
    b.output(b.add("Gather", [x, b.ints("one", 3)], axis=1))
    b.output(b.add("Pad", [x, b.ints("edge", [1, 1, 2, 0])] + ["", b.ints("hw", [2, 3])],
                   mode="edge"))
    b.output(b.add("Expand", [b.weight("e", 1, 6, 1, 1), b.ints("shape", [2, 1, 3, 3])]))
    write("movement", b.model())


def resizing():
    b = Builder(18, seed=9)
    x = b.input("x", ["N", 2, 5, 6])
    scales = b.constant("scales", np.array([1, 1, 1.5, 0.5], np.float32))
    # Runtimes disagree on aligned corners of fractional extents.
    whole = b.constant("whole", np.array([1, 1, 2, 0.5], np.float32))
    for mode in ("nearest", "linear"):
        for coordinates in ("half_pixel", "pytorch_half_pixel", "asymmetric"):
            b.output(b.add("Resize", [x, "", scales], mode=mode,
                           coordinate_transformation_mode=coordinates))
        b.output(b.add("Resize", [x, "", whole], mode=mode,
                       coordinate_transformation_mode="align_corners"))
    for rounding in ("floor", "ceil", "round_prefer_ceil", "round_prefer_floor"):
        b.output(b.add("Resize", [x, "", scales], nearest_mode=rounding))
    write("resizing", b.model())


def shape_arithmetic():
    b = Builder(17, seed=10)
    x = b.input("x", ["N", 8, 4, 4])
    shape = b.add("Shape", [x])
    batch = b.add("Gather", [shape, b.ints("first", [0])], axis=0)
    height = b.add("Gather", [shape, b.ints("third", [2])], axis=0)
    double = b.add("Mul", [height, b.ints("two", [2])])
    target = b.add("Concat", [batch, b.ints("four", [4]), double, b.ints("rest", [-1])], axis=0)
    b.output(b.add("Reshape", [x, target]))
    root = b.add("Sqrt", [b.add("Cast", [height], to=TensorProto.FLOAT)])
    b.output(b.add("Div", [x, root]))
    b.output(b.add("ConstantOfShape", [batch]))
    write("shape-arithmetic", b.model())


if __name__ == "__main__":
    for family in (convolution, normalization, activation, elementwise, pooling, reduction, matmul,
                   movement, resizing, shape_arithmetic):
        family()
