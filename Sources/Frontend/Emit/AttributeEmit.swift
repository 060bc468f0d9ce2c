import COnnx
import IR

/// Writes the attributes of a node.
struct AttributeEmit {
  typealias Message = UnsafeMutablePointer<Onnx__AttributeProto>

  private let context: EmitContext
  private let scope: GraphEmit
  private var arena: ProtoArena { context.arena }

  /// Writes attributes of nodes in the graph of `scope`.
  init(_ context: EmitContext, _ scope: GraphEmit) {
    self.context = context
    self.scope = scope
  }

  /// The messages, in the attributes' order.
  func attributes(_ attributes: Attributes) throws(Diagnostic) -> [Message] {
    var messages: [Message] = []
    for (name, attribute) in attributes {
      messages.append(try message(name, attribute, attributes.notes[name] ?? AttributeNote()))
    }
    return messages
  }

  /// The attribute of a `Constant` node: the one it came in, or `value` if that cannot hold the
  /// tensor any more.
  func constant(_ constant: Constant, _ name: String) -> Message {
    if let attribute = ConstantForm.attribute(constant.tensor, name),
      let message = simple(name, attribute)
    {
      return message
    }
    let message = empty("value", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR)
    message.pointee.t = context.tensors.tensor(
      constant.tensor, name: "", encoding: constant.encoding, residue: constant.residue)
    return message
  }

  private func empty(_ name: String, _ type: Onnx__AttributeProto__AttributeType) -> Message {
    let message = arena.message(onnx__attribute_proto__init)
    message.pointee.name = arena.string(name)
    message.pointee.has_type = 1
    message.pointee.type = type
    return message
  }

  private func message(_ name: String, _ attribute: Attribute, _ note: AttributeNote)
    throws(Diagnostic) -> Message
  {
    let result: Message
    if let message = simple(name, attribute) {
      result = message
    } else {
      result = try compound(name, attribute, note)
    }
    if let text = note.residue.docString { result.pointee.doc_string = arena.string(text) }
    arena.splice(note.residue.fields, into: result)
    return result
  }

  /// Attributes of numbers, strings and encoded ones; nil for the others.
  private func simple(_ name: String, _ attribute: Attribute) -> Message? {
    switch attribute {
    case .float(let value):
      let message = empty(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT)
      message.pointee.has_f = 1
      message.pointee.f = value
      return message
    case .int(let value):
      let message = empty(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT)
      message.pointee.has_i = 1
      message.pointee.i = Int64(value)
      return message
    case .string(let value):
      let message = empty(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING)
      message.pointee.has_s = 1
      message.pointee.s = arena.bytes(value.utf8)
      return message
    case .floats(let values):
      let message = empty(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS)
      message.pointee.n_floats = values.count
      message.pointee.floats = arena.array(values)
      return message
    case .ints(let values):
      let message = empty(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS)
      message.pointee.n_ints = values.count
      message.pointee.ints = arena.array(values.map { Int64($0) })
      return message
    case .strings(let values):
      let message = empty(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS)
      message.pointee.n_strings = values.count
      message.pointee.strings = arena.array(values.map { arena.bytes($0.utf8) })
      return message
    case .reference(let target, let type):
      let message = empty(
        name, Onnx__AttributeProto__AttributeType(rawValue: UInt32(bitPattern: type)))
      message.pointee.ref_attr_name = arena.string(target)
      return message
    case .opaque(let encoded):
      let message = arena.message(onnx__attribute_proto__init)
      arena.splice(encoded, into: message)
      return message
    case .tensor, .tensors, .graph, .graphs: return nil
    }
  }

  /// Attributes of tensors and graphs.
  private func compound(_ name: String, _ attribute: Attribute, _ note: AttributeNote)
    throws(Diagnostic) -> Message
  {
    func tensor(_ tensor: Tensor, _ index: Int) -> UnsafeMutablePointer<Onnx__TensorProto> {
      let note = index < note.tensors.count ? note.tensors[index] : nil
      return context.tensors.tensor(
        tensor, name: note?.name ?? "", encoding: note?.encoding ?? .raw,
        residue: note?.residue ?? Residue())
    }
    switch attribute {
    case .tensor(let value):
      let message = empty(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR)
      message.pointee.t = tensor(value, 0)
      return message
    case .tensors(let values):
      let message = empty(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSORS)
      message.pointee.n_tensors = values.count
      message.pointee.tensors = arena.list(values.enumerated().map { tensor($1, $0) })
      return message
    case .graph(let value):
      let message = empty(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH)
      message.pointee.g = try GraphEmit(value, context, parent: scope).run()
      return message
    case .graphs(let values):
      let message = empty(name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPHS)
      var graphs: [UnsafeMutablePointer<Onnx__GraphProto>] = []
      for value in values { graphs.append(try GraphEmit(value, context, parent: scope).run()) }
      message.pointee.n_graphs = graphs.count
      message.pointee.graphs = arena.list(graphs)
      return message
    case .float, .int, .string, .floats, .ints, .strings, .reference, .opaque:
      preconditionFailure("written as a simple attribute")
    }
  }
}
