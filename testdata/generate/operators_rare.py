#!/usr/bin/env python3
"""Writes more of testdata/operators: losses, operators with a state, strings, fused forms of domain
com.microsoft; see operators.py."""
import numpy as np

from operators import Family, ints, number

random = np.random.default_rng(17)


def eighths(*shape, low=-16, high=17):
    """Random multiples of 1/8."""
    return (random.integers(low, high, shape) / 8).astype(np.float32)


def strings(*values):
    return np.asarray(values, np.object_)


def losses():
    f = Family("losses")
    for op in ["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"]:
        for shape in [(4, 3), (2, 3, 2), (2, 3, 2, 2)]:
            x, weights = eighths(*shape), eighths(3, low=1)
            labels = random.integers(0, 3, (shape[0], *shape[2:]))
            for reduction in ["none", "sum", "mean"]:
                f.case(f"{op} {reduction} {shape}", op, x, labels, reduction=reduction, opset=13)
                f.case(f"{op} {reduction} weighed {shape}", op, x, labels.astype(np.int32), weights,
                       reduction=reduction, opset=13)
                far = np.where(labels == 1, -5, labels)
                f.case(f"{op} {reduction} ignoring {shape}", op, x, far, reduction=reduction,
                       ignore_index=-5, opset=13)
                f.case(f"{op} {reduction} weighed ignoring {shape}", op, x, labels, weights,
                       reduction=reduction, ignore_index=2, opset=13)
    x, labels = eighths(2, 3), ints(2, 0)
    f.case("with log-probabilities", "SoftmaxCrossEntropyLoss", x, labels, results=2, opset=13)
    f.case("of doubles", "SoftmaxCrossEntropyLoss", x.astype(np.float64), labels, results=2, opset=13)
    f.case("of half", "NegativeLogLikelihoodLoss", x.astype(np.float16), labels, opset=13)
    f.write()


def streaming():
    f = Family("streaming")
    x = eighths(2, 3)
    for alpha in [1.0, -0.5]:
        f.case(f"SwiGLU {alpha}", "SwiGLU", x, eighths(2, 3), alpha=alpha, opset=28)
    f.case("SwiGLU half", "SwiGLU", x.astype(np.float16), x.astype(np.float16), opset=28)
    f.case("SwiGLU doubles", "SwiGLU", x.astype(np.float64), x.astype(np.float64), opset=28)
    cache, update = eighths(2, 2, 4, 3), eighths(2, 2, 2, 3)
    f.case("write", "TensorScatter", cache, update, opset=24)
    f.case("write from", "TensorScatter", cache, update, ints(2, 1), opset=24)
    f.case("write round", "TensorScatter", cache, update, ints(3, 9), mode="circular", opset=24)
    f.case("write columns", "TensorScatter", cache, eighths(2, 2, 4, 1), ints(2, 0), axis=-1, opset=24)
    f.case("write bytes", "TensorScatter", np.arange(8, dtype=np.uint8).reshape(1, 4, 2),
           np.full((1, 1, 2), 99, np.uint8), ints(2), opset=24)
    q, k, v = eighths(2, 3, 8), eighths(2, 3, 4), eighths(2, 3, 6)
    state, rate = eighths(2, 2, 2, 3), eighths(2, 3, 2, low=0, high=9)
    decay, wide = -eighths(2, 3, 2, low=0), -eighths(2, 3, 4, low=0)
    heads = {"q_num_heads": 4, "kv_num_heads": 2, "results": 2, "opset": 27}
    f.case("linear", "LinearAttention", q, k, v, update_rule="linear", **heads)
    f.case("linear with a past", "LinearAttention", q, k, v, state, update_rule="linear", scale=0.75,
           **heads)
    f.case("gated by head", "LinearAttention", q, k, v, state, decay, update_rule="gated", **heads)
    f.case("gated by element", "LinearAttention", q, k, v, None, wide, update_rule="gated", **heads)
    f.case("delta", "LinearAttention", q, k, v, state, None, rate, update_rule="delta", **heads)
    f.case("gated delta", "LinearAttention", q, k, v, state, decay, rate, **heads)
    f.case("gated delta with a shared rate", "LinearAttention", q, k, v, state, wide,
           rate[:, :, :1].copy(), **heads)
    f.case("half with a float state", "LinearAttention", *[t.astype(np.float16) for t in (q, k, v)],
           state, update_rule="linear", **heads)
    x, w, b = eighths(2, 3, 5), eighths(3, 1, 3), eighths(3)
    f.case("causal", "CausalConvWithState", x, w, results=2, opset=27)
    f.case("causal with bias", "CausalConvWithState", x, w, b, results=2, activation="silu", opset=27)
    f.case("causal with a past", "CausalConvWithState", x, w, None, eighths(2, 3, 2), results=2,
           opset=27)
    f.case("causal of little", "CausalConvWithState", x[:, :, :1].copy(), w, b, eighths(2, 3, 2),
           results=2, activation="swish", opset=27)
    f.case("causal of one tap", "CausalConvWithState", x, eighths(3, 1, 1), results=2, opset=27)
    f.write()


