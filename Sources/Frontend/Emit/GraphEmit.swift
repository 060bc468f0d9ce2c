import COnnx
import IR

/// What holds for all graphs of a model while it is written.
struct EmitContext {
  let arena: ProtoArena
  let tensors: TensorEmit
  /// The version of the default operator set.
  let opset: Int?
  let irVersion: Int
  /// The domains of the nodes that are written.
  let domains = DomainLog()
}

/// The domains of the nodes of a file.
final class DomainLog {
  private(set) var used: Set<String> = []

  /// The default domain has two spellings.
  static func key(_ domain: String) -> String { domain == "ai.onnx" ? "" : domain }

  /// Notes a domain.
  func note(_ domain: String) { used.insert(DomainLog.key(domain)) }
}

/// Turns one graph into a `GraphProto`; subgraphs have a parent.
final class GraphEmit: FormScope {
  let context: EmitContext
  let graph: Graph
  private let parent: GraphEmit?
  private let outer: [ValueID: ValueID]
  private lazy var facts = try? GraphFacts(graph)
  /// The values that what is written so far reads.
  private var referenced: Set<ValueID> = []
  /// Constants from `Constant` nodes that are read, but not written yet.
  private var pending: [ValueID] = []
  private var nodes: [UnsafeMutablePointer<Onnx__NodeProto>] = []
  private var initializers: [UnsafeMutablePointer<Onnx__TensorProto>] = []
  /// Initializers that an older operator set needs.
  private var newConstants: [(name: String, type: ValueType)] = []

  /// Prepares to write a main graph, or a subgraph within `parent`.
  init(_ graph: Graph, _ context: EmitContext, parent: GraphEmit? = nil) {
    self.graph = graph
    self.context = context
    self.parent = parent
    outer = Dictionary(graph.captures.map { ($0.inner, $0.outer) }) { first, _ in first }
  }

  /// The message.
  func run() throws(Diagnostic) -> UnsafeMutablePointer<Onnx__GraphProto> {
    let arena = context.arena
    try addNodes()
    for output in graph.outputs { reference(output) }
    for constant in graph.constants where graph.uses(of: constant).isEmpty { reference(constant) }
    flushPending()

    let proto = arena.message(onnx__graph_proto__init)
    proto.pointee.name = arena.string(graph.name)
    proto.pointee.doc_string = graph.residue.docString.map(arena.string)
    proto.pointee.n_metadata_props = graph.residue.metadata.count
    proto.pointee.metadata_props = arena.entries(graph.residue.metadata)
    arena.splice(graph.residue.fields, into: proto)
    proto.pointee.n_node = nodes.count
    proto.pointee.node = arena.list(nodes)
    addInitializers(to: proto)
    let inputs = graph.inputs.map(info) + missingInputs()
    proto.pointee.n_input = inputs.count
    proto.pointee.input = arena.list(inputs)
    let outputs = graph.outputs.map(info)
    proto.pointee.n_output = outputs.count
    proto.pointee.output = arena.list(outputs)
    let infos = valueInfos()
    proto.pointee.n_value_info = infos.count
    proto.pointee.value_info = arena.list(infos)
    return proto
  }

  func type(of value: ValueID) -> ValueType {
    let declared = graph[value].type
    return declared.rank == nil ? facts?.type(of: value) ?? declared : declared
  }

  func tensor(of value: ValueID?) -> Tensor? {
    guard let value else { return nil }
    if let outer = outer[value] { return parent?.tensor(of: outer) }
    return graph.tensor(of: value)
  }

  /// The name of a value in the file: captured ones bear that of the value they stand for.
  private func name(of value: ValueID) -> String {
    if let outer = outer[value], let parent { return parent.name(of: outer) }
    return graph[value].name
  }

  /// Notes that the file reads a value, also in the graph it is captured from.
  private func reference(_ value: ValueID) {
    guard referenced.insert(value).inserted else { return }
    if let outer = outer[value] { parent?.reference(outer) }
    if case .node? = graph[value].constant?.origin { pending.append(value) }
  }

