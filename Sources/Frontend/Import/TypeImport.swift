import COnnx
import IR

/// Reads `TypeProto` and `ValueInfoProto`.
enum TypeImport {
  /// The type, and its encoding for the way back.
  static func type(_ proto: UnsafeMutablePointer<Onnx__TypeProto>) throws(Diagnostic) -> (
    type: ValueType, encoded: [UInt8]
  ) {
    let encoded = WireBytes.pack(UnsafePointer(proto))
    switch proto.pointee.value_case {
    case ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE:
      guard let tensor = proto.pointee.tensor_type?.pointee else { return (.unknown, encoded) }
      guard let element = ElementType(rawValue: tensor.elem_type) else {
        return (tensor.elem_type == 0 ? .unknown : .opaque(encoded), encoded)
      }
      return (.tensor(element, try tensor.shape.map(shape)), encoded)
    case ONNX__TYPE_PROTO__VALUE__NOT_SET: return (.unknown, encoded)
    default: return (.opaque(encoded), encoded)
    }
  }

  private static func shape(_ proto: UnsafeMutablePointer<Onnx__TensorShapeProto>)
    throws(Diagnostic) -> Shape
  {
    var shape: Shape = []
    for dim in Proto.list(proto.pointee.n_dim, proto.pointee.dim) {
      switch dim.pointee.value_case {
      case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE:
        let extent = dim.pointee.dim_value
        shape.append(extent < 0 ? .unknown : .known(Int(extent)))
      case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM:
        let name = try Proto.text(dim.pointee.dim_param) ?? ""
        shape.append(name.isEmpty ? .unknown : .named(name))
      default: shape.append(.unknown)
      }
    }
    guard Tensor.count(of: shape.map { max($0.value ?? 1, 1) }) != nil else {
      throw .invalid("the extents of a type overflow when they are multiplied")
    }
    return shape
  }

  /// The annotation of a value.
  static func annotation(_ proto: UnsafeMutablePointer<Onnx__ValueInfoProto>) throws(Diagnostic)
    -> ValueAnnotation
  {
    let info = proto.pointee
    let residue = Residue(
      docString: try Proto.text(info.doc_string),
      metadata: try Proto.entries(info.n_metadata_props, info.metadata_props),
      fields: WireBytes.unknownFields(of: info.base))
    guard let type = try info.type.map(TypeImport.type) else {
      return ValueAnnotation(residue: residue, encodedType: [], type: .unknown)
    }
    return ValueAnnotation(residue: residue, encodedType: type.encoded, type: type.type)
  }
}