def texts():
    f = Family("strings")
    a, b = strings("a", "", "c d"), strings("x", "ü%", "")
    f.case("join", "StringConcat", a, b)
    f.case("join each", "StringConcat", a.reshape(3, 1), b)
    f.case("join none", "StringConcat", strings().reshape(0, 3), b)
    # Runtimes disagree on the parts of an empty string.
    lines = strings("a,b,,c", ",", "no", ",x,")
    f.case("split", "StringSplit", lines, delimiter=",", results=2)
    f.case("split twice", "StringSplit", lines, delimiter=",", maxsplit=2, results=2)
    f.case("split by two", "StringSplit", strings("a--b---c", "--"), delimiter="--", results=2)
    f.case("split at spaces", "StringSplit", strings(" a  b c", "d", "  ").reshape(3, 1), results=2)
    f.case("split at a space", "StringSplit", strings("a  b c", "d"), maxsplit=1, results=2)
    f.case("split none", "StringSplit", strings().reshape(0, 2), results=2)
    grid = strings("a", "b", "c", "", "e", "f").reshape(2, 3)
    f.case("transpose", "Transpose", grid)
    f.case("slice", "Slice", grid, ints(2), ints(-9), ints(1), ints(-2))
    f.case("divide", "Split", grid, ints(1, 2), results=2, axis=1)
    f.case("gather", "Gather", grid, ints(2, 0), axis=1)
    f.case("expand", "Expand", strings("a", "b").reshape(2, 1), ints(2, 2, 2))
    f.case("concat", "Concat", grid, grid, axis=1)
    days = strings("Monday", "tuesday", "monday", "Élan")
    for action in ["NONE", "LOWER", "UPPER"]:
        for strict in [0, 1]:
            f.case(f"normalize {action} {strict}", "StringNormalizer", days, stopwords=["monday"],
                   case_change_action=action, is_case_sensitive=strict, locale="C.UTF-8")
        f.case(f"normalize a row {action}", "StringNormalizer", days.reshape(1, 4),
               case_change_action=action, locale="C.UTF-8")
    f.case("normalize to nothing", "StringNormalizer", strings("a", "b"), stopwords=["a", "b"],
           is_case_sensitive=1)
    f.case("normalize a row to nothing", "StringNormalizer", strings("a", "a").reshape(1, 2),
           stopwords=["a"], is_case_sensitive=1)
    counts = {"ngram_counts": [0, 4], "ngram_indexes": [0, 1, 2, 3, 4, 5, 6]}
    numbers = {**counts, "pool_int64s": [2, 3, 5, 4, 5, 6, 7, 8, 6, 7]}
    row = np.asarray([1, 1, 3, 3, 3, 7, 8, 6, 7, 5, 6, 8], np.int32)
    for skips in [0, 5]:
        for least in [1, 2]:
            f.case(f"count {least} {skips}", "TfIdfVectorizer", row, mode="TF", min_gram_length=least,
                   max_gram_length=2, max_skip_count=skips, **numbers)
    weights = [2.0, 3.0, 0.5, 1.0, 4.0, 0.25, 1.5]
    for mode in ["IDF", "TFIDF"]:
        f.case(f"weigh {mode}", "TfIdfVectorizer", row.reshape(2, 6).astype(np.int64), mode=mode,
               min_gram_length=1, max_gram_length=2, max_skip_count=1, weights=weights, **numbers)
    named = {**counts, "pool_strings": ["two", "three", "five", "four", "five", "six", "seven",
                                        "eight", "six", "seven"]}
    f.case("count words", "TfIdfVectorizer",
           strings("five", "six", "x", "seven", "eight", "two").reshape(2, 3), mode="TF",
           min_gram_length=1, max_gram_length=2, max_skip_count=0, **named)
    f.write()


