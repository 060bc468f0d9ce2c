import COnnx
import IR

/// Turns a `NodeProto` into a node, or into a constant value where it is a `Constant`.
struct NodeImport {
  private let scope: GraphImport

  /// Imports into the graph of `scope`.
  init(_ scope: GraphImport) { self.scope = scope }

  /// Adds the node to the graph.
  func run(_ proto: UnsafeMutablePointer<Onnx__NodeProto>) throws(Diagnostic) {
    let given = try Proto.text(proto.pointee.name) ?? ""
    let name = given.isEmpty ? "" : (scope.function?.prefix ?? "") + given
    let outputs = try Proto.texts(proto.pointee.n_output, proto.pointee.output)
    let label = name.isEmpty ? outputs.first { !$0.isEmpty } ?? "" : name
    do throws(Diagnostic) {
      try add(proto, name, label, outputs.map { $0.isEmpty ? nil : $0 })
    } catch {
      var error = error
      if error.site.nodes.isEmpty {
        error.site.op = (try? Proto.text(proto.pointee.op_type)) ?? nil
      }
      error.site.nodes.insert(label, at: 0)
      throw error
    }
  }

  private func add(
    _ proto: UnsafeMutablePointer<Onnx__NodeProto>, _ name: String, _ label: String,
    _ outputs: [String?]
  ) throws(Diagnostic) {
    let source = proto.pointee
    guard let type = try Proto.text(source.op_type), !type.isEmpty else {
      throw .invalid("node has no operator")
    }
    let domain = try Proto.text(source.domain) ?? ""
    let overload = try Proto.text(source.overload) ?? ""
    let residue = Residue(
      docString: try Proto.text(source.doc_string),
      metadata: try Proto.entries(source.n_metadata_props, source.metadata_props),
      fields: Proto.encoded(field: 10, source.n_device_configurations, source.device_configurations)
        + WireBytes.unknownFields(of: source.base))
    var inputs: [ValueID?] = []
    for input in try Proto.texts(source.n_input, source.input) {
      guard !scope.isOmitted(input) else {
        inputs.append(nil)
        continue
      }
      guard let value = scope.resolve(input) else {
        throw .invalid("operand is not defined before it is used", at: Site(value: input))
      }
      inputs.append(value)
    }
    let attributes = try AttributeImport(scope).attributes(source)
    for case let output? in outputs { try scope.checkIsNew(output) }
    guard Set(outputs.compactMap { $0 }).count == outputs.compactMap({ $0 }).count else {
      throw .invalid("two results of a node bear one name")
    }
    let local = scope.context.functions[
      ImportContext.FunctionKey(
        domain: domain == "ai.onnx" ? "" : domain, name: type, overload: overload)]
    let isLocal = local != nil
    if let local {
      let call = FunctionImport.Call(
        name: name, type: type, domain: domain, overload: overload, inputs: inputs,
        outputs: outputs, attributes: attributes, residue: residue)
      if try FunctionImport(scope, local).run(call, label) { return }
    }
    if !isLocal,
      try addConstant(
        type, domain, overload, name, inputs, outputs, attributes, residue)
    {
      return
    }
    var form = NodeForm(
      op: .opaque, type: type, operands: inputs.map { $0.map(NodeForm.Operand.value) },
      results: outputs.map { $0 != nil },
      readResults: outputs.map { $0.map(scope.context.isRead) ?? false }, attributes: attributes)
    let isSettled = !isLocal && overload.isEmpty ? try settle(&form, domain) : false
    let operands = isSettled ? form.operands.map { $0.map { value(of: $0, label) } } : inputs
    let id = insert(
      isSettled ? form.op : .opaque, operands,
      isSettled ? form.attributes : attributes, type: type, name: name, outputs)
    scope.graph.annotate(id, domain: domain, overload: overload, residue: residue)
    scope.inferTypes(of: id)
  }

  /// Finds the operator and brings the node into its form of opset 28; returns false where pcc does
  /// not know the operator, its version, or the form.
  private func settle(_ form: inout NodeForm, _ domain: String) throws(Diagnostic) -> Bool {
    form.op = Operator(domain: domain, name: form.type)
    if domain.isEmpty || domain == "ai.onnx" {
      guard try form.raise(from: scope.opset, scope) else { return false }
    }
    guard form.op != .opaque else { return false }
    let accepted: Void? = try? form.op.schema.check(
      operands: form.operands.map { $0 != nil }, results: form.results.count,
      attributes: form.attributes, at: .unknown)
    return accepted != nil
  }

  /// The value that an operand stands for; constants of adapters become values here.
  private func value(of operand: NodeForm.Operand, _ label: String) -> ValueID {
    switch operand {
    case .value(let value): value
    case .constant(let role, let tensor): scope.addConstant(of: label, role, tensor)
    }
  }

  /// Adds the node's results and the node.
  private func insert(
    _ op: Operator, _ inputs: [ValueID?], _ attributes: Attributes, type: String, name: String,
    _ outputs: [String?]
  ) -> NodeID {
    let annotations = outputs.map { $0.flatMap(scope.takeAnnotation) }
    let results = zip(outputs, annotations).map { output, annotation in
      output.map { (name: scope.newName($0), type: annotation?.type ?? .unknown) }
    }
    let id = scope.graph.addNode(
      op, inputs, attributes: attributes, name: name, opaqueType: op == .opaque ? type : "",
      results: results)
    for case (let value?, let output?) in zip(scope.graph[id].outputs, outputs) {
      scope.define(output, value)
    }
    for (value, annotation) in zip(scope.graph[id].outputs, annotations) {
      if let value, let annotation { scope.graph.annotate(value, annotation) }
    }
    return id
  }

  /// Adds a constant value for a `Constant` node whose attribute holds a dense tensor, numbers or
  /// strings; returns false for every other node.
  private func addConstant(
    _ type: String, _ domain: String, _ overload: String, _ name: String, _ inputs: [ValueID?],
    _ outputs: [String?], _ attributes: Attributes, _ residue: Residue
  ) throws(Diagnostic) -> Bool {
    guard type == "Constant", domain.isEmpty || domain == "ai.onnx", overload.isEmpty,
      inputs.isEmpty, outputs.count == 1, let output = outputs[0], attributes.count == 1,
      let attribute = attributes.names.first
    else { return false }
    let note = attributes.notes[attribute] ?? AttributeNote()
    guard note.residue.isEmpty, let tensor = ConstantForm.tensor(attributes[attribute], attribute)
    else { return false }
    var tensorResidue = note.tensors.first?.residue ?? Residue()
    if let tensorName = note.tensors.first?.name, !tensorName.isEmpty {
      tensorResidue.fields += WireBytes.field(8, Array(tensorName.utf8))
    }
    try scope.addConstant(
      output,
      Constant(
        tensor, encoding: note.tensors.first?.encoding ?? .raw,
        origin: .node(name: name, attribute: attribute, domain: domain, residue: residue),
        residue: tensorResidue))
    return true
  }
}
