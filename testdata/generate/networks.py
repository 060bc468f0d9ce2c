#!/usr/bin/env python3
"""Writes testdata/operators/FAMILY.txt for the operators of whole networks: normalizations,
attention, pooling and sampling of images, quantization, recurrent networks and transforms.

The format and the judges are those of operators.py."""
import numpy as np

from operators import Family, eighths, ints, number


def normalizations():
    f = Family("normalizations")
    x = eighths(2, 3, 4)
    f.case("layer", "LayerNormalization", x, eighths(4), eighths(4), results=3)
    f.case("layer without bias", "LayerNormalization", x, eighths(4), epsilon=0.125)
    f.case("layer over two axes", "LayerNormalization", x, eighths(3, 4), eighths(3, 4), axis=1)
    f.case("layer with a broadcast scale", "LayerNormalization", x, eighths(3, 1), eighths(4), axis=-2)
    f.case("layer of wide rows", "LayerNormalization", eighths(3, 70), eighths(70), eighths(70))
    f.case("rms", "RMSNormalization", x, eighths(4), opset=23)
    f.case("rms over two axes", "RMSNormalization", x, eighths(3, 4), axis=1, epsilon=0.5, opset=23)
    f.case("simplified layer", "SimplifiedLayerNormalization", x, eighths(4), results=2)
    f.case("instance", "InstanceNormalization", eighths(2, 3, 2, 3), eighths(3), eighths(3))
    f.case("group", "GroupNormalization", eighths(2, 4, 3), eighths(4), eighths(4), num_groups=2)
    for size in [1, 3]:
        f.case(f"local response {size}", "LRN", eighths(2, 5, 2, 2), size=size, alpha=0.5, bias=2.0)
    for p in [1, 2]:
        f.case(f"norm {p}", "LpNormalization", eighths(2, 3, 2), p=p, axis=1)
    f.case("mean and variance", "MeanVarianceNormalization", eighths(2, 2, 3, 2))
    f.case("mean and variance of rows", "MeanVarianceNormalization", x, axes=[2])
    ms = "com.microsoft::"
    f.case("skip", ms + "SkipLayerNormalization", x, eighths(2, 3, 4), eighths(4), eighths(4),
           eighths(4), epsilon=0.125)
    f.case("skip rms", ms + "SkipSimplifiedLayerNormalization", x, eighths(2, 3, 4), eighths(4),
           epsilon=0.125)
    f.case("embed", ms + "EmbedLayerNormalization", np.asarray([[1, 3, 0], [2, 2, 1]], np.int32),
           np.asarray([[0, 1, 1], [0, 0, 1]], np.int32), eighths(4, 8), eighths(3, 8), eighths(2, 8),
           eighths(8), eighths(8), np.asarray([[1, 1, 0], [1, 1, 1]], np.int32), results=2,
           epsilon=0.125)
    f.write()


def attention():
    f = Family("attention")
    q, k, v = eighths(2, 4, 3, 4), eighths(2, 2, 5, 4), eighths(2, 2, 5, 3)
    f.case("grouped heads", "Attention", q, k, v, opset=23)
    f.case("causal", "Attention", q, k, v, is_causal=1, opset=23)
    f.case("capped and scaled", "Attention", q, k, v, softcap=2.0, scale=0.5, opset=23)
    f.case("side by side", "Attention", eighths(1, 3, 8), eighths(1, 5, 8), eighths(1, 5, 8),
           q_num_heads=2, kv_num_heads=2, opset=23)
    mask = np.asarray(np.arange(15).reshape(3, 5) % 4 != 1)
    f.case("masked by flags", "Attention", q, k, v, mask, opset=23)
    f.case("masked by numbers", "Attention", q, k, v, eighths(2, 1, 3, 5), opset=23)
    f.case("with a past", "Attention", q, k, v, None, eighths(2, 2, 2, 4), eighths(2, 2, 2, 3),
           results=3, opset=23)
    f.case("with scores", "Attention", q, k, v, eighths(3, 5), results=4, qk_matmul_output_mode=3,
           opset=23)
    x, angles = eighths(2, 3, 4, 6), [eighths(2, 4, 3), eighths(2, 4, 3)]
    f.case("rotary", "RotaryEmbedding", x, *angles, opset=23)
    f.case("rotary interleaved", "RotaryEmbedding", x, *angles, interleaved=1, opset=23)
    f.case("rotary in part at places", "RotaryEmbedding", eighths(2, 4, 12), eighths(9, 2),
           eighths(9, 2), np.asarray([[3, 1, 0, 8], [2, 2, 5, 7]]), num_heads=2,
           rotary_embedding_dim=4, opset=23)
    ms = "com.microsoft::"
    x, w, b = eighths(2, 3, 4), eighths(4, 12), eighths(12)
    f.case("projected", ms + "Attention", x, w, b, num_heads=2)
    f.case("projected with lengths", ms + "Attention", x, w, b, np.asarray([2, 3], np.int32),
           num_heads=2)
    f.case("projected with flags", ms + "Attention", x, w, b,
           np.asarray([[1, 0, 1], [1, 1, 0]], np.int32), num_heads=1)
    f.case("projected causal with a past", ms + "Attention", x, w, b, None, eighths(2, 2, 2, 2, 2),
           num_heads=2, unidirectional=1, results=2)
    f.case("projected with a bias of scores", ms + "Attention", x, w, b, None, None,
           eighths(2, 2, 3, 3), num_heads=2)
    q, k, v = eighths(2, 3, 4), eighths(2, 5, 4), eighths(2, 5, 6)
    f.case("multi-head", ms + "MultiHeadAttention", q, k, v, num_heads=2)
    f.case("multi-head with bias and flags", ms + "MultiHeadAttention", q, k, v, eighths(14),
           np.asarray([[1, 1, 1, 0, 1], [0, 1, 1, 1, 1]], np.int32), num_heads=2, scale=0.25)
    f.case("multi-head with a past", ms + "MultiHeadAttention", q, eighths(2, 3, 4),
           eighths(2, 3, 4), None, None, None, eighths(2, 2, 2, 2), eighths(2, 2, 2, 2), num_heads=2,
           results=3)
    f.case("multi-head causal", ms + "MultiHeadAttention", q, eighths(2, 3, 4), eighths(2, 3, 4),
           num_heads=2, unidirectional=1)
    f.write()


