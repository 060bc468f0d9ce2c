#!/usr/bin/env python3
"""Writes models that differ in how the file holds them rather than in what they compute."""
import numpy as np
from onnx import (AttributeProto, FunctionProto, SparseTensorProto, TensorProto, TypeProto, helper,
                  numpy_helper)

from build import MODELS, Builder, write

TYPED = {TensorProto.FLOAT: "float_data", TensorProto.COMPLEX64: "float_data",
         TensorProto.DOUBLE: "double_data", TensorProto.COMPLEX128: "double_data",
         TensorProto.INT64: "int64_data", TensorProto.UINT64: "uint64_data",
         TensorProto.UINT32: "uint64_data"}


def typed_tensor(name, kind, shape, entries):
    """A tensor with its entries in the typed field."""
    tensor = TensorProto(name=name, data_type=kind, dims=shape)
    getattr(tensor, TYPED.get(kind, "int32_data")).extend(entries)
    return tensor


def typed_fields():
    """Every element type, in typed fields and, next to it, in raw data."""
    b = Builder(23)
    x = b.input("x", ["N", 2])
    entries = {
        "FLOAT": [0.5, -1.5, 3.25], "DOUBLE": [1e-300, -0.0, 2.5], "INT64": [-5, 2**62, 0],
        "UINT64": [2**64 - 1, 0, 7], "UINT32": [2**32 - 1, 1, 2], "INT32": [-7, 2**31 - 1, 0],
        "INT16": [-32768, 5, 32767], "UINT16": [65535, 0, 9], "INT8": [-128, 127, 1],
        "UINT8": [255, 0, 3], "BOOL": [1, 0, 1], "FLOAT16": [0x3C00, 0xBC00, 0x7BFF],
        "BFLOAT16": [0x3F80, 0xBF80, 0x4049], "FLOAT8E4M3FN": [56, 184, 126],
        "FLOAT8E4M3FNUZ": [64, 192, 1], "FLOAT8E5M2": [60, 188, 2], "FLOAT8E5M2FNUZ": [64, 192, 3],
        "FLOAT8E8M0": [127, 128, 129], "COMPLEX64": [1.0, -1.0, 0.5, 2.0, 0.0, 3.0],
        "COMPLEX128": [1.0, -1.0, 0.5, 2.0, 0.0, 3.0], "UINT4": [0x21, 0x0F], "INT4": [0x9F, 0x08],
        "FLOAT4E2M1": [0x53, 0x01], "UINT2": [0x2D], "INT2": [0x39],
    }
    widths = {"FLOAT": "<f4", "DOUBLE": "<f8", "INT64": "<i8", "UINT64": "<u8", "UINT32": "<u4",
              "INT32": "<i4", "INT16": "<i2", "UINT16": "<u2", "FLOAT16": "<u2", "BFLOAT16": "<u2",
              "INT8": "<i1", "COMPLEX64": "<f4", "COMPLEX128": "<f8"}
    for name, values in entries.items():
        kind = TensorProto.DataType.Value(name)
        b.initializers.append(typed_tensor(f"typed.{name}", kind, [3], values))
        raw = np.array(values, widths.get(name, "<u1")).tobytes()
        b.initializers.append(
            TensorProto(name=f"raw.{name}", data_type=kind, dims=[3], raw_data=raw))
    b.initializers.append(
        TensorProto(name="text", data_type=TensorProto.STRING, dims=[2],
                    string_data=[b"plain", b"\xff\x00bytes"]))
    b.initializers.append(TensorProto(name="scalar", data_type=TensorProto.FLOAT, float_data=[0.25]))
    b.initializers.append(TensorProto(name="empty", data_type=TensorProto.FLOAT, dims=[0, 3]))
    b.output(b.add("Add", [x, "scalar"]))
    write("typed-fields", b.model())


def typed_fields_of_six_bits():
    """The element types of IR version 14, one element an entry in typed fields, packed in raw data."""
    b = Builder(23)
    x = b.input("x", ["N", 2])
    for name, codes in (("FLOAT6E2M3", [0x1F, 0x21, 0x2A]), ("FLOAT6E3M2", [0x3F, 0x00, 0x15])):
        kind = TensorProto.DataType.Value(name)
        b.initializers.append(typed_tensor(f"typed.{name}", kind, [3], codes))
        packed = sum(code << 6 * index for index, code in enumerate(codes)).to_bytes(3, "little")
        b.initializers.append(
            TensorProto(name=f"raw.{name}", data_type=kind, dims=[3], raw_data=packed))
    b.output(b.add("Relu", [x]))
    write("typed-fields-ir14", b.model(ir_version=14))


