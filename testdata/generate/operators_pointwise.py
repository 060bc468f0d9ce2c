#!/usr/bin/env python3
"""Writes more of testdata/operators: operators on single elements; see operators.py."""
import numpy as np
from onnx import TensorProto

from operators import Family, ints, number

random = np.random.default_rng(11)
INTEGERS = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]
SPECIAL = np.asarray([np.nan, np.inf, -np.inf, 0, -0.0], np.float32)


def eighths(*shape, low=-16, high=17):
    """Random multiples of 1/8."""
    return (random.integers(low, high, shape) / 8).astype(np.float32)


def flags(*shape):
    return random.integers(0, 2, shape).astype(np.bool_)


def functions():
    f = Family("functions")
    x = np.concatenate([eighths(9), SPECIAL])
    near = np.concatenate([eighths(9, low=-8, high=9), SPECIAL])
    above = np.concatenate([eighths(9, low=8, high=30), SPECIAL])
    for op in ["Erf", "Reciprocal", "Floor", "Ceil", "Round", "Sign", "Sin", "Cos", "Tan", "Atan",
               "Sinh", "Cosh", "Asinh"]:
        f.case(op, op, x)
        f.case(f"{op} doubles", op, x.astype(np.float64))
    for op in ["Asin", "Acos", "Atanh"]:
        f.case(op, op, near)
    f.case("Acosh", "Acosh", above)
    f.case("Round ties", "Round", np.asarray([0.5, 1.5, -0.5, -2.5, 2.4], np.float32))
    for op in ["Exp", "Log", "Sqrt", "Erf", "Floor"]:
        f.case(f"{op} half", op, np.abs(eighths(6)).astype(np.float16))
    for kind in [np.int8, np.int64]:
        f.case(f"Sign {np.dtype(kind)}", "Sign", np.asarray([-5, 0, 7], kind))
    f.case("IsNaN", "IsNaN", x)
    for negative, positive in [(1, 1), (0, 1), (1, 0), (0, 0)]:
        f.case(f"IsInf {negative}{positive}", "IsInf", x, detect_negative=negative,
               detect_positive=positive)
    f.write()


def arithmetic():
    f = Family("arithmetic")
    for op in ["Add", "Sub", "Mul", "Div"]:
        for kind in INTEGERS:
            f.case(f"{op} {np.dtype(kind)}", op, np.asarray([[200 % 128, 7, 3]], kind),
                   np.asarray([[90], [2]], kind), opset=17)
    signed = [np.asarray([-7, 7, -7, 7, 6], np.int32), np.asarray([3, -3, -3, 3, -2], np.int32)]
    for kind in INTEGERS[:4]:
        pair = [x.astype(kind) for x in signed]
        f.case(f"Mod {np.dtype(kind)}", "Mod", *pair)
        f.case(f"Mod by dividend {np.dtype(kind)}", "Mod", *pair, fmod=1)
    for kind in [np.float32, np.float64, np.float16]:
        f.case(f"Mod by dividend {np.dtype(kind)}", "Mod", *[x.astype(kind) / 2 for x in signed],
               fmod=1)
    for op in ["Min", "Max"]:
        f.case(f"{op} of one", op, eighths(2, 3))
        f.case(f"{op} of three", op, eighths(2, 1), eighths(3), eighths(2, 3))
        f.case(f"{op} of not a number", op, np.asarray([np.nan, 1, 2], np.float32),
               np.asarray([1, np.nan, 3], np.float32))
        f.case(f"{op} row", op, eighths(4, 9), eighths(9))
        f.case(f"{op} number", op, eighths(4, 3), number(0.25))
        f.case(f"{op} half", op, eighths(3).astype(np.float16), eighths(3).astype(np.float16))
        for kind in [np.int32, np.int64, np.uint8, np.uint64]:
            f.case(f"{op} {np.dtype(kind)}", op, np.asarray([9, 2], kind), np.asarray([3], kind))
    for op in ["Sum", "Mean"]:
        f.case(f"{op} of one", op, eighths(2, 3))
        f.case(f"{op} of three", op, eighths(2, 1), eighths(3), eighths(2, 3))
    x = np.abs(eighths(2, 3)) + 0.125
    f.case("Pow", "Pow", x, eighths(3))
    f.case("Pow of negative numbers", "Pow", np.asarray([-2, -2, -2, 0, 0], np.float32),
           np.asarray([2, 3, 0.5, 0, 1], np.float32))
    f.case("Pow square", "Pow", eighths(4), number(2))
    f.case("Pow doubles", "Pow", x.astype(np.float64), np.asarray(0.3))
    f.case("Pow by integers", "Pow", eighths(4), ints(0, 1, 2, 3))
    f.case("Pow of integers", "Pow", ints(2, -3, 5), ints(10, 3, 0))
    f.case("Pow of integers by numbers", "Pow", ints(4, 9), np.asarray([0.5, 2], np.float32))
    f.write()


