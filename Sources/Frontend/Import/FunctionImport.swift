import COnnx
import IR

/// What holds while the body of a model-local function is read for one of its calls.
struct FunctionFrame {
  typealias AttributeMessage = UnsafeMutablePointer<Onnx__AttributeProto>

  /// What stands before the names of the body's values.
  let prefix: String
  /// The names of the call's results by those of the function's outputs.
  let results: [String: String]
  /// The function's inputs that the call leaves out.
  let omitted: Set<String>
  /// The version of the default operator set that the function asks for.
  let opset: Int?
  /// The attributes of the call.
  let attributes: Attributes
  /// What holds for attributes that the call leaves out.
  let defaults: [String: AttributeMessage]

  /// The call's attribute of that name, or what holds without it; nil if nothing does.
  func attribute(
    _ name: String, reading read: (AttributeMessage) throws(Diagnostic) -> Attribute
  ) throws(Diagnostic) -> Attribute? {
    if let given = attributes[name] { return given }
    return try defaults[name].map(read)
  }
}

/// Reads the body of a model-local function in place of a call, and notes what the call was, so that
/// it can be written again where nothing has changed.
struct FunctionImport {
  typealias Message = UnsafeMutablePointer<Onnx__FunctionProto>

  /// A node that calls a function.
  struct Call {
    var name: String
    var type: String
    var domain: String
    var overload: String
    var inputs: [ValueID?]
    var outputs: [String?]
    var attributes: Attributes
    var residue: Residue
  }

  /// How deep functions may call functions.
  private static let depthLimit = 100
  /// How many nodes all calls of a model may expand to.
  private static let nodeLimit = 1 << 20

  private let scope: GraphImport
  private let function: Onnx__FunctionProto

  /// Prepares to read a function's body into the graph of `scope`.
  init(_ scope: GraphImport, _ function: Message) {
    self.scope = scope
    self.function = function.pointee
  }

  /// Adds the body's nodes and returns true; false, and nothing is changed, where the call has to
  /// stay: a graph is among its attributes, or a node without a known form is of another version of
  /// the operator set than the model's.
  func run(_ call: Call, _ label: String) throws(Diagnostic) -> Bool {
    guard
      !call.attributes.contains(where: { entry in
        switch entry.attribute {
        case .graph, .graphs: true
        case .float, .int, .string, .tensor, .floats, .ints, .strings, .tensors, .reference,
          .opaque:
          false
        }
      })
    else { return false }
    let context = scope.context
    let key = ImportContext.FunctionKey(
      domain: call.domain == "ai.onnx" ? "" : call.domain, name: call.type, overload: call.overload)
    guard !context.callStack.contains(key) else {
      throw .invalid("function '\(call.type)' calls itself")
    }
    guard context.callStack.count < FunctionImport.depthLimit else {
      throw .invalid("functions call functions deeper than \(FunctionImport.depthLimit)")
    }
    context.callStack.append(key)
    defer { context.callStack.removeLast() }
    let (frame, values) = try frame(call, label)
    let firstNode = scope.graph.nodeCapacity
    let firstValue = scope.graph.valueCapacity
    let outputs = try Proto.texts(function.n_output, function.output)
    let defined = try scope.entering(frame, values: values) { () throws(Diagnostic) in
      for node in Proto.list(function.n_node, function.node) {
        context.expandedNodes += 1
        guard context.expandedNodes <= FunctionImport.nodeLimit else {
          throw .unsupported("functions expand to more than \(FunctionImport.nodeLimit) nodes")
        }
        try NodeImport(scope).run(node)
      }
    }
    let added = scope.graph.nodes(from: firstNode)
    guard frame.opset == context.opset || !hasUnknownForms(added) else {
      undo(added, constantsFrom: firstValue)
      return false
    }
    var results: [ValueID?] = []
    for (name, local) in zip(call.outputs, outputs) {
      guard let name else {
        results.append(nil)
        continue
      }
      guard let value = defined[local] else {
        throw .invalid("output '\(local)' of function '\(call.type)' is not defined")
      }
      let result = named(value, name)
      scope.define(name, result)
      results.append(result)
    }
    guard results.count == call.outputs.count else {
      throw .invalid(
        "\(call.outputs.count) results, but function '\(call.type)' has \(outputs.count) outputs")
    }
    annotate(results, call)
    if context.callStack.count == 1 {
      scope.graph.addCall(
        FunctionCall(
          name: call.name, type: call.type, domain: call.domain, overload: call.overload,
          inputs: call.inputs, outputs: results, attributes: call.attributes,
          residue: call.residue),
        nodesFrom: firstNode, valuesFrom: firstValue)
    }
    return true
  }

