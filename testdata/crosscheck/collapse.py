#!/usr/bin/env python3
"""Checks augment and collapse with onnxruntime as the judge.

  collapse.py PCC MODEL... [--criterion l2] [--ratio 0.5] [--heads] [--threshold 0.5] [--trained]

For each model: gated.onnx and small.onnx load and run; small.onnx equals, within 1e-4 relative, the
masked model that masking.py derives from gated.onnx by name; `--masked` agrees with that, NAME.w
within 2 ulp and everything else bit for bit. With --trained the models have gates already."""
import argparse
import json
import os
import sys
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper

import judge
import masking


def compare_masked(derived, written):
    """Fails unless the two masked models agree: NAME.w within 2 ulp, all else bit for bit."""
    names = {gate["name"] + ".w" for gate in masking.table(derived)["gates"]}
    nodes = [[n.SerializeToString() for n in m.graph.node] for m in (derived, written)]
    assert nodes[0] == nodes[1], "the nodes differ"
    left, right = ({c.name: c for c in m.graph.initializer} for m in (derived, written))
    assert left.keys() == right.keys(), f"initializers differ: {left.keys() ^ right.keys()}"
    for name, constant in left.items():
        if name in names:
            pair = [numpy_helper.to_array(c) for c in (constant, right[name])]
            assert pair[0].shape == pair[1].shape, f"shapes of {name} differ"
            zeros = [p == 0 for p in pair]
            assert np.array_equal(*zeros), f"{name} closes other channels"
            assert masking.ulps(*pair) <= 2, f"{name} is {masking.ulps(*pair)} ulp apart"
        else:
            assert constant.SerializeToString() == right[name].SerializeToString(), f"{name} differs"
    for field in ("input", "output"):
        values = [[v.SerializeToString() for v in getattr(m.graph, field)]
                  for m in (derived, written)]
        assert values[0] == values[1], f"graph {field}s differ"


def check(model, options, folder):
    """Checks one model and returns a line about it."""
    gated, small, mask = (os.path.join(folder, n) for n in ("g.onnx", "s.onnx", "m.onnx"))
    if options.trained:
        gated = model
    else:
        judge.pcc(options.pcc, "augment", model, "-o", gated, "--criterion", options.criterion,
                  "--ratio", options.ratio, "-q", *(["--heads"] if options.heads else []))
    report = json.loads(judge.pcc(
        options.pcc, "collapse", gated, "-o", small, "--threshold", options.threshold,
        "--masked", mask, "--json", "-q"))
    assert report["verify"]["ok"], report["verify"]
    content = onnx.load(gated)
    derived = masking.masked(content, options.threshold, report["reopened"])
    compare_masked(derived, onnx.load(mask))
    extents = judge.shapes(options.pcc, gated)
    reference, result = judge.session(derived.SerializeToString()), judge.session(small)
    judge.session(gated).run(None, judge.inputs(judge.session(gated), extents, 0))
    onnx.checker.check_model(small, full_check=True)
    worst = 0.0
    for seed in range(3):
        drawn = judge.inputs(reference, extents, seed)
        expected, found = reference.run(None, drawn), result.run(None, drawn)
        worst = max(worst, judge.difference(expected, found))
    assert worst <= judge.TOLERANCE, f"onnxruntime sees a difference of {worst:.2e}"
    left = report["macs_after"] / max(1, report["macs_before"])
    return (f"MACs {left:6.1%}  removed channels {report['removed_channels']:5d}  "
            f"difference {worst:.1e}  cuts {report['verify']['cuts']}")


def main():
    """Checks all models; exits with 1 if one fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pcc")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--criterion", default="l2")
    parser.add_argument("--ratio", default="0.5")
    parser.add_argument("--heads", action="store_true")
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument("--trained", action="store_true")
    options = parser.parse_args()
    failed = 0
    for model in options.models:
        with tempfile.TemporaryDirectory() as folder:
            name = os.path.basename(model)
            try:
                print(f"ok    {name:28s} {check(model, options, folder)}", flush=True)
            except Exception as error:  # every failure of a model is reported, none ends the run
                failed += 1
                print(f"FAIL  {name:28s} {str(error).strip()[:400]}", flush=True)
    print(f"{len(options.models) - failed} of {len(options.models)} models pass")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
