#!/usr/bin/env python3
"""Exports transformers whose attention is spelled in the ways that exporters and authors have.

  attention.py FOLDER

Every model is exported by both of torch's exporters, with a fixed and with a dynamic batch where the
exporter takes one. Check them with testdata/crosscheck/collapse.py."""
import math
import os
import sys

import torch
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


KINDS = [PackedView, PackedHeads, PackedChunks, Separate, Grouped, Single, Product, Linear]


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


if __name__ == "__main__":
    main()