def products():
    f = Family("products")
    f.case("batched product", "Einsum", eighths(2, 2, 3), eighths(2, 3, 2), equation="bij,bjk->bik")
    f.case("implied result", "Einsum", eighths(2, 3), eighths(3, 2), equation="ij,jk")
    f.case("ellipsis", "Einsum", eighths(2, 1, 2, 3), eighths(3, 3, 2), equation="...ij,...jk->...ik")
    f.case("diagonal", "Einsum", eighths(3, 3), equation="ii->i")
    f.case("sum", "Einsum", eighths(2, 3), equation="ij->")
    f.case("three factors", "Einsum", eighths(2, 3), eighths(3, 2), eighths(2), equation="ab,bc,c->ac")
    f.case("longs", "Einsum", np.asarray([[1, 2], [3, 4]]), np.asarray([5, 6]), equation="ij,j->i")
    ms = "com.microsoft::"
    f.case("fused", ms + "FusedMatMul", eighths(2, 3, 2), eighths(2, 3, 4), transA=1, alpha=0.5)
    f.case("fused over batches", ms + "FusedMatMul", eighths(3, 2, 4), eighths(4, 2, 2),
           transBatchA=1, transBatchB=1)
    x, w, b = eighths(1, 2, 4, 4), eighths(3, 2, 3, 3), eighths(3)
    for name, extra in {"Relu": {}, "LeakyRelu": {"activation_params": [0.25]},
                        "HardSigmoid": {"activation_params": [0.25, 0.5]}}.items():
        f.case(f"fused convolution {name}", ms + "FusedConv", x, w, b, activation=name,
               pads=[1, 1, 1, 1], **extra)
    f.case("fused convolution with a sum", ms + "FusedConv", x, w, b, eighths(1, 3, 2, 2),
           activation="Relu")
    f.write()