  private func freshName(_ base: String) -> String {
    var name = graph.freshName(base)
    var number = 2
    while newConstants.contains(where: { $0.name == name }) {
      name = graph.freshName("\(base).\(number)")
      number += 1
    }
    return name
  }

  /// Writes the nodes in order; the calls of functions that are intact, instead of their bodies.
  private func addNodes() throws(Diagnostic) {
    var inside: Set<NodeID> = []
    var calls: [NodeID: FunctionCall] = [:]
    for entry in graph.intactCalls {
      inside.formUnion(entry.nodes)
      if let last = graph.nodes.last(where: Set(entry.nodes).contains) { calls[last] = entry.call }
    }
    for id in graph.nodes {
      if let call = calls[id] {
        try add(call)
      } else if !inside.contains(id) {
        try add(id)
      }
    }
  }

  private func add(_ call: FunctionCall) throws(Diagnostic) {
    let attributes = try AttributeEmit(context, self).attributes(call.attributes)
    let inputs = call.inputs.map { value in
      value.map { value -> String in
        reference(value)
        return name(of: value)
      } ?? ""
    }
    let proto = emptyNode(call.type, call.name, call.domain, call.residue)
    fill(proto, inputs, call.outputs, attributes, overload: call.overload)
    flushPending()
    nodes.append(proto)
  }

  private func add(_ id: NodeID) throws(Diagnostic) {
    let node = graph[id]
    do throws(Diagnostic) {
      var form = NodeForm(
        op: node.op, type: node.type, operands: node.inputs.map { $0.map(NodeForm.Operand.value) },
        results: node.outputs.map { $0 != nil },
        readResults: node.outputs.map { $0.map { !graph.uses(of: $0).isEmpty } ?? false },
        attributes: node.attributes)
      if node.op != .opaque { try form.lower(to: context.opset, self) }
      let proto = try message(node, form)
      flushPending()
      nodes.append(proto)
    } catch {
      var error = error
      let label = node.name.isEmpty ? node.output(0).map { graph[$0].name } ?? "" : node.name
      if error.site.nodes.isEmpty { error.site.op = node.type }
      error.site.nodes.insert(label, at: 0)
      throw error
    }
  }

  private func message(_ node: Node, _ form: NodeForm) throws(Diagnostic)
    -> UnsafeMutablePointer<Onnx__NodeProto>
  {
    let attributes = try AttributeEmit(context, self).attributes(form.attributes)
    let label = node.name.isEmpty ? node.output(0).map { graph[$0].name } ?? "" : node.name
    let inputs = form.operands.map { operand -> String in
      switch operand {
      case .value(let value)?:
        reference(value)
        return name(of: value)
      case .constant(let role, let tensor)?: return addConstant("\(label).\(role)", tensor)
      case nil: return ""
      }
    }
    let proto = emptyNode(form.type, node.name, node.domain, node.residue)
    fill(proto, inputs, node.outputs, attributes, overload: node.overload)
    return proto
  }

  /// Gives a node its operands, results and attributes.
  private func fill(
    _ proto: UnsafeMutablePointer<Onnx__NodeProto>, _ inputs: [String], _ outputs: [ValueID?],
    _ attributes: [AttributeEmit.Message], overload: String
  ) {
    let arena = context.arena
    let names = outputs.map { $0.map { graph[$0].name } ?? "" }
    proto.pointee.n_input = inputs.count
    proto.pointee.input = arena.strings(inputs)
    proto.pointee.n_output = names.count
    proto.pointee.output = arena.strings(names)
    proto.pointee.n_attribute = attributes.count
    proto.pointee.attribute = arena.list(attributes)
    if !overload.isEmpty { proto.pointee.overload = arena.string(overload) }
  }

