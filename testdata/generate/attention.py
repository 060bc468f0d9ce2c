#!/usr/bin/env python3
"""Exports transformers whose attention is spelled in the ways that exporters and authors have.

  attention.py FOLDER

Every model is exported by both of torch's exporters, with a fixed and with a dynamic batch where the
exporter takes one. Check them with testdata/crosscheck/collapse.py."""
import math
import os
import sys

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import nn
from torch.nn import functional as F

WIDTH, HEADS, SIZE, LENGTH = 48, 4, 12, 10


def scores(q, k, scale=None, bias=None):
    """Softmax of scaled products, with what is added to them."""
    s = q @ k.transpose(-1, -2) * (scale or 1 / math.sqrt(q.shape[-1]))
    return (s if bias is None else s + bias).softmax(-1)


class PackedView(nn.Module):
    """One projection, viewed as [batch, length, 3, heads, size], permuted and unbound."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, HEADS, SIZE).permute(2, 0, 3, 1, 4).unbind(0)
        return (scores(q, k) @ v).transpose(1, 2).reshape(b, n, WIDTH)


class PackedHeads(nn.Module):
    """One projection, each head's queries, keys and values together, as in GPT-NeoX."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = self.qkv(x).view(b, n, HEADS, 3 * SIZE).transpose(1, 2).chunk(3, -1)
        return (scores(q, k) @ v).transpose(1, 2).reshape(b, n, WIDTH)


class PackedChunks(nn.Module):
    """One projection, split by thirds of its width, as in GPT-2; a causal mask."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.register_buffer("mask", torch.full((LENGTH, LENGTH), -1e4).triu(1))

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = (t.view(b, n, HEADS, SIZE).transpose(1, 2) for t in self.qkv(x).split(WIDTH, -1))
        return (scores(q, k, bias=self.mask) @ v).transpose(1, 2).contiguous().view(b, n, WIDTH)


class Separate(nn.Module):
    """Three projections, and a learned bias of the scores for each head and distance."""

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.table = nn.Parameter(torch.randn(2 * LENGTH - 1, HEADS))
        place = torch.arange(LENGTH)
        self.register_buffer("index", place[:, None] - place[None, :] + LENGTH - 1)

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = (f(x).view(b, n, HEADS, SIZE).transpose(1, 2) for f in (self.q, self.k, self.v))
        bias = self.table[self.index].permute(2, 0, 1)[None]
        return (scores(q, k, bias=bias) @ v).transpose(1, 2).reshape(b, n, WIDTH)


class Grouped(nn.Module):
    """Grouped queries with rotary positions computed in the model, as in Llama."""

    def __init__(self, groups=2):
        super().__init__()
        self.groups = groups
        self.q = nn.Linear(WIDTH, WIDTH, bias=False)
        self.k, self.v = (nn.Linear(WIDTH, groups * SIZE, bias=False) for _ in range(2))
        self.register_buffer("frequencies", 1 / 100 ** (torch.arange(0, SIZE, 2) / SIZE))

    def turn(self, x):
        angles = torch.arange(x.shape[-2])[:, None] * self.frequencies[None]
        cos, sin = (f(torch.cat([angles, angles], -1)) for f in (torch.cos, torch.sin))
        a, b = x[..., : SIZE // 2], x[..., SIZE // 2 :]
        return x * cos + torch.cat([-b, a], -1) * sin

    def forward(self, x):
        b, n, _ = x.shape
        q = self.turn(self.q(x).view(b, n, HEADS, SIZE).transpose(1, 2))
        k = self.turn(self.k(x).view(b, n, self.groups, SIZE).transpose(1, 2))
        v = self.v(x).view(b, n, self.groups, SIZE).transpose(1, 2)
        share = HEADS // self.groups
        k, v = (
            t[:, :, None].expand(b, self.groups, share, n, SIZE).reshape(b, HEADS, n, SIZE)
            for t in (k, v)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return y.transpose(1, 2).reshape(b, n, WIDTH)


class Single(Grouped):
    """One head of keys and values for all queries."""

    def __init__(self):
        super().__init__(groups=1)


class Product(nn.Module):
    """Einsum all the way, with heads as an axis of the weights."""

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = (
            nn.Parameter(torch.randn(WIDTH, HEADS, SIZE) / 7) for _ in range(3)
        )

    def forward(self, x):
        q, k, v = (torch.einsum("bnd,dhe->bhne", x, w) for w in (self.q, self.k, self.v))
        s = torch.einsum("bhne,bhme->bhnm", q, k) / math.sqrt(SIZE)
        y = torch.einsum("bhnm,bhme->bnhe", s.softmax(-1), v)
        return y.reshape(x.shape[0], x.shape[1], WIDTH)


class Linear(nn.Module):
    """Attention without softmax: keys times values first."""

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(WIDTH, WIDTH) for _ in range(3))

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = (f(x).view(b, n, HEADS, SIZE).transpose(1, 2) for f in (self.q, self.k, self.v))
        return (F.relu(q) @ (F.relu(k).transpose(-1, -2) @ v)).transpose(1, 2).reshape(b, n, WIDTH)


class Cosine(nn.Module):
    """Queries and keys of length one and a learned scale, as in Swin v2."""

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.scale = nn.Parameter(torch.rand(HEADS, 1, 1) + 5)

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = (f(x).view(b, n, HEADS, SIZE).transpose(1, 2) for f in (self.q, self.k, self.v))
        s = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-1, -2) * self.scale
        return (s.softmax(-1) @ v).transpose(1, 2).reshape(b, n, WIDTH)


class Convolved(nn.Module):
    """Projections by 1x1 convolutions of images, positions last, as in diffusion models."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Conv1d(WIDTH, 3 * WIDTH, 1)

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = self.qkv(x.transpose(1, 2)).view(b * HEADS, 3 * SIZE, n).chunk(3, 1)
        s = torch.einsum("bct,bcs->bts", q * SIZE**-0.25, k * SIZE**-0.25).softmax(-1)
        return torch.einsum("bts,bcs->bct", s, v).reshape(b, WIDTH, n).transpose(1, 2)