def external_data():
    """Two tensors in one data file, a third in a Constant node, and one inline."""
    b = Builder(17, seed=20)
    x = b.input("x", ["N", 4])
    held = numpy_helper.from_array(b.random.standard_normal(3).astype(np.float32), "held")
    for name, shape in (("w", (4, 3)), ("unused", (5,))):
        b.weight(name, *shape)
    data = b""
    for tensor in b.initializers + [held]:
        data += b"\0" * (-len(data) % 64)
        entries = {"location": "external-data.bin", "offset": len(data),
                   "length": len(tensor.raw_data)}
        data += tensor.raw_data
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in entries.items():
            tensor.external_data.add(key=key, value=str(value))
    constant = b.add("Constant", [], value=held)
    b.weight("inline", 3)
    b.output(b.add("Add", [b.add("Add", [b.add("MatMul", [x, "w"]), constant]), "inline"]))
    write("external-data", b.model())
    (MODELS / "external-data.bin").write_bytes(data)


def constant_weights():
    """No initializer at all: weights in Constant nodes."""
    b = Builder(13, seed=21)
    x = b.input("x", ["N", 3, 8, 8])

    def held(name, *shape):
        values = b.random.standard_normal(shape).astype(np.float32)
        return b.add("Constant", [], name=name, value=numpy_helper.from_array(values, name + ".v"))

    y = b.add("Relu", [b.add("Conv", [x, held("w1", 6, 3, 3, 3), held("b1", 6)])])
    b.output(b.add("Conv", [y, held("w2", 4, 6, 1, 1), held("b2", 4)]))
    b.add("Constant", [], name="dead", value_float=1.0)
    write("constant-weights", b.model())


def declared_initializers():
    """Initializers among the graph inputs: constants in IR 3, overridable defaults in IR 4."""
    for ir_version in (3, 4):
        b = Builder(8 if ir_version == 3 else 9, seed=22)
        x = b.input("x", [2, 3, 6, 6])
        b.input("w", [4, 3, 3, 3])
        b.input("b", [4])
        b.weight("w", 4, 3, 3, 3)
        b.weight("b", 4)
        b.output(b.add("Relu", [b.add("Conv", [x, "w", "b"], pads=[1, 1, 1, 1])]))
        write(f"declared-initializers-ir{ir_version}", b.model(ir_version=ir_version))


def custom_domain():
    """Operators of an unknown domain between known ones, with an optional operand left out."""
    b = Builder(17, seed=23)
    x = b.input("x", ["N", 4])
    y = b.add("Relu", [x])
    z = b.add("Mystery", [y, "", b.weight("w", 4)], 2, domain="com.example", level=3, mode="deep",
              factors=[0.5, 2.0], names=["a", "b"])
    b.output(b.add("Add", z), shape=["N", 4])
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("com.example", 2)]
    write("custom-domain", b.model(opset_imports=imports))


def nested_if():
    """Branches within branches that read values of both graphs round them."""
    b = Builder(16, seed=24)
    x, flag = b.input("x", [2, 3]), b.input("flag", [], TensorProto.BOOL)
    doubled = b.add("Add", [x, x], name="doubled")
    b.weight("w", 2, 3)

    def branch(name, nodes, result):
        info = helper.make_tensor_value_info(result, TensorProto.FLOAT, [2, 3])
        return helper.make_graph(nodes, name, [], [info])

    def pair(prefix, values):
        return {f"{key}_branch": branch(
            f"{prefix}.{key}", [helper.make_node("Mul", inputs, [f"{prefix}.{key}.y"])],
            f"{prefix}.{key}.y") for key, inputs in values.items()}

    inner = helper.make_node(
        "If", ["flag"], ["inner"], name="inner",
        **pair("inner", {"then": ["doubled", "w"], "else": ["local", "x"]}))
    held = numpy_helper.from_array(np.float32(1.5), "held")
    local = [helper.make_node("Constant", [], ["half"], value=held),
             helper.make_node("Add", ["x", "half"], ["local"]), inner]
    outer = pair("outer", {"else": ["doubled", "x"]})
    outer["then_branch"] = branch("outer.then", local, "inner")
    b.nodes.append(helper.make_node("If", [flag], ["chosen"], name="outer", **outer))
    b.output(b.add("Relu", ["chosen"]))
    write("nested-if", b.model())


