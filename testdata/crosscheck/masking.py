"""The masked model, derived from gated.onnx by nothing but its file contract (Docs/GatedModel.md)."""
import json

import numpy as np
import onnx
from onnx import numpy_helper


def table(model):
    """The gate table of a gated model; None if it has none."""
    for entry in model.metadata_props:
        if entry.key == "pcc.gates":
            return json.loads(entry.value)
    return None


def weights(model):
    """The weights w = sigmoid(k * s) of every gate, by name, in float64."""
    constants = {c.name: numpy_helper.to_array(c) for c in model.graph.initializer}
    found = {}
    for gate in table(model)["gates"]:
        name = gate["name"]
        if name + ".w" in constants:
            found[name] = constants[name + ".w"].astype(np.float64)
            continue
        scores = constants[name + ".s"].astype(np.float64)
        k = float(constants["pcc.k"].reshape(()))
        found[name] = 1 / (1 + np.exp(np.clip(-k * scores, -700, 700)))
    return found


def masked(model, threshold, reopened):
    """A copy of a gated model in which each NAME.w is an initializer, 0 below the threshold.

    `reopened` lists channels that stay all the same, as pcc collapse reports them."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    stay = {entry["name"]: set(entry["indices"]) for entry in reopened}
    produced = {name: w for name, w in weights(model).items()}
    for name, w in produced.items():
        values = w.astype(np.float32)
        for index in range(values.size):
            if w[index] < threshold and index not in stay.get(name, ()):
                values[index] = 0
        kept = [n for n in result.graph.node if name + ".w" not in n.output]
        if len(kept) != len(result.graph.node) - 1:
            raise AssertionError(f"{name}.w is not made by exactly one node")
        del result.graph.node[:]
        result.graph.node.extend(kept)
        result.graph.initializer.append(numpy_helper.from_array(values, name + ".w"))
    return result


def ulps(left, right):
    """The largest distance of two float32 arrays in units in the last place."""
    ordered = []
    for array in (left, right):
        bits = np.ascontiguousarray(array, np.float32).view(np.int32).astype(np.int64)
        ordered.append(np.where(bits < 0, -(bits & 0x7FFFFFFF), bits))
    return int(np.abs(ordered[0] - ordered[1]).max()) if left.size else 0
