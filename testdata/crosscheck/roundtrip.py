#!/usr/bin/env python3
"""Checks that `pcc opt IN -o OUT` loses nothing, with onnx and onnxruntime as judges.

  roundtrip.py PCC MODEL_OR_FOLDER... [--strict]

Each OUT must pass onnx.checker where IN does, give bit for bit the outputs of IN in onnxruntime (both
may fail to load), and hold the same messages, but for the order of nodes and of fields. With --strict
attributes must agree too; without, only where the operator set is 18 or later, because pcc may spell
a default out. Models that onnxruntime cannot run are compared by their messages only."""
import argparse
import pathlib
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime as ort

import judge


def extents(value, seed):
    """The shape to draw for an input; dimensions without a number get a small one."""
    chosen = []
    for index, dim in enumerate(value.shape):
        if isinstance(dim, int) and dim > 0:
            chosen.append(dim)
        else:
            chosen.append(1 + seed if index == 0 else 16 if len(value.shape) < 4 else 64)
    return chosen


def outputs(path, seed):
    """The outputs for seeded inputs; the error's text where onnxruntime refuses."""
    try:
        session = judge.session(path)
        shapes = {v.name: extents(v, seed) for v in session.get_inputs()}
        return session.run(None, judge.inputs(session, shapes, seed))
    except Exception as error:  # noqa: BLE001: onnxruntime raises many kinds
        return str(error).splitlines()[0]


def checked(path):
    """Whether onnx.checker accepts the model."""
    try:
        onnx.checker.check_model(str(path))
        return True
    except onnx.checker.ValidationError:
        return False


def normalised(graph):
    """Puts what has no order into one, and drops what pcc may spell in another way."""
    nodes = sorted(graph.node, key=lambda n: (list(n.output), n.name))
    del graph.node[:]
    graph.node.extend(nodes)
    for field in ("initializer", "value_info"):
        entries = sorted(getattr(graph, field), key=lambda e: e.name)
        del getattr(graph, field)[:]
        getattr(graph, field).extend(entries)
    for node in graph.node:
        attributes = sorted(node.attribute, key=lambda a: a.name)
        del node.attribute[:]
        node.attribute.extend(attributes)
        for field in ("name", "domain"):
            if not getattr(node, field):
                node.ClearField(field)
        for attribute in node.attribute:
            if attribute.HasField("g"):
                normalised(attribute.g)
            for sub in attribute.graphs:
                normalised(sub)
    for tensor in graph.initializer:
        tensor.ClearField("external_data")


def difference(left, right, strict):
    """The first message in which the models differ; None if there is none."""
    for model in (left, right):
        normalised(model.graph)
        for entry in model.opset_import:
            if not entry.domain:
                entry.ClearField("domain")
    for field in left.DESCRIPTOR.fields:
        if field.name == "graph":
            continue
        if getattr(left, field.name) != getattr(right, field.name):
            return f"field {field.name}"
    for field in left.graph.DESCRIPTOR.fields:
        a, b = getattr(left.graph, field.name), getattr(right.graph, field.name)
        if not hasattr(a, "__len__") or isinstance(a, (str, bytes)):
            if a != b:
                return f"graph field {field.name}"
            continue
        if len(a) != len(b):
            return f"{len(a)} {field.name}s became {len(b)}"
        for x, y in zip(a, b):
            if field.name == "node" and not strict:
                for node in (x, y):
                    del node.attribute[:]
            if x.SerializeToString(deterministic=True) != y.SerializeToString(deterministic=True):
                return f"{field.name} {x.name or getattr(x, 'output', '')}"
    return None


def compare(binary, source, folder, strict):
    """Raises AssertionError for the first way in which the round trip changes the model."""
    target = pathlib.Path(folder) / source.name
    judge.pcc(binary, "opt", source, "-o", target, "--force")
    assert checked(target) or not checked(source), "onnx.checker refuses the output"
    for seed in (0, 1):
        expected, found = outputs(source, seed), outputs(target, seed)
        if isinstance(expected, str) or isinstance(found, str):
            assert isinstance(expected, str) and isinstance(found, str), f"{expected} / {found}"
            continue
        for index, (a, b) in enumerate(zip(expected, found, strict=True)):
            same = np.array_equal(a, b, equal_nan=np.asarray(a).dtype.kind == "f")
            assert same, f"output {index} differs"
    left, right = onnx.load(source), onnx.load(target)
    opset = max((i.version for i in left.opset_import if i.domain in ("", "ai.onnx")), default=0)
    found = difference(left, right, strict or opset >= 18)
    assert found is None, found
    return not isinstance(expected, str)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pcc")
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--strict", action="store_true")
    arguments = parser.parse_args()
    ort.set_default_logger_severity(4)
    models = []
    for path in arguments.models:
        models += sorted(path.glob("*.onnx")) if path.is_dir() else [path]
    failed = 0
    for model in models:
        with tempfile.TemporaryDirectory() as folder:
            try:
                ran = compare(arguments.pcc, model, folder, arguments.strict)
                print(f"ok    {model.name}{'' if ran else ' (messages only)'}", flush=True)
            except AssertionError as error:
                failed += 1
                print(f"FAIL  {model.name}: {error}", flush=True)
    print(f"{len(models) - failed} of {len(models)} round trips lose nothing")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