def logic():
    f = Family("logic")
    for op in ["Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual"]:
        for kind in [np.float32, np.float64, np.float16, *INTEGERS]:
            f.case(f"{op} {np.dtype(kind)}", op, np.asarray([[1], [2], [3]], kind),
                   np.asarray([2, 3], kind))
        f.case(f"{op} special", op, SPECIAL, SPECIAL[::-1].copy())
    f.case("Equal flags", "Equal", flags(5), flags(5))
    for op in ["And", "Or", "Xor"]:
        f.case(op, op, flags(2, 3, 4), flags(3, 1))
    f.case("Not", "Not", flags(6))
    for op in ["BitwiseAnd", "BitwiseOr", "BitwiseXor"]:
        for kind in INTEGERS:
            f.case(f"{op} {np.dtype(kind)}", op, np.asarray([[12], [100]], kind),
                   np.asarray([10, 7], kind))
    for kind in INTEGERS:
        f.case(f"BitwiseNot {np.dtype(kind)}", "BitwiseNot", np.asarray([0, 5, 100], kind))
    for direction in ["LEFT", "RIGHT"]:
        for kind in INTEGERS[4:]:
            f.case(f"BitShift {direction} {np.dtype(kind)}", "BitShift",
                   np.asarray([16, 4, 200], kind), np.asarray([1, 2, 3], kind),
                   direction=direction)
        f.case(f"BitShift {direction} far", "BitShift", np.asarray([-7, 7, -7, 5], np.int8),
               np.asarray([1, 1, 9, -1], np.int8), direction=direction, opset=28)
    for kind in [np.float32, np.float64, np.int64, np.int32, np.uint8, np.bool_]:
        f.case(f"Where {np.dtype(kind)}", "Where", flags(2, 1, 3),
               random.integers(0, 2, (4, 1)).astype(kind), random.integers(0, 9, 3).astype(kind))
    f.write()


def units():
    f = Family("units")
    x = np.concatenate([eighths(9, low=-40, high=40), np.asarray([0, -0.0, 30, -30], np.float32)])
    for op in ["Elu", "Selu", "Celu", "Softplus", "Softsign", "ThresholdedRelu", "Mish"]:
        f.case(op, op, x)
    for op in ["Elu", "Celu", "ThresholdedRelu"]:
        f.case(f"{op} with alpha", op, x, alpha=0.75)
    f.case("Selu with attributes", "Selu", x, alpha=2.0, gamma=3.0)
    for kind in [np.float64, np.float16]:
        f.case(f"Elu {np.dtype(kind)}", "Elu", x[:6].astype(kind))
    f.case("Swish", "Swish", x, opset=24)
    f.case("Swish with alpha", "Swish", x, opset=24, alpha=-0.5)
    for approximate in ["none", "tanh"]:
        f.case(f"Gelu {approximate}", "Gelu", x, approximate=approximate)
    f.case("Shrink", "Shrink", x, lambd=1.5, bias=0.5)
    f.case("Shrink integers", "Shrink", ints(-3, -1, 0, 2, 5), lambd=1.5, bias=1.0)
    for axis in [0, 1, -1]:
        f.case(f"Hardmax {axis}", "Hardmax", random.integers(0, 3, (2, 3, 4)).astype(np.float32),
               axis=axis)
    f.case("PRelu", "PRelu", eighths(2, 3, 2), eighths(3, 1))
    f.case("PRelu integers", "PRelu", ints(-3, 4), ints(2))
    f.case("Relu bytes", "Relu", np.asarray([-3, 4], np.int8))
    for kind in INTEGERS:
        f.case(f"Clip {np.dtype(kind)}", "Clip", np.asarray([1, 7, 100], kind),
               np.asarray(3, kind), np.asarray(50, kind))
    rows = eighths(2, 4)
    f.case("Gelu of Microsoft's", "com.microsoft::Gelu", x)
    f.case("BiasGelu", "com.microsoft::BiasGelu", rows, eighths(4))
    f.case("FastGelu", "com.microsoft::FastGelu", rows)
    f.case("FastGelu with a bias", "com.microsoft::FastGelu", rows, eighths(4))
    f.case("QuickGelu", "com.microsoft::QuickGelu", x)
    f.case("QuickGelu with alpha", "com.microsoft::QuickGelu", x, alpha=0.5)
    f.write()


