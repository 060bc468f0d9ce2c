#!/usr/bin/env python3
"""Writes opset-N.onnx: the operators whose form changed over the opsets, in the form of opset N."""
import numpy as np
from onnx import TensorProto, helper

from build import Builder, write


def axes_operators(b, x, v):
    def axes(op, operand_since, inputs, values, **attributes):
        if v < operand_since:
            return b.add(op, inputs, axes=values, **attributes)
        return b.add(op, inputs + [b.ints(f"axes{len(b.nodes)}", values)], **attributes)

    tall = axes("Unsqueeze", 13, [x], [0, 5])
    b.output(tall, axes("Squeeze", 13, [tall], [0]), b.add("Squeeze", [tall]))
    b.output(axes("ReduceMean", 18, [x], [2, 3], keepdims=0))
    positive = b.add("Abs", [x])
    b.output(b.add("ReduceMean", [positive]), b.add("ReduceSum", [positive], keepdims=0))
    b.output(axes("ReduceSum", 13, [x], [3], keepdims=1))


def split(b, x, v):
    if v < 13:
        b.output(*b.add("Split", [x], 2, axis=1, split=[1, 3]))
    else:
        b.output(*b.add("Split", [x, b.ints("sizes", [1, 3])], 2, axis=1))
    equal = {"num_outputs": 3} if v >= 18 else {}
    b.output(*b.add("Split", [x], 3, axis=2, **equal))
    if v >= 18:
        b.output(*b.add("Split", [b.add("Flatten", [x])], 5, axis=1, num_outputs=5))


def slice_and_pad(b, x, v):
    if v < 10:
        b.output(b.add("Slice", [x], starts=[0, 1], ends=[2, 9], axes=[1, 2]))
        b.output(b.add("Slice", [x], starts=[1], ends=[-1]))
    else:
        starts, ends = b.ints("starts", [0, 1]), b.ints("ends", [2, 9])
        axes, steps = b.ints("slice_axes", [1, 2]), b.ints("steps", [1, 2])
        b.output(b.add("Slice", [x, starts, ends, axes, steps]))
        b.output(b.add("Slice", [x, starts, ends]))
    pads = [0, 1, 2, 0, 0, 0, 1, 1]
    if v < 11:
        b.output(b.add("Pad", [x], pads=pads, value=0.5), b.add("Pad", [x], pads=pads))
        b.output(b.add("Pad", [x], pads=[0, 0, 1, 1, 0, 0, 2, 1], mode="reflect"))
    else:
        widths, half = b.ints("pads", pads), b.constant("half", np.float32(0.5))
        b.output(b.add("Pad", [x, widths, half]), b.add("Pad", [x, widths]))
        b.output(b.add("Pad", [x, b.ints("reflected", [0, 0, 1, 1, 0, 0, 2, 1])], mode="reflect"))
    if v >= 18:
        b.output(b.add("Pad", [x, b.ints("some", [1, 2]), "", b.ints("last", [-1])]))


def bounds_and_dropout(b, x, v):
    if v < 11:
        b.output(b.add("Clip", [x], min=-0.5, max=0.75), b.add("Clip", [x], max=0.25))
        b.output(b.add("Clip", [b.add("Relu", [x])], max=6.0), b.add("Clip", [x]))
    else:
        low, high = b.constant("low", np.float32(-0.5)), b.constant("high", np.float32(0.75))
        b.output(b.add("Clip", [x, low, high]), b.add("Clip", [x, "", high]), b.add("Clip", [x]))
    if v < 12:
        b.output(b.add("Dropout", [x], ratio=0.25), b.add("Dropout", [x]))
    else:
        b.output(b.add("Dropout", [x, b.constant("ratio", np.float32(0.25))]))
    if v >= 12:
        y, mask = b.add("Dropout", [x], 2)
        b.output(y)
        b.output(mask, kind=TensorProto.BOOL)


def softmax(b, x, v):
    flat = b.add("Flatten", [x])
    b.output(b.add("Softmax", [flat], axis=1), b.add("Softmax", [flat]), b.add("Softmax", [x]))
    b.output(b.add("LogSoftmax", [x], axis=1), b.add("Softmax", [x], axis=3))
    b.output(b.add("LogSoftmax", [x], axis=0 if v < 11 else -2))


def normalization(b, x, v):
    old = {"spatial": 1} if v < 9 else {}
    parts = [b.weight("bn.scale", 4), b.weight("bn.bias", 4), b.weight("bn.mean", 4)]
    variance = b.constant("bn.var", np.array([0.5, 1.0, 1.5, 2.0], np.float32))
    b.output(b.add("BatchNormalization", [x] + parts + [variance], epsilon=0.001, **old))
    if v >= 14:
        b.output(*b.add("BatchNormalization", [x] + parts + [variance], 3, training_mode=1))