  /// What holds within the body, and the values that its inputs stand for.
  private func frame(
    _ call: Call, _ label: String
  ) throws(Diagnostic) -> (FunctionFrame, [String: ValueID]) {
    let inputs = try Proto.texts(function.n_input, function.input)
    guard call.inputs.count <= inputs.count else {
      throw .invalid(
        "\(call.inputs.count) operands, but function '\(call.type)' has \(inputs.count) inputs")
    }
    var values: [String: ValueID] = [:]
    var omitted: Set<String> = []
    for (index, name) in inputs.enumerated() {
      if index < call.inputs.count, let value = call.inputs[index] {
        values[name] = value
      } else {
        omitted.insert(name)
      }
    }
    var results: [String: String] = [:]
    let outputs = try Proto.texts(function.n_output, function.output)
    for case (let local, let name?) in zip(outputs, call.outputs)
    where results[local] == nil && values[local] == nil { results[local] = scope.newName(name) }
    var defaults: [String: FunctionFrame.AttributeMessage] = [:]
    for attribute in Proto.list(function.n_attribute_proto, function.attribute_proto) {
      defaults[try Proto.text(attribute.pointee.name) ?? ""] = attribute
    }
    var opset: Int?
    for item in Proto.list(function.n_opset_import, function.opset_import) {
      let domain = try Proto.text(item.pointee.domain) ?? ""
      if domain.isEmpty || domain == "ai.onnx" { opset = Int(item.pointee.version) }
    }
    let frame = FunctionFrame(
      prefix: (call.name.isEmpty ? scope.function?.prefix ?? "" : "") + label + "/",
      results: results, omitted: omitted,
      opset: opset ?? scope.context.opset, attributes: call.attributes, defaults: defaults)
    return (frame, values)
  }

  /// The value under the name of a call's result; an Identity where it bears another name, as an
  /// input does that the function hands on.
  private func named(_ value: ValueID, _ name: String) -> ValueID {
    let wanted = scope.newName(name)
    if scope.graph[value].name == wanted { return value }
    return scope.graph.add(.identity, [value], name: "", result: wanted, scope.graph[value].type)
  }

  /// Gives results the types and annotations that the file declares for them.
  private func annotate(_ results: [ValueID?], _ call: Call) {
    for case (let value?, let name?) in zip(results, call.outputs) {
      guard let annotation = scope.takeAnnotation(name), scope.graph[value].constant == nil else {
        continue
      }
      scope.graph.setType(value, annotation.type)
      scope.graph.annotate(value, annotation)
    }
  }

  /// Whether a node of the default domain stayed opaque.
  private func hasUnknownForms(_ nodes: [NodeID]) -> Bool {
    nodes.contains { id in
      let node = scope.graph[id]
      return node.op == .opaque && (node.domain.isEmpty || node.domain == "ai.onnx")
    }
  }

  private func undo(_ nodes: [NodeID], constantsFrom first: Int) {
    for node in nodes.reversed() { scope.graph.erase(node) }
    for value in scope.graph.constants(from: first) { scope.graph.erase(value) }
  }
}