def reductions():
    f = Family("reductions")
    x = eighths(2, 3, 4)
    kinds = {"ReduceL1": [], "ReduceL2": [], "ReduceSumSquare": [], "ReduceMax": [], "ReduceMin": [],
             "ReduceProd": [], "ReduceLogSum": [], "ReduceLogSumExp": []}
    for op in kinds:
        y = np.abs(x) + 1 if op == "ReduceLogSum" else x
        f.case(f"{op} all", op, y)
        f.case(f"{op} one", op, y, ints(1))
        f.case(f"{op} two dropped", op, y, ints(0, -1), keepdims=0)
        f.case(f"{op} no operation", op, y, ints(), noop_with_empty_axes=1)
        f.case(f"{op} doubles", op, y.astype(np.float64), ints(2))
        f.case(f"{op} half", op, y[:, :, :2].astype(np.float16), ints(2))
        f.case(f"{op} nothing", op, np.zeros((2, 0, 3), np.float32), ints(1))
    for op in ["ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceSumSquare"]:
        for kind in [np.int32, np.int64]:
            f.case(f"{op} {np.dtype(kind)}", op, np.asarray([[1, -2, 3], [4, 5, -6]], kind), ints(1))
    for op in ["ReduceMax", "ReduceMin"]:
        for kind in [np.int8, np.uint8]:
            f.case(f"{op} {np.dtype(kind)}", op, np.asarray([[1, 2, 3], [4, 5, 6]], kind), ints(0))
        f.case(f"{op} flags", op, np.asarray([[1, 0], [1, 1], [0, 0]], np.bool_), ints(1))
    f.case("ReduceMean of integers", "ReduceMean", np.asarray([[1, 2, 4]], np.int32), ints(1))
    f.case("ReduceLogSumExp of large numbers", "ReduceLogSumExp",
           np.asarray([1000, 1001, 999], np.float32))
    f.write()


def ranking():
    f = Family("ranking")
    x = random.integers(0, 4, (3, 4, 2)).astype(np.float32)
    for op in ["ArgMax", "ArgMin"]:
        for axis in [0, 1, -1]:
            for last in [0, 1]:
                f.case(f"{op} {axis} {last}", op, x, axis=axis, select_last_index=last, keepdims=last)
        for kind in [np.float64, np.int32, np.int8, np.uint8]:
            f.case(f"{op} {np.dtype(kind)}", op, x.astype(kind))
    for axis in [0, 1, -1]:
        for largest in [0, 1]:
            f.case(f"TopK {axis} {largest}", "TopK", x, ints(2), results=2, axis=axis, largest=largest)
    for kind in [np.float64, np.int32, np.int64]:
        f.case(f"TopK {np.dtype(kind)}", "TopK", x.astype(kind), ints(3), results=2, axis=1)
    f.case("TopK of none", "TopK", x, ints(0), results=2)
    for exclusive in [0, 1]:
        for reverse in [0, 1]:
            f.case(f"CumSum {exclusive}{reverse}", "CumSum", x, np.asarray(1), exclusive=exclusive,
                   reverse=reverse)
            f.case(f"CumProd {exclusive}{reverse}", "CumProd", eighths(2, 3), np.asarray(-1),
                   opset=26, exclusive=exclusive, reverse=reverse)
    f.case("CumSum integers", "CumSum", np.asarray([2**31 - 1, 1, 5], np.int32), np.asarray(0))
    for ordered in [0, 1]:
        f.case(f"Unique {ordered}", "Unique", np.asarray([2, 1, 1, 3, 4, 3], np.float32), results=4,
               sorted=ordered)
        for axis in [0, 1, -1]:
            f.case(f"Unique {ordered} axis {axis}", "Unique",
                   random.integers(0, 2, (4, 3, 2)).astype(np.float32), results=4, sorted=ordered,
                   axis=axis)
    f.case("Unique longs", "Unique", ints(3, -1, 3), results=4)
    picked = np.asarray([0, 1, 1], np.bool_)
    f.case("Compress", "Compress", x, picked)
    f.case("Compress 0", "Compress", x, picked, axis=0)
    f.case("Compress -2", "Compress", x, picked, axis=-2)
    f.case("Compress bytes", "Compress", np.arange(5, dtype=np.uint8), picked)
    f.case("NonZero", "NonZero", random.integers(0, 2, (2, 3, 2)).astype(np.float32))
    for kind in [np.bool_, np.int64, np.uint8]:
        f.case(f"NonZero {np.dtype(kind)}", "NonZero", np.asarray([[1, 0], [1, 1]], kind))
    f.write()


