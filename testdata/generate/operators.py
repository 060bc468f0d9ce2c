#!/usr/bin/env python3
"""Writes testdata/operators/FAMILY.txt: single operators on small operands with the results that
onnxruntime gives, or, where it has no kernel, onnx's own reference implementation.

A case is a line `case NAME`, a line `op NAME RESULTS` with the numbers of results that are left out,
any number of `attr NAME KIND VALUES`, then a line `in` for every operand and `out` for every result:
element type, shape, elements; `_` is left out. Strings are percent-encoded, an empty one is `%`."""
import pathlib
import string
import sys
import urllib.parse

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "operators"
TEXT = {np.dtype(k): v for k, v in {
    np.float32: "f32", np.float64: "f64", np.float16: "f16", np.int64: "i64", np.int32: "i32",
    np.int16: "i16", np.int8: "i8", np.uint8: "u8", np.uint16: "u16", np.uint32: "u32",
    np.uint64: "u64", np.bool_: "bool", np.object_: "str"}.items()}
random = np.random.default_rng(5)


def eighths(*shape, low=-16, high=17):
    """Random multiples of 1/8."""
    return (random.integers(low, high, shape) / 8).astype(np.float32)


def ints(*values):
    return np.asarray(values, np.int64)


def number(value):
    return np.asarray(value, np.float32)


def word(value):
    """A value of an attribute, or an element of a tensor of strings."""
    if isinstance(value, str):
        return urllib.parse.quote(value, safe=string.punctuation.replace("%", "")) or "%"
    return str(value)


def text(array):
    shape = ",".join(map(str, array.shape))
    if array.dtype == np.bool_:
        values = ["1" if v else "0" for v in array.ravel()]
    elif array.dtype.kind == "f":
        values = ["%.9g" % v if array.dtype != np.float64 else repr(float(v)) for v in array.ravel()]
    else:
        values = [word(v) for v in array.ravel()]
    return " ".join([TEXT[array.dtype], f"[{shape}]", *values])


def run(op, operands, attributes, results, opset, omitted=()):
    names = ["" if x is None else f"x{i}" for i, x in enumerate(operands)]
    outputs = ["" if i in omitted else f"y{i}" for i in range(results)]
    domain, _, name = op.rpartition("::")
    node = helper.make_node(name, names, outputs, domain=domain, **attributes)
    inputs = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
              for n, x in zip(names, operands) if x is not None]
    graph = helper.make_graph(
        [node], "case", inputs, [helper.make_empty_tensor_value_info(o) for o in outputs if o])
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    feeds = {n: x for n, x in zip(names, operands) if x is not None}
    options = ort.SessionOptions()
    options.log_severity_level = 4
    try:
        session = ort.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return session.run(None, feeds)
    except Exception as error:  # noqa: BLE001: onnxruntime raises many kinds
        print(f"{op}: {str(error).splitlines()[0][:110]}", file=sys.stderr)
        return ReferenceEvaluator(model).run(None, feeds)


class Family:
    """The cases of one file."""

    def __init__(self, name):
        self.name, self.lines = name, []

    def case(self, name, op, *operands, results=1, omitted=(), opset=22, **attributes):
        found = run(op, operands, attributes, results, opset, omitted)
        self.lines.append(f"case {name}")
        self.lines.append(" ".join(["op", op, *map(str, [results, *omitted])]))
        for key, value in attributes.items():
            values = value if isinstance(value, (list, tuple)) else [value]
            kind = {str: "string", float: "float", int: "int"}[type(values[0])]
            kind += "s" if values is value else ""
            self.lines.append(f"attr {key} {kind} " + " ".join(map(word, values)))
        for operand in operands:
            self.lines.append("in " + ("_" if operand is None else text(operand)))
        for array in found:
            self.lines.append("out " + text(np.asarray(array)))
        self.lines.append("")

    def write(self):
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / f"{self.name}.txt").write_text("\n".join(self.lines))


