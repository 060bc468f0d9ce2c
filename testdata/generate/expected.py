#!/usr/bin/env python3
"""Writes testdata/models/expected/NAME.onnx: seeded inputs of each model and onnxruntime's outputs.

The tensors are initializers of a model without nodes: `in.` or `out.` and the value's name."""
import sys

import numpy as np
import onnxruntime as ort
from onnx import helper, numpy_helper

from build import MODELS

KINDS = {"tensor(float)": np.float32, "tensor(bool)": np.bool_}


def expected(path):
    """Inputs and outputs of one model by name; None if onnxruntime cannot run it."""
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001: onnxruntime raises many kinds
        print(f"{path.name}: {str(error).splitlines()[0][:100]}", file=sys.stderr)
        return None
    random = np.random.default_rng(sum(path.name.encode()))
    inputs = {}
    for value in session.get_inputs():
        shape = [d if isinstance(d, int) else 2 for d in value.shape]
        inputs[value.name] = random.standard_normal(shape).astype(KINDS[value.type])
    names = [value.name for value in session.get_outputs()]
    return inputs, dict(zip(names, session.run(names, inputs)))


def main():
    folder = MODELS / "expected"
    folder.mkdir(exist_ok=True)
    for path in sorted(MODELS.glob("*.onnx")):
        found = expected(path)
        if found is None:
            continue
        tensors = [numpy_helper.from_array(np.asarray(value), prefix + name)
                   for prefix, values in zip(("in.", "out."), found)
                   for name, value in values.items()]
        graph = helper.make_graph([], "expected", [], [], tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        (folder / path.name).write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