def generation():
    f = Family("generation")
    for kind in [np.int16, np.int32, np.int64, np.float32, np.float64]:
        f.case(f"Range {np.dtype(kind)}", "Range", *[np.asarray(v, kind) for v in [1, 10, 3]])
        f.case(f"Range down {np.dtype(kind)}", "Range", *[np.asarray(v, kind) for v in [5, -4, -3]])
        f.case(f"Range of none {np.dtype(kind)}", "Range", *[np.asarray(v, kind) for v in [5, 5, 1]])
    f.case("Range of fractions", "Range", number(0.5), number(2), number(0.25))
    for k in [-1, 0, 2, 9]:
        f.case(f"EyeLike {k}", "EyeLike", eighths(3, 4), k=k)
    for kind in [TensorProto.DOUBLE, TensorProto.INT64, TensorProto.BOOL, TensorProto.UINT8]:
        f.case(f"EyeLike as {kind}", "EyeLike", np.zeros((2, 2), np.int32), dtype=int(kind))
    for op in ["HannWindow", "HammingWindow", "BlackmanWindow"]:
        for periodic in [0, 1]:
            f.case(f"{op} {periodic}", op, np.asarray(10), periodic=periodic)
        f.case(f"{op} doubles", op, np.asarray(5, np.int32), output_datatype=11)
        f.case(f"{op} of none", op, np.asarray(0))
    f.case("Size", "Size", eighths(2, 3, 4))
    f.case("Size of none", "Size", eighths(0, 3))
    for kind in [np.float32, np.float64, np.float16, np.int32, np.int64, np.uint8, np.bool_]:
        f.case(f"CastLike {np.dtype(kind)}", "CastLike", np.asarray([0, 1, 3], np.float32),
               np.zeros(1, kind))
    for source, target in [(np.float32, 6), (np.int32, 1), (np.float64, 7), (np.uint8, 3),
                           (np.int16, 10)]:
        f.case(f"BitCast {np.dtype(source)} as {target}", "BitCast", np.asarray([1, 65], source),
               opset=26, to=target)
    f.case("Tile", "Tile", eighths(2, 3), ints(2, 2))
    f.case("Tile none", "Tile", eighths(2, 3), ints(0, 1))
    f.case("Tile flags", "Tile", flags(1, 3), ints(3, 1))
    f.case("Tile doubles", "Tile", eighths(2).astype(np.float64), ints(3))
    for upper in [0, 1]:
        f.case(f"Trilu {upper}", "Trilu", eighths(2, 3, 4), upper=upper)
        for k in [-1, 2, 9]:
            f.case(f"Trilu {upper} {k}", "Trilu", eighths(3, 3), np.asarray(k), upper=upper)
        f.case(f"Trilu {upper} longs", "Trilu", random.integers(1, 9, (3, 2)), upper=upper)
    for axis in [0, 1, -1]:
        f.case(f"OneHot {axis}", "OneHot", random.integers(-3, 5, (2, 3)), np.asarray(4),
               np.asarray([0.5, 2], np.float32), axis=axis)
    f.case("OneHot of numbers", "OneHot", np.asarray([1, 2], np.float32), number(3), ints(0, 1))
    for shape in [(2, 2), (3, 3), (2, 1, 3, 3)]:
        f.case(f"Det {shape}", "Det", eighths(*shape))
    f.case("Det of a singular matrix", "Det", np.ones((3, 3), np.float32))
    f.write()


def casting():
    f = Family("casting")
    numbers = {np.float32: [0, 1.5, 100], np.float64: [0, 1.5, 100], np.float16: [0, 1.5, 100],
               np.bool_: [0, 1, 1]}
    targets = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13]
    for source in [np.float32, np.float64, np.float16, np.bool_, *INTEGERS]:
        for target in targets:
            f.case(f"{np.dtype(source)} to {target}", "Cast",
                   np.asarray(numbers.get(source, [0, 1, 100]), source), to=target)
    f.case("large to float", "Cast", np.asarray([2**63, 2**64 - 1], np.uint64), to=1)
    f.case("far to half", "Cast", np.asarray([1e6, -1e6, 1e-9], np.float32), to=10)
    f.write()


if __name__ == "__main__":
    for make in [functions, arithmetic, logic, units, reductions, ranking, generation, casting]:
        make()