def convolution():
    f = Family("convolution")
    x, w, b = eighths(2, 4, 5, 4), eighths(6, 2, 3, 2), eighths(6)
    f.case("conv of groups, strides, pads", "Conv", x, w, b, group=2, strides=[2, 1],
           pads=[1, 0, 2, 1])
    f.case("conv with dilations", "Conv", eighths(1, 2, 7, 6), eighths(3, 2, 2, 3),
           dilations=[3, 2], pads=[0, 1, 1, 0])
    for mode in ["SAME_UPPER", "SAME_LOWER", "VALID"]:
        f.case(f"conv {mode}", "Conv", eighths(1, 1, 5, 6), eighths(2, 1, 2, 3), auto_pad=mode,
               strides=[2, 2])
    f.case("conv 1-D", "Conv", eighths(2, 3, 7), eighths(2, 3, 3), eighths(2), pads=[2, 1],
           strides=[2])
    f.case("conv 3-D", "Conv", eighths(1, 2, 3, 4, 3), eighths(2, 2, 2, 2, 3), eighths(2),
           pads=[1, 0, 1, 0, 1, 1], strides=[1, 2, 1])
    f.case("conv depthwise", "Conv", eighths(1, 3, 4, 4), eighths(3, 1, 3, 3), eighths(3), group=3,
           pads=[1, 1, 1, 1])
    f.case("transposed conv", "ConvTranspose", eighths(1, 2, 3, 3), eighths(2, 3, 3, 2), eighths(3),
           strides=[2, 3], pads=[1, 0, 0, 1], output_padding=[1, 0])
    f.case("transposed conv of groups", "ConvTranspose", eighths(2, 4, 2, 3), eighths(4, 2, 2, 2),
           group=2, dilations=[2, 1])
    for mode in ["SAME_UPPER", "SAME_LOWER"]:
        f.case(f"transposed conv {mode}", "ConvTranspose", eighths(1, 1, 3, 3), eighths(1, 1, 3, 3),
               strides=[2, 2], auto_pad=mode)
    f.case("transposed conv 1-D", "ConvTranspose", eighths(1, 2, 4), eighths(2, 2, 3), strides=[2])
    f.case("transposed conv 3-D", "ConvTranspose", eighths(1, 1, 2, 2, 2), eighths(1, 2, 2, 2, 2),
           strides=[2, 1, 2])
    f.write()


def pooling():
    f = Family("pooling")
    x = eighths(1, 2, 5, 6)
    f.case("max", "MaxPool", x, kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1])
    f.case("max ceil", "MaxPool", x, kernel_shape=[2, 2], strides=[3, 3], ceil_mode=1)
    f.case("max ceil padded", "MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1],
           ceil_mode=1)
    f.case("max dilated", "MaxPool", x, kernel_shape=[2, 2], dilations=[2, 3])
    f.case("max same", "MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_LOWER")
    f.case("max indices", "MaxPool", x, results=2, kernel_shape=[2, 2], strides=[2, 2])
    f.case("max indices column-major", "MaxPool", x, results=2, kernel_shape=[2, 2],
           strides=[2, 2], storage_order=1)
    f.case("max 1-D", "MaxPool", eighths(2, 1, 7), kernel_shape=[3])
    f.case("max 3-D", "MaxPool", eighths(1, 1, 3, 4, 3), results=2, kernel_shape=[2, 2, 2])
    f.case("max of bytes", "MaxPool", random.integers(0, 255, (1, 1, 4, 4)).astype(np.uint8),
           kernel_shape=[2, 2])
    f.case("max of doubles", "MaxPool", eighths(1, 1, 4, 4).astype(np.float64), kernel_shape=[2, 2])
    for counts in [0, 1]:
        f.case(f"average counting {counts}", "AveragePool", x, kernel_shape=[3, 2], strides=[2, 2],
               pads=[1, 0, 1, 1], count_include_pad=counts)
        f.case(f"average ceil counting {counts}", "AveragePool", x, kernel_shape=[2, 3],
               strides=[2, 2], pads=[0, 1, 0, 1], ceil_mode=1, count_include_pad=counts)
        f.case(f"average same counting {counts}", "AveragePool", x, kernel_shape=[2, 4],
               auto_pad="SAME_UPPER", count_include_pad=counts)
        f.case(f"average dilated counting {counts}", "AveragePool", x, kernel_shape=[2, 2],
               dilations=[2, 2], pads=[1, 1, 1, 1], count_include_pad=counts)
    f.case("average 1-D", "AveragePool", eighths(1, 2, 6), kernel_shape=[4], strides=[2])
    f.case("average 3-D", "AveragePool", eighths(1, 1, 3, 3, 4), kernel_shape=[2, 1, 2])
    f.case("global", "GlobalAveragePool", x)
    f.case("global 1-D", "GlobalAveragePool", eighths(2, 3, 5))
    f.write()


