#!/usr/bin/env python3
"""Writes testdata/models/expected/NAME.onnx: seeded inputs of each model and onnxruntime's outputs, or
those of onnx's reference where onnxruntime does not load the model.

The tensors are initializers of a model without nodes: `in.` or `out.` and the value's name."""
import sys

import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from build import MODELS

KINDS = {"tensor(float)": np.float32, "tensor(bool)": np.bool_}


def expected(path):
    """Inputs and outputs of one model by name; None if neither runtime can run it."""
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001: onnxruntime raises many kinds
        print(f"{path.name}: {str(error).splitlines()[0][:100]}", file=sys.stderr)
        return reference(path)
    random = np.random.default_rng(sum(path.name.encode()))
    inputs = {}
    for value in session.get_inputs():
        shape = [d if isinstance(d, int) else 2 for d in value.shape]
        inputs[value.name] = random.standard_normal(shape).astype(KINDS[value.type])
    names = [value.name for value in session.get_outputs()]
    return inputs, dict(zip(names, session.run(names, inputs)))


def reference(path):
    """Inputs and outputs of one model by name as onnx's reference has them; None if it has not."""
    model = onnx.load(path)
    random = np.random.default_rng(sum(path.name.encode()))
    constants = {value.name for value in model.graph.initializer}
    inputs = {}
    for value in model.graph.input:
        if value.name not in constants:
            dims = value.type.tensor_type.shape.dim
            shape = [d.dim_value if d.HasField("dim_value") else 2 for d in dims]
            inputs[value.name] = random.standard_normal(shape).astype(np.float32)
    names = [value.name for value in model.graph.output]
    try:
        return inputs, dict(zip(names, ReferenceEvaluator(model).run(names, inputs)))
    except Exception as error:  # noqa: BLE001: the reference raises many kinds
        print(f"{path.name}: {str(error).splitlines()[0][:100]}", file=sys.stderr)
        return None


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
