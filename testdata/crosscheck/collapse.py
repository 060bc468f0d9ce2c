#!/usr/bin/env python3
"""Checks augment and collapse with onnxruntime as the judge.

  collapse.py PCC MODEL... [--criterion l2] [--ratio 0.5] [--heads] [--threshold 0.5] [--trained]
              [--table FILE.md]

For each model: gated.onnx and small.onnx load and run; small.onnx equals, within 1e-4 relative, the
masked model that masking.py derives from gated.onnx by name; `--masked` agrees with that, NAME.w
within 2 ulp and everything else bit for bit. Where the batch is open, one comparison is at a batch of 3.
With --trained the models have gates already. --table writes what is left of each model as Markdown."""
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
    """Checks one model and returns the report of collapse with the worst difference."""
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
    other = judge.other_batch(reference, extents)
    for seed in range(3):
        drawn = judge.inputs(reference, other if other and seed == 2 else extents, seed)
        expected, found = reference.run(None, drawn), result.run(None, drawn)
        worst = max(worst, judge.difference(expected, found))
    assert worst <= judge.TOLERANCE, f"onnxruntime sees a difference of {worst:.2e}"
    report["difference"], report["batch"] = worst, 3 if other else None
    return report


def share(report, what):
    """What is left of the MACs or parameters."""
    return report[f"{what}_after"] / max(1, report[f"{what}_before"])


def write_table(path, rows, options):
    """Writes what is left of each model as Markdown."""
    lines = [
        "# What one-shot pruning leaves", "",
        f"`pcc augment --criterion {options.criterion} --ratio {options.ratio}`, then `pcc collapse`, on exports of",
        f"common architectures: every channel group that can be gated loses {options.ratio} of its channels,",
        "rounded down, and no more. Nothing is trained, so this shows reach, not accuracy. onnxruntime compares",
        "the result with the masked model; the difference is relative to the largest output, and where the",
        "batch is open one comparison is at a batch of 3.", "",
        "```sh", "python3 testdata/crosscheck/collapse.py .build/release/pcc *.onnx --table Docs/Pruning.md",
        "```", "",
        "| model | MACs | left | parameters | left | channels removed | difference | batch |",
        "|---|--:|--:|--:|--:|--:|--:|--:|"]
    for name, report in rows:
        lines.append(
            f"| {name} | {report['macs_before']:,} | {share(report, 'macs'):.1%} |"
            f" {report['params_before']:,} | {share(report, 'params'):.1%} |"
            f" {report['removed_channels']:,} | {report['difference']:.1e} | {report['batch'] or ''} |")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


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
    parser.add_argument("--table")
    options = parser.parse_args()
    rows, failed = [], 0
    for model in options.models:
        with tempfile.TemporaryDirectory() as folder:
            name = os.path.basename(model)
            try:
                report = check(model, options, folder)
                rows.append((name.removesuffix(".onnx"), report))
                print(f"ok    {name:28s} MACs {share(report, 'macs'):6.1%}  removed channels "
                      f"{report['removed_channels']:5d}  difference {report['difference']:.1e}  "
                      f"cuts {report['verify']['cuts']}", flush=True)
            except Exception as error:  # every failure of a model is reported, none ends the run
                failed += 1
                print(f"FAIL  {name:28s} {str(error).strip()[:400]}", flush=True)
    if options.table:
        write_table(options.table, rows, options)
    print(f"{len(options.models) - failed} of {len(options.models)} models pass")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
