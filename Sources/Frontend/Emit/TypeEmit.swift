import COnnx
import IR

extension ProtoArena {
  /// The declaration of a value: as the file had it while the type is the same.
  func valueInfo(_ name: String, _ type: ValueType, _ annotation: ValueAnnotation?)
    -> UnsafeMutablePointer<Onnx__ValueInfoProto>
  {
    let info = message(onnx__value_info_proto__init)
    info.pointee.name = string(name)
    if let residue = annotation?.residue {
      info.pointee.doc_string = residue.docString.map(string)
      info.pointee.n_metadata_props = residue.metadata.count
      info.pointee.metadata_props = entries(residue.metadata)
      splice(residue.fields, into: info)
    }
    if let annotation, annotation.type == type {
      if !annotation.encodedType.isEmpty {
        splice(WireBytes.field(2, annotation.encodedType), into: info)
      }
      return info
    }
    switch type {
    case .unknown: break
    case .opaque(let encoded): splice(WireBytes.field(2, encoded), into: info)
    case .tensor(let tensor): info.pointee.type = self.type(tensor)
    }
    return info
  }

  private func type(_ tensor: TensorType) -> UnsafeMutablePointer<Onnx__TypeProto> {
    let content = message(onnx__type_proto__tensor__init)
    content.pointee.has_elem_type = 1
    content.pointee.elem_type = tensor.element.rawValue
    if let shape = tensor.shape {
      let dims = shape.map { dim in
        let proto = message(onnx__tensor_shape_proto__dimension__init)
        switch dim {
        case .known(let extent):
          proto.pointee.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
          proto.pointee.dim_value = Int64(extent)
        case .named(let name):
          proto.pointee.value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
          proto.pointee.dim_param = string(name)
        case .unknown: break
        }
        return proto
      }
      let proto = message(onnx__tensor_shape_proto__init)
      proto.pointee.n_dim = dims.count
      proto.pointee.dim = list(dims)
      content.pointee.shape = proto
    }
    let type = message(onnx__type_proto__init)
    type.pointee.value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
    type.pointee.tensor_type = content
    return type
  }
}