def loop():
    """A Loop whose body captures a weight and carries a value."""
    b = Builder(16, seed=25)
    x = b.input("x", [2, 3])
    b.weight("w", 3, 3, scale=0.5)
    info = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("MatMul", ["carried", "w"], ["next"]),
         helper.make_node("Identity", ["go"], ["again"])], "body",
        [info("i", TensorProto.INT64, []), info("go", TensorProto.BOOL, []),
         info("carried", TensorProto.FLOAT, [2, 3])],
        [info("again", TensorProto.BOOL, []), info("next", TensorProto.FLOAT, [2, 3])])
    b.output(b.add("Loop", [b.ints("count", 3), "", x], body=body), shape=[2, 3])
    write("loop", b.model())


def functions():
    """Model-local functions: one with an attribute reference, one that hides a known operator."""
    b = Builder(18, seed=26)
    x = b.input("x", ["N", 4])
    scaled = b.add("Scaled", [x], domain="local", alpha=0.25)
    b.output(b.add("Twice", [scaled], domain="local"))
    leaky = helper.make_node("LeakyRelu", ["v"], ["y"])
    leaky.attribute.append(
        AttributeProto(name="alpha", ref_attr_name="alpha", type=AttributeProto.FLOAT))
    imports = [helper.make_opsetid("", 18), helper.make_opsetid("local", 1)]
    local = [
        FunctionProto(name="Scaled", domain="local", input=["v"], output=["y"], attribute=["alpha"],
                      node=[leaky], opset_import=imports[:1], doc_string="scales"),
        FunctionProto(name="Twice", domain="local", input=["v"], output=["y"],
                      node=[helper.make_node("Add", ["v", "v"], ["y"])], opset_import=imports[:1]),
    ]
    write("functions", b.model(opset_imports=imports, functions=local))


def residue():
    """All that a file may say besides what it computes."""
    b = Builder(23, seed=27)
    x = b.input("x", ["batch", 4])
    y = b.add("Relu", [x], name="y")
    b.output(b.add("Mul", [y, b.weight("w", 4)], name="z"))
    b.value_infos.append(helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 4]))
    b.value_infos.append(helper.make_tensor_value_info("stray", TensorProto.INT8, [None, 2]))
    model = b.model(ir_version=11)
    model.doc_string, model.domain, model.model_version = "a model\nof two nodes", "org.example", 7
    model.producer_version, model.graph.doc_string = "1.2", "a graph"
    for holder in (model, model.graph, model.graph.node[0], model.graph.value_info[0],
                   model.graph.initializer[0], model.graph.input[0]):
        holder.metadata_props.add(key="note", value="kept")
        holder.metadata_props.add(key="empty", value="")
    model.graph.node[0].doc_string = "the first node"
    model.graph.node[1].device_configurations.add(configuration_id="two", pipeline_stage=1)
    model.configuration.add(name="two", num_devices=2, device=["a", "b"])
    model.graph.input[0].type.denotation = "IMAGE"
    model.graph.input[0].type.tensor_type.shape.dim[0].denotation = "DATA_BATCH"
    model.graph.input[0].doc_string = "the input"
    annotation = model.graph.quantization_annotation.add(tensor_name="y")
    annotation.quant_parameter_tensor_names.add(key="SCALE_TENSOR", value="w")
    training = model.training_info.add()
    training.update_binding.add(key="w", value="z")
    training.algorithm.name = "step"
    model.graph.sparse_initializer.append(
        SparseTensorProto(values=helper.make_tensor("sparse", TensorProto.FLOAT, [2], [1.5, -2.0]),
                          indices=helper.make_tensor("", TensorProto.INT64, [2], [1, 7]),
                          dims=[3, 3]))
    attribute = helper.make_attribute("note", "kept", doc_string="on an attribute")
    strange = helper.make_node("Strange", ["z"], ["s"], name="strange", domain="com.example")
    strange.attribute.extend([attribute, helper.make_attribute("type", TypeProto(
        sequence_type=TypeProto.Sequence(elem_type=helper.make_tensor_type_proto(1, [2]))))])
    model.graph.node.append(strange)
    model.opset_import.add(domain="com.example", version=1)
    unknown = bytes([0xC2, 0x3E, 0x05]) + b"later" + bytes([0xC8, 0x3E, 0x2A])
    for holder in (model, model.graph, model.graph.node[0], model.graph.input[0],
                   model.graph.initializer[0], model.graph.node[-1].attribute[0],
                   model.opset_import[0]):
        holder.MergeFromString(unknown)
    write("residue", model)


if __name__ == "__main__":
    for form in (typed_fields, typed_fields_of_six_bits, external_data, constant_weights, declared_initializers,
                 custom_domain, nested_if, loop, functions, residue):
        form()