  private func emptyNode(_ type: String, _ name: String, _ domain: String, _ residue: Residue)
    -> UnsafeMutablePointer<Onnx__NodeProto>
  {
    let arena = context.arena
    context.domains.note(domain)
    let proto = arena.message(onnx__node_proto__init)
    proto.pointee.op_type = arena.string(type)
    if !name.isEmpty { proto.pointee.name = arena.string(name) }
    if !domain.isEmpty { proto.pointee.domain = arena.string(domain) }
    proto.pointee.doc_string = residue.docString.map(arena.string)
    proto.pointee.n_metadata_props = residue.metadata.count
    proto.pointee.metadata_props = arena.entries(residue.metadata)
    arena.splice(residue.fields, into: proto)
    return proto
  }

  /// Adds an initializer that an older operator set needs.
  private func addConstant(_ base: String, _ tensor: Tensor) -> String {
    let name = freshName(base)
    newConstants.append((name, .tensor(tensor.type, Shape(tensor.shape))))
    initializers.append(
      context.tensors.tensor(tensor, name: name, encoding: .raw, residue: Residue()))
    return name
  }

  /// Writes the `Constant` nodes that the next node reads.
  private func flushPending() {
    for value in pending {
      guard let constant = graph[value].constant,
        case .node(let name, let attribute, let domain, let residue) = constant.origin
      else { continue }
      let arena = context.arena
      let proto = emptyNode("Constant", name, domain, residue)
      proto.pointee.n_output = 1
      proto.pointee.output = arena.strings([graph[value].name])
      proto.pointee.n_attribute = 1
      proto.pointee.attribute = arena.list([
        AttributeEmit(context, self).constant(constant, attribute)
      ])
      nodes.append(proto)
    }
    pending = []
  }

  private func addInitializers(to proto: UnsafeMutablePointer<Onnx__GraphProto>) {
    var dense: [UnsafeMutablePointer<Onnx__TensorProto>] = []
    let inputs = Set(graph.inputs)
    for value in graph.constants {
      guard let constant = graph[value].constant,
        referenced.contains(value) || inputs.contains(value)
      else { continue }
      switch constant.origin {
      case .node: continue
      case .sparseInitializer(let encoded) where SparseTensor.isUnchanged(encoded, constant.tensor):
        context.arena.splice(WireBytes.field(15, encoded), into: proto)
      case .sparseInitializer, .initializer:
        dense.append(
          context.tensors.tensor(
            constant.tensor, name: graph[value].name, encoding: constant.encoding,
            residue: constant.residue))
      }
    }
    dense += initializers
    proto.pointee.n_initializer = dense.count
    proto.pointee.initializer = context.arena.list(dense)
  }

  /// Declarations of new initializers as inputs, where the file declares its initializers so:
  /// models below IR version 4 must.
  private func missingInputs() -> [UnsafeMutablePointer<Onnx__ValueInfoProto>] {
    let declared = Set(graph.inputs)
    guard context.irVersion < 4, parent == nil,
      graph.inputs.contains(where: { graph[$0].constant != nil })
    else { return [] }
    let values = referenced.filter { value in
      guard case .initializer? = graph[value].constant?.origin else { return false }
      return !declared.contains(value)
    }
    return values.sorted().map(info)
      + newConstants.map { context.arena.valueInfo($0.name, $0.type, nil) }
  }

  private func info(_ value: ValueID) -> UnsafeMutablePointer<Onnx__ValueInfoProto> {
    context.arena.valueInfo(name(of: value), graph[value].type, graph[value].annotation)
  }

  /// The declarations of values between inputs and outputs, and those of names that are none.
  private func valueInfos() -> [UnsafeMutablePointer<Onnx__ValueInfoProto>] {
    let ends = Set(graph.inputs).union(graph.outputs)
    var infos: [UnsafeMutablePointer<Onnx__ValueInfoProto>] = []
    for value in graph.values where graph[value].annotation != nil && !ends.contains(value) {
      if graph[value].constant != nil, !referenced.contains(value) { continue }
      infos.append(info(value))
    }
    for (name, annotation) in graph.strayAnnotations {
      infos.append(context.arena.valueInfo(name, annotation.type, annotation))
    }
    return infos
  }
}