def sampling():
    f = Family("sampling")
    x = eighths(1, 2, 5, 6)
    f.case("global max", "GlobalMaxPool", x, opset=21)
    f.case("global norm", "GlobalLpPool", x, p=3, opset=21)
    f.case("norm pool", "LpPool", x, kernel_shape=[3, 2], pads=[1, 0, 1, 1], strides=[2, 2], p=1, opset=21)
    f.case("norm pool ceil", "LpPool", x, kernel_shape=[2, 2], strides=[3, 3], ceil_mode=1, opset=21)
    places = np.asarray([[[[0, 3], [13, 15]]]], np.int64)
    f.case("unpool", "MaxUnpool", eighths(1, 1, 2, 2), places, kernel_shape=[2, 2], strides=[2, 2], opset=21)
    boxes = np.asarray([[0.5, 0.25, 3.5, 4], [-1, 2, 6, 3], [1, 1, 1.5, 1.5]], np.float32)
    for mode in ["half_pixel", "output_half_pixel"]:
        f.case(f"regions {mode}", "RoiAlign", x, boxes, ints(0, 0, 0), output_height=2, output_width=3,
               coordinate_transformation_mode=mode, sampling_ratio=2, opset=21)
    f.case("regions of cells", "RoiAlign", x, boxes, ints(0, 0, 0), output_height=2, output_width=2,
           spatial_scale=0.5, opset=21)
    f.case("largest of regions", "MaxRoiPool", x,
           np.asarray([[0, 0, 1, 3, 4], [0, 2, 2, 5, 3]], np.float32), pooled_shape=[2, 2], opset=21)
    for mode in ["DCR", "CRD"]:
        f.case(f"depth to space {mode}", "DepthToSpace", eighths(1, 8, 2, 3), blocksize=2, mode=mode)
    f.case("space to depth", "SpaceToDepth", eighths(1, 2, 4, 6), blocksize=2)
    for axes in [None, [1]]:
        extra = {} if axes is None else {"axes": axes}
        f.case(f"crop and pad {axes}", "CenterCropPad", eighths(4, 3),
               ints(3, 6) if axes is None else ints(1), **extra)
    grid = eighths(1, 3, 4, 2, low=-12, high=13)
    for mode in ["linear", "nearest", "cubic"]:
        for padding in ["zeros", "border", "reflection"]:
            for corners in [0, 1]:
                f.case(f"grid {mode} {padding} {corners}", "GridSample", x, grid, mode=mode,
                       padding_mode=padding, align_corners=corners, opset=21)
    f.case("grid in 3-D", "GridSample", eighths(1, 1, 2, 3, 2), eighths(1, 2, 1, 2, 3), opset=21)
    for corners in [0, 1]:
        f.case(f"affine grid {corners}", "AffineGrid", eighths(2, 2, 3), ints(2, 1, 2, 3),
               align_corners=corners)
    f.case("affine grid in 3-D", "AffineGrid", eighths(1, 3, 4), ints(1, 1, 2, 2, 3))
    f.case("columns", "Col2Im", eighths(1, 8, 6), ints(4, 5), ints(2, 2), strides=[1, 2],
           pads=[0, 0, 0, 1], dilations=[2, 1])
    f.case("deformed", "DeformConv", eighths(1, 2, 4, 4), eighths(2, 1, 2, 2),
           eighths(1, 16, 3, 3), eighths(2), eighths(1, 8, 3, 3), group=2, offset_group=2,
           kernel_shape=[2, 2])
    boxes = np.asarray([[[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 2, 1, 3], [1, 3, 0, 2.05]]], np.float32)
    scores = np.asarray([[[0.5, 0.75, 0.25, 0.25], [0.1, 0.9, 0.8, 0.7]]], np.float32)
    f.case("suppression", "NonMaxSuppression", boxes, scores, ints(3), number(0.5), number(0.2))
    f.case("suppression by centres", "NonMaxSuppression", boxes, scores, ints(2), number(0.25),
           center_point_box=1)
    f.case("suppression of all", "NonMaxSuppression", boxes, scores)
    f.write()


def quantization():
    f = Family("quantization")
    x = eighths(2, 3, 4)
    for kind in [np.uint8, np.int8, np.uint16, np.int16]:
        f.case(f"quantize to {np.dtype(kind)}", "QuantizeLinear", x, number(0.25),
               np.asarray(3, kind))
    f.case("quantize by channel", "QuantizeLinear", x, np.asarray([0.25, 0.5, 2], np.float32),
           np.asarray([1, 2, 3], np.uint8))
    f.case("quantize far", "QuantizeLinear", np.asarray([1e9, -1e9, 300, -300], np.float32),
           number(0.5), np.asarray(7, np.int8))
    f.case("quantize in blocks", "QuantizeLinear", eighths(2, 5), eighths(2, 3, low=1),
           np.zeros((2, 3), np.int8), axis=-1, block_size=2)
    q = np.asarray([[0, 128, 255], [3, 4, 5]], np.uint8)
    f.case("dequantize", "DequantizeLinear", q, number(0.5), np.asarray(128, np.uint8))
    f.case("dequantize by row", "DequantizeLinear", q, np.asarray([0.5, 2], np.float32), axis=0)
    f.case("dequantize sums", "DequantizeLinear", np.asarray([70000, -3], np.int32), number(0.25))
    f.case("dequantize in blocks", "DequantizeLinear", np.asarray([[1, -2, 3]], np.int8),
           eighths(1, 2), axis=1, block_size=2)
    f.case("dynamic", "DynamicQuantizeLinear", x, results=3)
    f.case("dynamic of zeros", "DynamicQuantizeLinear", np.zeros(3, np.float32), results=3)
    a, b = np.arange(6).astype(np.uint8).reshape(2, 3), np.arange(12).astype(np.int8).reshape(3, 4)
    f.case("integer product", "MatMulInteger", a, b)
    f.case("integer product by columns", "MatMulInteger", a, b, np.asarray(2, np.uint8),
           np.asarray([1, 2, 3, 4], np.int8))
    one = np.asarray(1, np.uint8)
    f.case("quantized product", "QLinearMatMul", a, number(0.5), one, a.T.copy(), number(0.25), one,
           number(0.75), np.asarray(9, np.uint8))
    image = (np.arange(32) * 7 % 200).astype(np.uint8).reshape(1, 2, 4, 4)
    weight = (np.arange(24) * 5 % 90).astype(np.uint8).reshape(3, 2, 2, 2)
    f.case("integer convolution", "ConvInteger", image, weight, np.asarray(9, np.uint8),
           pads=[1, 0, 1, 0])
    f.case("quantized convolution", "QLinearConv", image, number(0.5), np.asarray(9, np.uint8),
           weight.astype(np.int8), np.asarray([0.25, 0.5, 1], np.float32), np.zeros(3, np.int8),
           number(64.0), np.asarray(100, np.uint8), np.asarray([5, -300, 70], np.int32),
           pads=[1, 1, 1, 1])
    f.write()