def normalization():
    f = Family("normalization")
    x = eighths(2, 3, 2, 2)
    p = [eighths(3), eighths(3), eighths(3), eighths(3, low=1)]
    f.case("inference", "BatchNormalization", x, *p, epsilon=0.125)
    f.case("inference of a matrix", "BatchNormalization", eighths(4, 3), *p)
    f.case("training", "BatchNormalization", x, *p, results=3, training_mode=1, momentum=0.75,
           epsilon=0.125)
    f.case("dropout", "Dropout", eighths(2, 3), results=2)
    f.case("dropout not training", "Dropout", eighths(2, 3), number(0.5), np.asarray(False))
    f.write()


def activation():
    f = Family("activation")
    x = np.concatenate([eighths(12, low=-64, high=64),
                        np.asarray([0, -0.0, 100, -100, 3, -3, 1e-6], np.float32)])
    for op in ["Relu", "Sigmoid", "Tanh", "HardSwish", "HardSigmoid", "LeakyRelu", "Softmax",
               "LogSoftmax"]:
        f.case(op.lower(), op, x)
    f.case("leaky", "LeakyRelu", x, alpha=0.25)
    f.case("hard sigmoid", "HardSigmoid", x, alpha=0.25, beta=0.375)
    f.case("relu of integers", "Relu", np.asarray([-3, 0, 4], np.int32))
    f.case("relu of doubles", "Relu", x.astype(np.float64))
    f.case("sigmoid of half", "Sigmoid", x.astype(np.float16))
    f.case("clip", "Clip", x, number(-0.5), number(2))
    f.case("clip below", "Clip", x, number(-0.5))
    f.case("clip above", "Clip", x, None, number(1))
    f.case("clip crossed", "Clip", x, number(1), number(-1))
    f.case("clip free", "Clip", x)
    f.case("clip integers", "Clip", np.asarray([-9, 2, 9], np.int64), np.asarray(-4), np.asarray(5))
    for axis in [0, 1, -1]:
        f.case(f"softmax axis {axis}", "Softmax", eighths(2, 3, 4), axis=axis)
        f.case(f"log softmax axis {axis}", "LogSoftmax", eighths(2, 3, 4), axis=axis)
    f.case("softmax of infinity", "Softmax", np.asarray([1, -np.inf, 2], np.float32))
    f.write()


