#!/usr/bin/env python3
"""Checks `pcc opt --passes all` with onnx and onnxruntime as judges.

  opt.py PCC MODEL_OR_FOLDER... [--passes LIST]

The result must pass onnx.checker where the model does, have the model's inputs and outputs with their
types and dynamic dimensions, give its outputs within 1e-4 relative at two sizes, and be written byte for
byte the same after the same passes again. Models that onnxruntime cannot run are judged by the rest."""
import argparse
import pathlib
import sys
import tempfile

import onnx
import onnxruntime as ort

import judge
import roundtrip


def checked(path):
    """Whether onnx.checker accepts the model, inferred shapes included."""
    try:
        onnx.checker.check_model(str(path), full_check=True)
        return True
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError):
        return False


def extents(value):
    """The declared extents of a value: numbers, names, and None; None if there is no shape."""
    kind = value.type.tensor_type
    if not kind.HasField("shape"):
        return None
    return [d.dim_value if d.HasField("dim_value") else d.dim_param or None for d in kind.shape.dim]


def compare_signatures(left, right):
    """Fails unless inputs and outputs agree; what the left leaves open the right may say."""
    constants = {c.name for c in left.graph.initializer} if left.ir_version < 4 else set()
    pairs = [([v for v in m.graph.input if v.name not in constants], list(m.graph.output))
             for m in (left, right)]
    for before, after in zip(*pairs, strict=True):
        assert [v.name for v in before] == [v.name for v in after], "names of inputs or outputs"
        for old, new in zip(before, after):
            a, b = extents(old), extents(new)
            if not old.type.WhichOneof("value"):
                continue
            assert old.type.tensor_type.elem_type == new.type.tensor_type.elem_type, old.name
            same = a is None or len(a) == len(b) and all(x in (None, y) for x, y in zip(a, b))
            assert same, f"{old.name}: {a} became {b}"


def check(binary, source, folder, passes):
    """Checks one model and returns a line about it."""
    once, twice = (pathlib.Path(folder) / f"{n}-{source.name}" for n in (1, 2))
    judge.pcc(binary, "opt", source, "-o", once, "--passes", passes, "-q")
    left, right = onnx.load(source), onnx.load(once)
    assert checked(once) or not checked(source), "onnx.checker refuses the output"
    compare_signatures(left, right)
    worst, ran = 0.0, True
    for seed in (0, 1):
        expected, found = roundtrip.outputs(source, seed), roundtrip.outputs(once, seed)
        if isinstance(expected, str):
            ran = False
            continue
        assert not isinstance(found, str), found
        worst = max(worst, judge.difference(expected, found))
    assert worst <= judge.TOLERANCE, f"onnxruntime sees a difference of {worst:.2e}"
    judge.pcc(binary, "opt", once, "-o", twice, "--passes", passes, "-q")
    texts = [judge.pcc(binary, "print", path) for path in (once, twice)]
    assert texts[0] == texts[1], "the passes find more in the result"
    is_external = len(list(pathlib.Path(folder).iterdir())) > 2
    assert is_external or once.read_bytes() == twice.read_bytes(), "the result is written otherwise"
    seen = f"difference {worst:.1e}" if ran else "not run"
    return f"nodes {len(left.graph.node):5d} -> {len(right.graph.node):5d}  {seen}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pcc")
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--passes", default="all")
    options = parser.parse_args()
    ort.set_default_logger_severity(4)
    models = []
    for path in options.models:
        models += sorted(path.glob("*.onnx")) if path.is_dir() else [path]
    failed = 0
    for model in models:
        with tempfile.TemporaryDirectory() as folder:
            try:
                line = check(options.pcc, model, folder, options.passes)
                print(f"ok    {model.name:32s} {line}", flush=True)
            except Exception as error:  # noqa: BLE001: every failure of a model is reported
                failed += 1
                print(f"FAIL  {model.name:32s} {str(error).strip()[:300]}", flush=True)
    print(f"{len(models) - failed} of {len(models)} models stay the same")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