def recurrent():
    f = Family("recurrent")
    x = eighths(3, 2, 2)
    for op, gates in [("LSTM", 4), ("GRU", 3), ("RNN", 1)]:
        results = 3 if op == "LSTM" else 2
        for direction, count in [("forward", 1), ("reverse", 1), ("bidirectional", 2)]:
            f.case(f"{op} {direction}", op, x, eighths(count, gates * 3, 2), eighths(count, gates * 3, 3),
                   eighths(count, 2 * gates * 3), np.asarray([3, 2], np.int32), eighths(count, 2, 3),
                   results=results, direction=direction, hidden_size=3)
        f.case(f"{op} clipped", op, x, eighths(1, gates * 3, 2), eighths(1, gates * 3, 3),
               results=results, clip=0.5, hidden_size=3)
        f.case(f"{op} batch first", op, eighths(2, 3, 2), eighths(1, gates * 3, 2),
               eighths(1, gates * 3, 3), results=results, hidden_size=3, layout=1)
    f.case("LSTM with peepholes", "LSTM", x, eighths(1, 12, 2), eighths(1, 12, 3), eighths(1, 24), None,
           eighths(1, 2, 3), eighths(1, 2, 3), eighths(1, 9), results=3, hidden_size=3)
    f.case("LSTM of other functions", "LSTM", x, eighths(1, 12, 2), eighths(1, 12, 3), results=3,
           hidden_size=3, activations=["HardSigmoid", "Softsign", "Relu"], activation_alpha=[0.25],
           activation_beta=[0.5])
    f.case("LSTM with coupled gates", "LSTM", x, eighths(1, 12, 2), eighths(1, 12, 3), results=3,
           hidden_size=3, input_forget=1)
    f.case("GRU linear before reset", "GRU", x, eighths(1, 9, 2), eighths(1, 9, 3), eighths(1, 18),
           results=2, hidden_size=3, linear_before_reset=1)
    f.case("RNN of Relu and Affine", "RNN", x, eighths(2, 3, 2), eighths(2, 3, 3), results=2,
           hidden_size=3, direction="bidirectional", activations=["Relu", "Affine"],
           activation_alpha=[0.5], activation_beta=[0.25])
    f.write()


def signals():
    f = Family("signals")
    f.case("transform", "DFT", eighths(2, 5, 1))
    f.case("transform along the first axis", "DFT", eighths(3, 2, 2), None, np.asarray(0))
    f.case("half a spectrum", "DFT", eighths(1, 6, 1), onesided=1)
    f.case("padded", "DFT", eighths(1, 3, 1), np.asarray(5))
    f.case("cut", "DFT", eighths(1, 6, 2), np.asarray(4))
    f.case("inverse", "DFT", eighths(1, 4, 2), inverse=1)
    f.case("frames", "STFT", eighths(2, 9, 1), np.asarray(3), np.asarray([0.5, 1, 1, 0.5], np.float32))
    f.case("frames with whole spectra", "STFT", eighths(1, 8, 1), np.asarray(2), None, np.asarray(4),
           onesided=0)
    f.case("mel", "MelWeightMatrix", np.asarray(4), np.asarray(16), np.asarray(8192), number(0),
           number(4000))
    f.write()


if __name__ == "__main__":
    for make in [normalizations, attention, products, sampling, quantization, recurrent, signals]:
        make()