def elementwise():
    f = Family("elementwise")
    for op in ["Add", "Sub", "Mul", "Div"]:
        f.case(f"{op} same", op, eighths(2, 3), eighths(2, 3) + 4)
        f.case(f"{op} row", op, eighths(2, 3), eighths(3) + 4)
        f.case(f"{op} column", op, eighths(2, 1), eighths(3) + 4)
        f.case(f"{op} outer", op, eighths(2, 1, 3), eighths(1, 4, 1) + 4)
        f.case(f"{op} scalar", op, number(3), eighths(2, 2) + 4)
        f.case(f"{op} empty", op, eighths(0, 3), eighths(3))
        f.case(f"{op} doubles", op, eighths(2).astype(np.float64), np.asarray([0.1, 3.0]))
        f.case(f"{op} longs", op, ints(7, -7, 2**62), ints(2, 2, 3))
        f.case(f"{op} ints", op, np.asarray([7, -7], np.int32), np.asarray([3, -2], np.int32))
    f.case("Div by zero", "Div", np.asarray([1, -1, 0], np.float32), np.zeros(3, np.float32))
    f.case("Add half", "Add", eighths(4).astype(np.float16), np.asarray([2048], np.float16))
    x = eighths(8)
    f.case("abs", "Abs", x)
    f.case("abs of integers", "Abs", ints(-5, 0, 5))
    f.case("neg", "Neg", x)
    f.case("neg of integers", "Neg", np.asarray([-5, 0, 5], np.int8))
    f.case("exp", "Exp", x)
    f.case("log", "Log", np.abs(x) + 0.25)
    f.case("log of zero", "Log", np.asarray([0, -1], np.float32))
    f.case("sqrt", "Sqrt", np.abs(x))
    f.case("sqrt of a negative number", "Sqrt", np.asarray([-1], np.float32))
    f.case("identity", "Identity", x)
    values = np.asarray([-2.75, -0.5, 0, 0.5, 1.5, 100.25], np.float32)
    for kind in [TensorProto.INT32, TensorProto.INT64, TensorProto.INT8, TensorProto.DOUBLE,
                 TensorProto.FLOAT16, TensorProto.BOOL]:
        f.case(f"cast float to {kind}", "Cast", values, to=int(kind))
        f.case(f"cast long to {kind}", "Cast", ints(-3, 0, 1, 100), to=int(kind))
    for source in [np.float64, np.float16, np.int32, np.uint8, np.bool_]:
        f.case(f"cast {np.dtype(source)} to float", "Cast",
               np.abs(values[2:]).astype(source), to=int(TensorProto.FLOAT))
    f.case("cast long to byte wraps", "Cast", ints(-1, 256, 300), to=int(TensorProto.UINT8))
    f.write()


def matmul():
    f = Family("matmul")
    for left in [0, 1]:
        for right in [0, 1]:
            f.case(f"gemm {left}{right}", "Gemm", eighths(*((3, 2) if left else (2, 3))),
                   eighths(*((4, 3) if right else (3, 4))), eighths(4), transA=left, transB=right,
                   alpha=0.5, beta=2.0)
    f.case("gemm without c", "Gemm", eighths(2, 3), eighths(3, 2))
    f.case("gemm with a scalar c", "Gemm", eighths(2, 3), eighths(3, 2), number(1))
    f.case("gemm with a column c", "Gemm", eighths(2, 3), eighths(3, 2), eighths(2, 1))
    for left, right in [((2, 3), (3, 4)), ((3,), (3, 2)), ((2, 3), (3,)), ((3,), (3,)),
                        ((2, 1, 2, 3), (3, 3, 2)), ((2, 2, 3), (3, 2)), ((3,), (2, 3, 2))]:
        f.case(f"matmul {left} {right}", "MatMul", eighths(*left), eighths(*right))
    f.write()


def reduction():
    f = Family("reduction")
    for op in ["ReduceMean", "ReduceSum"]:
        x = eighths(2, 3, 4)
        f.case(f"{op} all", op, x)
        f.case(f"{op} one", op, x, ints(1))
        f.case(f"{op} two dropped", op, x, ints(0, -1), keepdims=0)
        f.case(f"{op} no axes", op, x, ints())
        f.case(f"{op} no operation", op, x, ints(), noop_with_empty_axes=1)
        f.case(f"{op} doubles", op, x.astype(np.float64), ints(2))
    f.case("sum of longs", "ReduceSum", ints(1, 2, 3))
    f.write()