class Latent(nn.Module):
    """Queries that are learned read the sequence, and the sequence reads them."""

    def __init__(self):
        super().__init__()
        self.latents = nn.Parameter(torch.randn(1, 3, WIDTH))
        self.read, self.write = (nn.MultiheadAttention(WIDTH, HEADS, batch_first=True) for _ in "ab")

    def forward(self, x):
        queries = self.latents.expand(x.shape[0], 3, WIDTH)
        latents = self.read(queries, x, x, need_weights=False)[0]
        return self.write(x, latents, latents, need_weights=False)[0]


class Block(nn.Module):
    """Attention and a feed-forward network on a residual stream."""

    def __init__(self, attention, gated):
        super().__init__()
        self.attention = attention
        self.n1, self.n2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.up = nn.Linear(WIDTH, 2 * WIDTH)
        self.gate = nn.Linear(WIDTH, 2 * WIDTH) if gated else None
        self.down = nn.Linear(2 * WIDTH, WIDTH)

    def forward(self, x):
        x = x + self.out(self.attention(self.n1(x)))
        y = self.n2(x)
        hidden = self.up(y) * F.gelu(self.gate(y)) if self.gate else F.gelu(self.up(y))
        return x + self.down(hidden)


class Model(nn.Module):
    """Two blocks behind an embedding of numbers."""

    def __init__(self, attention, gated):
        super().__init__()
        self.embed = nn.Linear(6, WIDTH)
        self.blocks = nn.Sequential(*(Block(attention(), gated) for _ in range(2)))
        self.head = nn.Linear(WIDTH, 5)

    def forward(self, x):
        return self.head(self.blocks(self.embed(x)))


KINDS = [
    PackedView, PackedHeads, PackedChunks, Separate, Grouped, Single, Product, Linear, Cosine,
    Convolved, Latent,
]


