#!/usr/bin/env python3
"""Checks `pcc run` with onnxruntime as the judge.

  run.py PCC MODEL_OR_FOLDER... [--seed N] [--timeout S]

Each model is run on the same seeded inputs by both, at the shapes that pcc chooses. The largest
difference of an output, relative to its largest value, must be within 1e-3 for every model, and within
1e-4 for at least half of them. Models that onnxruntime cannot run are skipped. Exits with 1 if a model
differs or pcc cannot run it."""
import argparse
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

import judge

WORST, MEDIAN = 1e-3, 1e-4


def models(paths):
    """The model files among paths, folders searched."""
    for path in map(pathlib.Path, paths):
        yield from sorted(path.glob("*.onnx")) if path.is_dir() else [path]


def compare(options, path, folder):
    """The difference of the outputs and the seconds that each run took; a text where there is none."""
    try:
        session = judge.session(path)
    except Exception as error:  # noqa: BLE001: onnxruntime raises many kinds
        return f"skipped: onnxruntime: {str(error).splitlines()[0][:90]}"
    if any("tensor" not in value.type or "seq" in value.type for value in session.get_inputs()):
        return "skipped: inputs that are no tensors"
    drawn = judge.inputs(session, judge.shapes(options.pcc, path), options.seed)
    try:
        expected = session.run(None, drawn)
    except Exception as error:  # noqa: BLE001
        return f"skipped: onnxruntime: {str(error).splitlines()[0][:90]}"
    arguments = ["run", path, "-o", folder / "out.npz", "-q"]
    for number, (name, array) in enumerate(drawn.items()):
        np.save(folder / f"{number}.npy", array)
        arguments += ["--input", f"{name}={folder / f'{number}.npy'}"]
    start = time.monotonic()
    command = [options.pcc, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=options.timeout)
    seconds = time.monotonic() - start
    if done.returncode != 0:
        return f"FAIL: {done.stderr.strip()[:200]}"
    with np.load(folder / "out.npz") as archive:
        found = [archive[value.name] for value in session.get_outputs()]
    return judge.difference(expected, found), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pcc")
    parser.add_argument("paths", nargs="+", metavar="MODEL_OR_FOLDER")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--timeout", type=float, default=600, metavar="S")
    options = parser.parse_args()
    differences, failed = [], False
    for path in models(options.paths):
        with tempfile.TemporaryDirectory() as folder:
            try:
                found = compare(options, path, pathlib.Path(folder))
            except (AssertionError, subprocess.TimeoutExpired) as error:
                found = f"FAIL: {str(error).splitlines()[-1][:200]}"
        if isinstance(found, str):
            failed = failed or found.startswith("FAIL")
            print(f"{path.name:36} {found}", flush=True)
            continue
        differences.append(found[0])
        wrong = not found[0] <= WORST
        failed = failed or wrong
        mark = "FAIL: " if wrong else ""
        print(f"{path.name:36} {mark}{found[0]:.1e} {found[1]:7.2f} s", flush=True)
    median = statistics.median(differences) if differences else float("inf")
    print(f"{len(differences)} models compared, median difference {median:.1e}")
    sys.exit(1 if failed or not median <= MEDIAN else 0)


if __name__ == "__main__":
    main()