def movement():
    f = Family("movement")
    x = eighths(2, 3, 4)
    for axis in [0, 1, 3, -1]:
        f.case(f"flatten {axis}", "Flatten", x, axis=axis)
    f.case("reshape", "Reshape", x, ints(0, -1, 2))
    f.case("reshape allowing zero", "Reshape", eighths(0, 3), ints(3, 0), allowzero=1)
    f.case("squeeze", "Squeeze", eighths(1, 2, 1))
    f.case("squeeze one", "Squeeze", eighths(1, 2, 1), ints(-1))
    f.case("unsqueeze", "Unsqueeze", eighths(2, 3), ints(-1, 1))
    f.case("transpose", "Transpose", x)
    f.case("transpose by", "Transpose", x, perm=[1, 2, 0])
    f.case("transpose bytes", "Transpose", random.integers(0, 9, (2, 3)).astype(np.uint8))
    f.case("concat", "Concat", eighths(2, 1), eighths(2, 3), eighths(2, 0), axis=-1)
    f.case("concat longs", "Concat", ints(1, 2), ints(3), axis=0)
    f.case("split", "Split", eighths(2, 5), ints(2, 0, 3), results=3, axis=1)
    f.case("split evenly", "Split", eighths(5, 2), results=3, num_outputs=3)
    for name, s in {"plain": [[1, 0], [2, 3], [1, 2]], "negative": [[-1, -9], [-9, 9], [2, 1],
                    [-2, 1]], "empty": [[2], [1], [0]], "far": [[-(2**40)], [2**40], [2], [3]],
                    "back from far": [[2**40], [-(2**40)], [2], [-3]]}.items():
        f.case(f"slice {name}", "Slice", x, *[ints(*v) for v in s])
    f.case("slice first axes", "Slice", x, ints(1, 1), ints(2, 3))
    f.case("gather", "Gather", x, ints(2, -1, 0), axis=1)
    f.case("gather grid", "Gather", x, np.asarray([[0, 1], [1, 1]], np.int32))
    f.case("gather scalar", "Gather", x, np.asarray(1), axis=-1)
    f.case("expand", "Expand", eighths(3, 1), ints(2, 1, 4))
    for mode in ["constant", "reflect", "edge", "wrap"]:
        f.case(f"pad {mode}", "Pad", eighths(3, 4), ints(1, 2, 2, 3), mode=mode)
    f.case("pad with a value", "Pad", eighths(2, 2), ints(0, 1, 1, 0), number(9))
    f.case("pad some axes", "Pad", x, ints(1, 0, 0, 2), None, ints(-1, 0))
    f.case("pad negative", "Pad", eighths(4, 4), ints(-1, 1, 0, -2))
    f.case("pad longs", "Pad", ints(1, 2), ints(1, 1), np.asarray(7))
    f.write()


def indexing():
    f = Family("indexing")
    x = eighths(3, 4, 2)
    rows = np.asarray([[[0, -1], [1, 0]], [[2, 2], [-3, 1]]], np.int64)
    for axis in [0, 1, -1]:
        f.case(f"gather elements {axis}", "GatherElements", x, np.clip(rows, -2, 1), axis=axis)
    f.case("gather elements of bytes", "GatherElements", np.asarray([[1, 2], [3, 4]], np.uint8),
           np.asarray([[1, 0]], np.int32), axis=1)
    f.case("gather slices", "GatherND", x, np.asarray([[[0], [-1]], [[2], [1]]], np.int64))
    f.case("gather elements by coordinates", "GatherND", x, np.asarray([[0, 1, 1], [-1, 3, 0]]))
    f.case("gather in batches", "GatherND", x, np.asarray([[1], [-4], [3]]), batch_dims=1)
    f.case("gather in two batches", "GatherND", x, random.integers(-2, 2, (3, 4, 2, 1)),
           batch_dims=2)
    f.case("gather nothing", "GatherND", x, np.zeros((0, 2), np.int64))
    for axis in [0, 1, -1]:
        f.case(f"scatter elements {axis}", "ScatterElements", x,
               np.asarray([[[1, 0]], [[-2, 1]]], np.int64), eighths(2, 1, 2), axis=axis)
    twice = np.asarray([[1, 1, 0, 1]], np.int64)
    for reduction in ["add", "mul", "min", "max"]:
        for kind in [np.float32, np.float64, np.float16, np.int32, np.uint8]:
            f.case(f"scatter elements {reduction} {np.dtype(kind)}", "ScatterElements",
                   np.arange(1, 9).reshape(2, 4).astype(kind), twice,
                   np.asarray([[2, 3, 9, 1]], kind), reduction=reduction)
        f.case(f"scatter slices {reduction}", "ScatterND", eighths(4, 3),
               np.asarray([[1], [-1], [1]]), eighths(3, 3), reduction=reduction)
    f.case("scatter slices", "ScatterND", x, np.asarray([[0, 1], [-1, 3]]), eighths(2, 2))
    f.case("scatter longs", "ScatterND", ints(1, 2, 3, 4), np.asarray([[3], [0]]), ints(9, 8))
    f.case("reverse", "ReverseSequence", eighths(4, 3, 2), ints(4, 1, 2))
    f.case("reverse batch first", "ReverseSequence", eighths(3, 4), ints(0, 3, 4), batch_axis=0,
           time_axis=1)
    f.write()


