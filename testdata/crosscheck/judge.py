"""onnxruntime as an independent judge: inputs, runs, comparisons."""
import json
import subprocess

import numpy as np
import onnxruntime as ort

TOLERANCE = 1e-4


def pcc(binary, *arguments, status=0):
    """Runs a pcc command and returns what it printed; fails unless it exits with `status`."""
    done = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != status:
        command = " ".join(map(str, arguments))
        raise AssertionError(
            f"pcc {command}: exit {done.returncode}, expected {status}\n{done.stderr}")
    return done.stdout


def shapes(binary, model):
    """The input shapes that pcc chooses for a model, by name."""
    return json.loads(pcc(binary, "info", model, "--json", "-q"))["inputs"]


def session(model):
    """A session of onnxruntime on a file or on bytes."""
    options = ort.SessionOptions()
    options.log_severity_level = 3
    source = model if isinstance(model, (str, bytes)) else str(model)
    return ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def inputs(judge, extents, seed):
    """Seeded inputs: normal numbers, and 0 or 1 for integers and booleans."""
    random = np.random.default_rng(seed)
    kinds = {"tensor(float)": np.float32, "tensor(double)": np.float64,
             "tensor(float16)": np.float16, "tensor(int64)": np.int64,
             "tensor(int32)": np.int32, "tensor(bool)": np.bool_}
    drawn = {}
    for value in judge.get_inputs():
        kind = kinds[value.type]
        shape = extents[value.name]
        if np.issubdtype(kind, np.floating):
            drawn[value.name] = random.standard_normal(shape).astype(kind)
        else:
            drawn[value.name] = random.integers(0, 2, shape).astype(kind)
    return drawn


def other_batch(judge, extents):
    """The extents at a batch of 3 where the model leaves the batch open, else None."""
    opened = {v.name for v in judge.get_inputs() if v.shape and isinstance(v.shape[0], str)}
    if not opened:
        return None
    return {name: [3, *shape[1:]] if name in opened else shape for name, shape in extents.items()}


def difference(expected, found):
    """The largest difference relative to the largest value, over all outputs."""
    worst = 0.0
    for left, right in zip(expected, found, strict=True):
        if left.shape != right.shape or not np.array_equal(np.isfinite(left), np.isfinite(right)):
            return float("inf")
        mask = np.isfinite(left)
        left, right = left[mask].astype(np.float64), right[mask].astype(np.float64)
        if left.size == 0:
            continue
        gap = np.abs(left - right).max()
        scale = np.abs(left).max()
        worst = max(worst, gap / scale if scale > 0 else (0.0 if gap == 0 else float("inf")))
    return worst