class Fused:
    """Builds a block of operators that runtimes fuse, on a residual stream [2, LENGTH, WIDTH]."""

    def __init__(self, opset):
        self.opset, self.nodes, self.weights = opset, [], []
        self.random = np.random.default_rng(0)

    def weight(self, *shape):
        name = f"w{len(self.weights)}"
        values = self.random.normal(size=shape) / math.sqrt(shape[0])
        self.weights.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    def add(self, op, *inputs, domain="", **attributes):
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], domain=domain, **attributes))
        return name

    def linear(self, x, inner, outer):
        return self.add("Add", self.add("MatMul", x, self.weight(inner, outer)), self.weight(outer))

    def block(self, x, attention, activation):
        y = self.add("LayerNormalization", x, self.weight(WIDTH), self.weight(WIDTH))
        x = self.add("Add", x, self.linear(attention(y), WIDTH, WIDTH))
        y = self.add("LayerNormalization", x, self.weight(WIDTH), self.weight(WIDTH))
        return self.add("Add", x, self.linear(activation(y), 2 * WIDTH, WIDTH))

    def save(self, result, path):
        shape = [2, LENGTH, WIDTH]
        x, y = (helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, shape) for n in ("x", "y"))
        self.nodes.append(helper.make_node("Identity", [result], ["y"]))
        graph = helper.make_graph(self.nodes, "fused", [x], [y], self.weights)
        opsets = [helper.make_opsetid("", self.opset), helper.make_opsetid("com.microsoft", 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10), path)


def fused(folder):
    """Writes models of fused operators: com.microsoft's, and those of operator set 23."""
    ms = {"domain": "com.microsoft"}
    build = Fused(17)

    def projected(y):
        return build.add(
            "Attention", y, build.weight(WIDTH, 3 * WIDTH), build.weight(3 * WIDTH),
            num_heads=HEADS, **ms)

    def multihead(y):
        q, k, v = (build.linear(y, WIDTH, WIDTH) for _ in range(3))
        return build.add("MultiHeadAttention", q, k, v, num_heads=HEADS, **ms)

    def biased(y):
        q, k, v = (build.add("MatMul", y, build.weight(WIDTH, WIDTH)) for _ in range(3))
        return build.add(
            "MultiHeadAttention", q, k, v, build.weight(3 * WIDTH), num_heads=HEADS, **ms)

    def gelu(y):
        y = build.add("MatMul", y, build.weight(WIDTH, 2 * WIDTH))
        return build.add("BiasGelu", y, build.weight(2 * WIDTH), **ms)

    def fast(y):
        y = build.add("MatMul", y, build.weight(WIDTH, 2 * WIDTH))
        return build.add("FastGelu", y, build.weight(2 * WIDTH), **ms)

    def quick(y):
        return build.add("QuickGelu", build.linear(y, WIDTH, 2 * WIDTH), **ms)

    x = build.block("x", projected, gelu)
    x = build.block(x, multihead, fast)
    build.save(build.block(x, biased, quick), os.path.join(folder, "fused-microsoft.onnx"))

    build = Fused(23)

    def rotary(y):
        q, k, v = build.linear(y, WIDTH, WIDTH), *(build.linear(y, WIDTH, 2 * SIZE) for _ in "kv")
        cos, sin = (build.weight(2, LENGTH, SIZE // 2) for _ in range(2))
        q = build.add("RotaryEmbedding", q, cos, sin, num_heads=HEADS)
        k = build.add("RotaryEmbedding", k, cos, sin, num_heads=2, interleaved=0)
        return build.add("Attention", q, k, v, q_num_heads=HEADS, kv_num_heads=2, is_causal=1)

    def swish(y):
        up = build.linear(y, WIDTH, 2 * WIDTH)
        gate = build.linear(y, WIDTH, 2 * WIDTH)
        return build.add("Mul", up, build.add("Mul", gate, build.add("Sigmoid", gate)))

    build.save(build.block("x", rotary, swish), os.path.join(folder, "fused-opset23.onnx"))


def main():
    """Exports all models; prints what an exporter refuses."""
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for kind in KINDS:
        torch.manual_seed(0)
        model = Model(kind, gated=kind in (Grouped, Separate)).eval()
        x = torch.randn(2, LENGTH, 6)
        for dynamo in (False, True):
            name = f"{kind.__name__.lower()}-{'dynamo' if dynamo else 'script'}.onnx"
            batch = (
                {"dynamic_shapes": ({0: torch.export.Dim("batch")},)}
                if dynamo
                else {"dynamic_axes": {"x": {0: "batch"}}}
            )
            try:
                torch.onnx.export(
                    model, (x,), os.path.join(folder, name), input_names=["x"],
                    output_names=["y"], dynamo=dynamo, **batch,
                    **({"external_data": False} if dynamo else {"opset_version": 17}),
                )
            except Exception as error:  # an exporter's refusal ends no other model
                print(f"{name}: {str(error).splitlines()[0][:120]}")
    fused(folder)


if __name__ == "__main__":
    main()