def fused():
    f = Family("fused")
    ms, x = "com.microsoft::", eighths(2, 3, 4)
    f.case("skip with the sum", ms + "SkipLayerNormalization", x, eighths(2, 3, 4), eighths(4),
           eighths(4), results=4, omitted=(1, 2))
    for shape in [(3, 4), (1, 3, 4)]:
        f.case(f"skip of {shape}", ms + "SkipLayerNormalization", x, eighths(*shape), eighths(4))
    f.case("skip rms with bias and sum", ms + "SkipSimplifiedLayerNormalization", x,
           eighths(2, 3, 4), eighths(4), eighths(4), results=4, omitted=(1, 2))
    ids = np.asarray([[1, 3, 0], [2, 2, 1]], np.int32)
    tables = [eighths(4, 8), eighths(3, 8), None, eighths(8), eighths(8)]
    f.case("embed without segments", ms + "EmbedLayerNormalization", ids, None, *tables, results=3)
    f.case("embed at places", ms + "EmbedLayerNormalization", ids, None, *tables, None,
           np.asarray([[2, 1, 0]], np.int32), results=2)
    image, weight = eighths(1, 2, 4, 4), eighths(3, 2, 3, 3)
    for name, extra in {"Tanh": {}, "Sigmoid": {}, "Clip": {"activation_params": [-0.5, 1.0]}}.items():
        f.case(f"convolution {name}", ms + "FusedConv", image, weight, eighths(3), activation=name,
               **extra)
    f.case("product with a transposed factor", ms + "FusedMatMul", eighths(2, 3, 2), eighths(2, 4, 2),
           transB=1, alpha=2.0)
    f.case("product of matrices and a batch", ms + "FusedMatMul", eighths(3, 2), eighths(2, 2, 4))
    f.case("multi-head with a bias of scores", ms + "MultiHeadAttention", eighths(2, 3, 4),
           eighths(2, 5, 4), eighths(2, 5, 4), None, None, eighths(1, 2, 3, 5), num_heads=2)
    f.case("multi-head of split heads", ms + "MultiHeadAttention", eighths(2, 3, 4),
           eighths(2, 2, 5, 2), eighths(2, 2, 5, 2), num_heads=2)
    f.case("projected to wide values", ms + "Attention", x, eighths(4, 14), eighths(14), num_heads=2,
           qkv_hidden_sizes=[4, 4, 6])
    f.case("projected and scaled", ms + "Attention", x, eighths(4, 12), eighths(12), num_heads=2,
           scale=0.5)
    for op in ["BiasGelu", "FastGelu"]:
        f.case(f"{op} of a number", ms + op, x, number([0.25, 0.5, -1, 2]))
    f.write()


if __name__ == "__main__":
    for make in [losses, streaming, texts, fused]:
        make()