def resizing():
    f = Family("resizing")
    x = eighths(1, 1, 3, 4)
    none = None
    places = ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners",
              "asymmetric"]
    for place in places:
        for rounding in ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]:
            f.case(f"nearest {place} {rounding}", "Resize", x, none, none, ints(1, 1, 5, 6),
                   mode="nearest", coordinate_transformation_mode=place, nearest_mode=rounding)
        factor = 2 if place == "align_corners" else 1.75
        f.case(f"linear {place}", "Resize", x, none, np.asarray([1, 1, factor, 2.5], np.float32),
               mode="linear", coordinate_transformation_mode=place)
        f.case(f"linear down {place}", "Resize", x, none, none, ints(1, 1, 2, 1), mode="linear",
               coordinate_transformation_mode=place)
        f.case(f"cubic {place}", "Resize", x, none, none, ints(1, 1, 5, 7), mode="cubic",
               coordinate_transformation_mode=place)
    f.case("cubic outside", "Resize", x, none, none, ints(1, 1, 5, 7), mode="cubic",
           cubic_coeff_a=-0.5, exclude_outside=1)
    for mode in ["linear", "cubic"]:
        f.case(f"antialias {mode}", "Resize", eighths(1, 1, 6, 7), none, none, ints(1, 1, 3, 4),
               mode=mode, antialias=1)
    f.case("scales by two", "Resize", x, none, np.asarray([1, 1, 2, 2], np.float32))
    f.case("named axes", "Resize", x, none, np.asarray([2, 3], np.float32), axes=[3, 2])
    for policy in ["not_larger", "not_smaller"]:
        f.case(f"policy {policy}", "Resize", x, none, none, ints(6, 6), axes=[2, 3],
               keep_aspect_ratio_policy=policy)
    region = np.asarray([0, 0, 0.25, -0.5, 1, 1, 0.75, 1.5], np.float32)
    for mode in ["nearest", "linear"]:
        f.case(f"crop {mode}", "Resize", x, region, none, ints(1, 1, 4, 5), mode=mode,
               coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=9.0)
    f.case("linear 3-D", "Resize", eighths(1, 1, 2, 2, 3), none, none, ints(1, 1, 3, 3, 4),
           mode="linear")
    f.write()


def shapes():
    f = Family("shapes")
    f.case("shape", "Shape", eighths(2, 3, 4))
    f.case("part of a shape", "Shape", eighths(2, 3, 4), start=-2, end=9)
    f.case("shape of a scalar", "Shape", number(1))
    f.case("constant of shape", "ConstantOfShape", ints(2, 3))
    f.case("constant of no shape", "ConstantOfShape", ints())
    f.write()


if __name__ == "__main__":
    for make in [convolution, pooling, normalization, activation, elementwise, matmul, reduction,
                 movement, resizing, shapes, indexing]:
        make()
