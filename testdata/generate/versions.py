#!/usr/bin/env python3
"""Writes ir-N.onnx: a small network in each version of the file format, with what that version added."""
import numpy as np
from onnx import FunctionProto, SparseTensorProto, TensorProto, helper

from build import Builder, write

OPSETS = {3: 8, 4: 9, 5: 10, 6: 11, 7: 13, 8: 17, 9: 20, 10: 22, 11: 23, 12: 24, 13: 26, 14: 28}


def add_override(b, x):
    """Version 4: an initializer that callers may override, and others that are no inputs."""
    b.input("scale", [4])
    b.constant("scale", np.array([0.5, 1, 2, 3], np.float32))
    return b.add("Mul", [x, "scale"])


def add_quantization(model):
    """Version 5: scales and zero points of values."""
    annotation = model.graph.quantization_annotation.add(tensor_name="hidden")
    annotation.quant_parameter_tensor_names.add(key="SCALE_TENSOR", value="w")


def add_sparse(model):
    """Version 6: a sparse initializer."""
    model.graph.sparse_initializer.append(SparseTensorProto(
        values=helper.make_tensor("thin", TensorProto.FLOAT, [2], [1.5, -2.0]),
        indices=helper.make_tensor("", TensorProto.INT64, [2], [1, 3]), dims=[4]))


def add_training(model):
    """Version 7: how the network is trained."""
    training = model.training_info.add()
    training.algorithm.name = "step"
    training.algorithm.output.append(helper.make_tensor_value_info("w.next", 1, [4, 3]))
    training.update_binding.add(key="w", value="w.next")


def add_function(model, overload=""):
    """Version 8: a function of the model; from 10 on it may have an overload."""
    domain = helper.make_opsetid("", model.opset_import[0].version)
    model.functions.append(FunctionProto(
        name="Doubled", domain="org.example.local", overload=overload, input=["v"], output=["w"],
        node=[helper.make_node("Add", ["v", "v"], ["w"])], opset_import=[domain]))
    model.opset_import.append(helper.make_opsetid("org.example.local", 1))
    call = helper.make_node("Doubled", ["out"], ["doubled"], domain="org.example.local")
    if overload:
        call.overload = overload
    model.graph.node.append(call)
    model.graph.output.append(helper.make_tensor_value_info("doubled", 1, ["batch", 3]))


def add_small(model, kind, size):
    """An initializer of a type that the version added; nobody reads it."""
    model.graph.initializer.append(TensorProto(
        name=f"small.{kind}", data_type=TensorProto.DataType.Value(kind), dims=[4],
        raw_data=bytes(range(17, 17 + size))))


def add_notes(model):
    """Version 10: metadata in graphs, nodes, tensors and values."""
    for holder in (model.graph, model.graph.node[0], model.graph.initializer[0],
                   model.graph.input[0], model.graph.value_info[0]):
        holder.metadata_props.add(key="note", value="kept")


def add_devices(model):
    """Version 11: which devices run which nodes."""
    model.configuration.add(name="two", num_devices=2, device=["a", "b"])
    model.graph.node[0].device_configurations.add(configuration_id="two", pipeline_stage=1)


def network(version):
    """A layer with a dynamic batch, between what every version has: names and words about it."""
    b = Builder(OPSETS[version], seed=version)
    x = b.input("in", ["batch", 4])
    if version >= 4:
        x = add_override(b, x)
    product = b.add("MatMul", [x, b.weight("w", 4, 3)], name="hidden")
    b.value_infos.append(helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["batch", 3]))
    b.output(b.add("Relu", [b.add("Add", [product, b.weight("b", 3)])], name="out"),
             shape=["batch", 3])
    model = b.model(ir_version=version)
    model.graph.name, model.graph.doc_string = "layers", "one layer"
    model.doc_string, model.domain, model.model_version = "a network", "org.example", 7
    model.producer_name, model.producer_version = "exporter", "1.2.3"
    model.metadata_props.add(key="classes", value="a,b,c")
    model.graph.node[0].doc_string = "the first"
    model.opset_import.append(helper.make_opsetid("org.example.unused", 3))
    for since, add in ((5, add_quantization), (7, add_training), (10, add_notes),
                       (11, add_devices)):
        if version >= since:
            add(model)
    # onnx's reference, the only one that runs version 14, reads no sparse initializers.
    if 6 <= version < 14:
        add_sparse(model)
    if version >= 8:
        add_function(model, "wide" if version >= 10 else "")
    for since, kind, size in ((9, "FLOAT8E5M2", 4), (10, "INT4", 2), (11, "FLOAT4E2M1", 2),
                              (12, "FLOAT8E8M0", 4), (13, "INT2", 1), (14, "FLOAT6E3M2", 3)):
        if version >= since:
            add_small(model, kind, size)
    return model


if __name__ == "__main__":
    for version in OPSETS:
        write(f"ir-{version}", network(version))