def resize(b, x, v):
    scales = b.constant("scales", np.array([1, 1, 2, 2.5], np.float32)) if v >= 9 else None
    for mode in ("nearest", "linear"):
        if v < 9:
            b.output(b.add("Upsample", [x], mode=mode, scales=[1.0, 1.0, 2.0, 2.5]))
        elif v < 11:
            b.output(b.add("Upsample" if v < 10 else "Resize", [x, scales], mode=mode))
        else:
            empty = "" if v >= 13 else b.constant(f"roi.{mode}", np.array([], np.float32))
            for coordinates in ("half_pixel", "asymmetric", "align_corners"):
                b.output(b.add("Resize", [x, empty, scales], mode=mode, nearest_mode="floor",
                               coordinate_transformation_mode=coordinates))
    if v >= 13:
        sizes = b.ints("sizes.resize", [1, 4, 9, 12])
        b.output(b.add("Resize", [x, "", "", sizes], mode="linear"))
    if v >= 18:
        sizes = b.ints("sizes.some", [9, 12])
        b.output(b.add("Resize", [x, "", "", sizes], mode="nearest", axes=[2, 3]))


def linear(b, x, v):
    flat = b.add("Flatten", [x])
    weight = b.weight("gemm.w", 5, 144, scale=0.1)
    b.output(b.add("Gemm", [flat, weight, b.weight("gemm.c", 5)], transB=1, alpha=0.5, beta=2.0))
    if v >= 11:
        b.output(b.add("Gemm", [flat, weight], transB=1))
    b.output(b.add("MatMul", [flat, b.weight("matmul.w", 144, 3, scale=0.1)]))
    kernel = b.weight("up.w", 4, 3, 3, 3)
    b.output(b.add("ConvTranspose", [x, kernel], strides=[2, 2], output_padding=[1, 1]))
    if v >= 11:
        b.output(b.add("ConvTranspose", [x, kernel], strides=[2, 2], auto_pad="SAME_UPPER"))


def pooling(b, x, v):
    window = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}
    b.output(b.add("MaxPool", [x], **window), b.add("AveragePool", [x], **window))
    b.output(b.add("AveragePool", [x], count_include_pad=1, **window))
    b.output(b.add("GlobalAveragePool", [x]), b.add("MaxPool", [x], kernel_shape=[2, 2],
                                                    auto_pad="SAME_LOWER"))
    if v >= 10:
        b.output(b.add("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1),
                 b.add("MaxPool", [x], kernel_shape=[2, 2], dilations=[2, 2]))
    if v >= 8:
        y, indices = b.add("MaxPool", [x], 2, kernel_shape=[2, 2])
        b.output(y)
        b.output(indices, kind=TensorProto.INT64)
    if v >= 19:
        b.output(b.add("AveragePool", [x], kernel_shape=[2, 2], dilations=[2, 1]))


def shapes(b, x, v):
    b.output(b.add("Reshape", [x, b.ints("flat", [0, -1])]))
    b.output(b.add("Transpose", [x], perm=[0, 2, 3, 1]), b.add("Concat", [x, x], axis=1))
    b.output(b.add("Gather", [x, b.ints("picked", [2, 0])], axis=1))
    b.output(b.add("Shape", [x]), kind=TensorProto.INT64)
    if v >= 8:
        b.output(b.add("Expand", [b.weight("row", 4, 1, 1), b.ints("to", [2, 4, 3, 3])]))
    if v >= 9:
        value = helper.make_tensor("fill", TensorProto.FLOAT, [1], [2.5])
        b.output(b.add("ConstantOfShape", [b.ints("of", [2, 3])], value=value))
    if v >= 14:
        b.output(b.add("Reshape", [x, b.ints("kept", [1, 4, 36])], allowzero=1),
                 b.add("HardSwish", [x]))
    if v >= 15:
        b.output(b.add("Shape", [x], start=1, end=-1), kind=TensorProto.INT64)


def constants(b, x, v):
    tensor = helper.make_tensor("held", TensorProto.FLOAT, [4, 1, 1], [1.0, -2.0, 0.5, 3.0])
    b.output(b.add("Mul", [x, b.add("Constant", [], value=tensor)]))
    if v >= 12:
        b.output(b.add("Add", [x, b.add("Constant", [], value_float=0.5)]))
        b.output(b.add("Reshape", [x, b.add("Constant", [], value_ints=[4, -1])]))
    half = b.add("Cast", [x], to=TensorProto.FLOAT16)
    b.output(b.add("Cast", [half], to=TensorProto.FLOAT))
    b.output(b.add("Cast", [x], to=TensorProto.INT32), kind=TensorProto.INT32)
    activations = ["Sigmoid", "Tanh", "Relu", "LeakyRelu", "HardSigmoid", "Identity", "Neg", "Abs"]
    b.output(*[b.add(op, [x]) for op in activations])


def main():
    for v in (7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 21, 23):
        b = Builder(v, seed=v)
        x = b.input("x", [1, 4, 6, 6])
        for family in (axes_operators, split, slice_and_pad, bounds_and_dropout, softmax,
                       normalization, resize, linear, pooling, shapes, constants):
            family(b, x, v)
        write(f"opset-{v}", b.model())


if __name__ == "__main__":
    main()
