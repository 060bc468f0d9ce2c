"""Helpers that the generator scripts share: small models from nodes and seeded weights."""
import pathlib

import numpy as np
from onnx import TensorProto, helper, numpy_helper, shape_inference

MODELS = pathlib.Path(__file__).resolve().parent.parent / "models"

IR_VERSIONS = {7: 3, 8: 3, 9: 4, 10: 5, 11: 6, 12: 7, 13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8,
               19: 9, 20: 9, 21: 10, 22: 10, 23: 11}


class Builder:
    """Collects nodes and constants of one graph; every `output` becomes a graph output."""

    def __init__(self, opset, seed=0):
        self.opset = opset
        self.random = np.random.default_rng(seed)
        self.nodes, self.initializers, self.inputs, self.outputs = [], [], [], []
        self.value_infos = []

    def input(self, name, shape, kind=TensorProto.FLOAT):
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def constant(self, name, values):
        self.initializers.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def weight(self, name, *shape, scale=1.0):
        values = self.random.standard_normal(shape).astype(np.float32) * np.float32(scale)
        return self.constant(name, values)

    def ints(self, name, values):
        return self.constant(name, np.asarray(values, np.int64))

    def add(self, op, inputs, results=1, name=None, domain="", **attributes):
        """Adds a node; returns its result, or a list where there are several."""
        name = name or f"{op.lower()}{len(self.nodes)}"
        outputs = [name] if results == 1 else [f"{name}.{i}" for i in range(results)]
        self.nodes.append(
            helper.make_node(op, inputs, outputs, name=f"{name}/node", domain=domain, **attributes))
        return outputs[0] if results == 1 else outputs

    def output(self, *names, kind=TensorProto.FLOAT, shape=None):
        for name in names:
            self.outputs.append(helper.make_tensor_value_info(name, kind, shape))
        return names[0]

    def model(self, ir_version=None, **arguments):
        ir_version = ir_version or IR_VERSIONS[self.opset]
        if ir_version < 4:
            declared = {value.name for value in self.inputs}
            self.inputs += [helper.make_tensor_value_info(c.name, c.data_type, c.dims)
                            for c in self.initializers if c.name not in declared]
        graph = helper.make_graph(
            self.nodes, "graph", self.inputs, self.outputs, self.initializers,
            value_info=self.value_infos)
        opsets = arguments.pop("opset_imports", [helper.make_opsetid("", self.opset)])
        model = helper.make_model(graph, opset_imports=opsets, **arguments)
        model.ir_version = ir_version
        model.producer_name = "pcc testdata"
        inferred = shape_inference.infer_shapes(model).graph.output
        for output, known in zip(model.graph.output, inferred):
            if known.type.tensor_type.HasField("shape"):
                output.CopyFrom(known)
        return model


def write(name, model):
    """Writes a model under testdata/models."""
    MODELS.mkdir(exist_ok=True)
    (MODELS / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))
