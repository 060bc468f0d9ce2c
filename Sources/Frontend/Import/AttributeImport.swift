import COnnx
import IR

/// Reads the attributes of a node.
struct AttributeImport {
  typealias Message = UnsafeMutablePointer<Onnx__AttributeProto>

  private let scope: GraphImport

  /// Reads attributes of nodes in the graph of `scope`; their subgraphs see its values.
  init(_ scope: GraphImport) { self.scope = scope }

  /// All attributes of a node, in order.
  func attributes(_ node: Onnx__NodeProto) throws(Diagnostic) -> Attributes {
    var attributes = Attributes()
    for proto in Proto.list(node.n_attribute, node.attribute) {
      guard let name = try Proto.text(proto.pointee.name), !name.isEmpty else {
        throw .invalid("an attribute has no name")
      }
      guard attributes[name] == nil else {
        throw .invalid("attribute '\(name)' is given twice")
      }
      if let reference = try Proto.text(proto.pointee.ref_attr_name), !reference.isEmpty,
        let function = scope.function
      {
        attributes[name] = try function.attribute(reference) { proto throws(Diagnostic) in
          var note = AttributeNote()
          return try attribute(proto, &note)
        }
        continue
      }
      var note = AttributeNote()
      attributes[name] = try attribute(proto, &note)
      if case .opaque? = attributes[name] { continue }
      note.residue = Residue(
        docString: try Proto.text(proto.pointee.doc_string),
        fields: WireBytes.unknownFields(of: proto.pointee.base))
      if !note.residue.isEmpty || !note.tensors.isEmpty { attributes.notes[name] = note }
    }
    return attributes
  }

  private func attribute(_ proto: Message, _ note: inout AttributeNote) throws(Diagnostic)
    -> Attribute
  {
    let source = proto.pointee
    let opaque = Attribute.opaque(WireBytes.pack(UnsafePointer(proto)))
    if let reference = try Proto.text(source.ref_attr_name), !reference.isEmpty { return opaque }
    switch kind(source) {
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT: return .float(source.f)
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT: return .int(Int(source.i))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING:
      guard let text = AttributeImport.text(source.s) else { return opaque }
      return .string(text)
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR:
      guard let tensor = source.t else { return opaque }
      return .tensor(try self.tensor(tensor, &note))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH:
      guard let graph = source.g else { return opaque }
      return .graph(try GraphImport(scope.context, parent: scope).run(graph))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS:
      return .floats(Proto.numbers(source.n_floats, source.floats))
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS:
      return .ints(Proto.numbers(source.n_ints, source.ints).map { Int($0) })
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS:
      let bytes = UnsafeBufferPointer(start: source.strings, count: source.n_strings)
      let texts = bytes.compactMap(AttributeImport.text)
      return texts.count == bytes.count ? .strings(texts) : opaque
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSORS:
      var tensors: [Tensor] = []
      for tensor in Proto.list(source.n_tensors, source.tensors) {
        tensors.append(try self.tensor(tensor, &note))
      }
      return .tensors(tensors)
    case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS:
      var graphs: [Graph] = []
      for graph in Proto.list(source.n_graphs, source.graphs) {
        graphs.append(try GraphImport(scope.context, parent: scope).run(graph))
      }
      return .graphs(graphs)
    default: return opaque
    }
  }

  /// The attribute's type; models of IR version 1 leave it out, and it follows from the field set.
  private func kind(_ source: Onnx__AttributeProto) -> Onnx__AttributeProto__AttributeType {
    if source.has_type != 0 { return source.type }
    if source.has_f != 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT }
    if source.has_i != 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT }
    if source.has_s != 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING }
    if source.t != nil { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR }
    if source.g != nil { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH }
    if source.n_floats > 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS }
    if source.n_ints > 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS }
    if source.n_strings > 0 { return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS }
    return ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED
  }

  private func tensor(
    _ proto: UnsafeMutablePointer<Onnx__TensorProto>, _ note: inout AttributeNote
  ) throws(Diagnostic) -> Tensor {
    let imported = try scope.context.tensors.tensor(proto)
    note.tensors.append(
      AttributeNote.TensorNote(
        name: imported.name, encoding: imported.encoding, residue: imported.residue))
    return imported.tensor
  }

  private static func text(_ data: ProtobufCBinaryData) -> String? {
    String(validating: UnsafeBufferPointer(start: data.data, count: data.len), as: UTF8.self)
  }
}
