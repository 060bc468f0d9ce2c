/// What follows from a graph without running it: types, shape values, axis signatures, costs.
public struct GraphFacts: Sendable {
  /// The graph the facts are about.
  public let graph: Graph
  /// The type of every value. What a file declares of a node's results counts where nothing could
  /// be inferred; its numbers only if the inputs' extents are all known, or what it declares of the
  /// node's operands is what was inferred, so that it cannot be of another size. Names it gives to
  /// extents of the graph's outputs do not count: exporters take them from the user unchecked.
  public private(set) var types: [ValueID: ValueType] = [:]
  /// The elements of integer values of at most one axis, as far as they follow from shapes.
  public private(set) var shapeValues: [ValueID: [Dim]] = [:]
  /// The elements of integer values of two axes, row by row, for operators that only move them:
  /// exporters turn paddings about in this way.
  private var tables: [ValueID: [Dim]] = [:]
  private static let movingTables: Set<Operator> = [.reshape, .transpose, .slice, .cast, .identity]
  /// The numbers that `inputShapes` gave to named extents.
  private var bindings: [String: Int] = [:]
  /// Whether declared extents that are numbers hold.
  private var trustsNumbers = true
  /// The constants of graphs round this one, by the value that stands for them here, and the numbers
  /// that constants are joined to.
  private var knownTensors: [ValueID: Tensor] = [:]
  /// How many graphs are round this one.
  private var depth = 0

  /// How deep types are inferred into graphs within graphs.
  private static let depthLimit = 5

  /// Runs shape inference over the graph.
  ///
  /// `inputShapes` replaces the shapes of graph inputs; the names of extents they replace get that
  /// number everywhere. Results of operators pcc does not know keep their declared types. Throws an
  /// `invalid` diagnostic for a node that cannot be right.
  public init(_ graph: Graph, inputShapes: [ValueID: [Int]] = [:]) throws(Diagnostic) {
    self.graph = graph
    for value in graph.values {
      switch graph[value].definition {
      case .input: types[value] = try inputType(value, inputShapes[value])
      case .constant(let constant):
        types[value] = graph[value].type
        if !constant.isOverridable {
          shapeValues[value] = OperatorContext.shapeValue(of: constant.tensor)
        }
      case .capture: types[value] = graph[value].type
      case .node: break
      }
    }
    for value in graph.inputs { types[value] = types[value].map(bound) }
    trustsNumbers =
      inputShapes.isEmpty
      && graph.inputs.allSatisfy { graph[$0].type.tensor == nil || shape(of: $0)?.known != nil }
    for node in graph.nodes { try infer(node) }
  }

  /// Runs shape inference over a graph of one of `outer`'s nodes, whose inputs have the given types.
  private init(
    body graph: Graph, within outer: GraphFacts, inputs: [ValueType]
  ) throws(Diagnostic) {
    self.graph = graph
    depth = outer.depth + 1
    bindings = outer.bindings
    trustsNumbers = outer.trustsNumbers && graph.inputs.isEmpty
    for (value, type) in zip(graph.inputs, inputs) {
      types[value] = type == .unknown ? withoutNumbers(graph[value].type) : type
    }
    for capture in graph.captures {
      types[capture.inner] = outer.type(of: capture.outer)
      shapeValues[capture.inner] = outer.shapeValues[capture.outer]
      knownTensors[capture.inner] = outer.tensor(of: capture.outer)
    }
    for value in graph.constants {
      types[value] = graph[value].type
      if let tensor = graph.tensor(of: value) {
        shapeValues[value] = OperatorContext.shapeValue(of: tensor)
      }
    }
    for node in graph.nodes { try infer(node) }
  }

  /// The types of the outputs of a node's graph; nil if it cannot run at those of its inputs, or is
  /// nested too deep to look at.
  private func bodyTypes(_ graph: Graph, _ inputs: [ValueType]) -> [ValueType]? {
    guard depth < GraphFacts.depthLimit, inputs.count == graph.inputs.count,
      let facts = try? GraphFacts(body: graph, within: self, inputs: inputs)
    else { return nil }
    return graph.outputs.map(facts.type(of:))
  }

  /// The tensor of a constant of this graph or one round it that no caller may override.
  private func tensor(of value: ValueID?) -> Tensor? {
    guard let value else { return nil }
    return knownTensors[value] ?? graph.tensor(of: value)
  }

  /// The type of a value.
  public func type(of value: ValueID) -> ValueType { types[value] ?? .unknown }

  /// The shape of a value, if its rank is known.
  public func shape(of value: ValueID) -> Shape? { types[value]?.shape }

  /// What is known of a node.
  public func context(of node: NodeID) -> OperatorContext {
    context(graph[node], outputs: graph[node].outputs.map { $0.map(type(of:)) })
  }

  /// The axis signature of a node; nil if a rank is unknown.
  public func signature(of node: NodeID) -> AxisSignature? {
    let context = context(of: node)
    for type in context.inputs + context.outputs {
      if let type, type.rank == nil { return nil }
    }
    return graph[node].op.schema.axes(context)
  }

  /// The multiply-accumulates of a node; nil if it has none to speak of or a rank is unknown.
  public func macs(of node: NodeID) -> Schema.MACs? {
    guard let signature = signature(of: node) else { return nil }
    return graph[node].op.schema.cost(context(of: node), signature)
  }

  /// The number of multiply-accumulates of a node; extents that are not known count as 1.
  public func macCount(of node: NodeID) -> Int {
    guard let signature = signature(of: node),
      let macs = graph[node].op.schema.cost(context(of: node), signature)
    else { return 0 }
    return macs.factors(signature).reduce(CheckedInt(1)) { $0 * CheckedInt($1.value ?? 1) }.value
      ?? .max
  }

  /// The multiply-accumulates of the whole graph; extents that are not known count as 1.
  public var macCount: Int {
    graph.nodes.reduce(CheckedInt(0)) { $0 + CheckedInt(macCount(of: $1)) }.value ?? .max
  }

  private func context(_ node: Node, outputs: [ValueType?]) -> OperatorContext {
    var constants: [Int: Tensor] = [:]
    var values: [Int: [Dim]] = [:]
    for (index, input) in node.inputs.enumerated() {
      constants[index] = tensor(of: input)
      guard let input else { continue }
      let movesTable = index == 0 && GraphFacts.movingTables.contains(node.op)
      values[index] = shapeValues[input] ?? (movesTable ? tables[input] : nil)
    }
    let inputs = node.inputs.map { $0.map(type(of:)) }
    guard node.hasSubgraphs else {
      return OperatorContext(
        node: node, inputs: inputs, outputs: outputs, constants: constants, shapeValues: values)
    }
    let facts = self
    return OperatorContext(
      node: node, inputs: inputs, outputs: outputs, constants: constants, shapeValues: values,
      bodyTypes: { graph, types in facts.bodyTypes(graph, types) })
  }

  private mutating func inputType(
    _ value: ValueID, _ extents: [Int]?
  ) throws(Diagnostic) -> ValueType {
    let declared = graph[value].type
    guard let extents else { return declared }
    let site = Site(value: graph[value].name)
    guard let tensor = declared.tensor else {
      throw .invalid("a shape is given, but the input has no tensor type", at: site)
    }
    if let shape = tensor.shape {
      guard shape.count == extents.count else {
        throw .invalid("shape \(extents) is given, but the rank is \(shape.count)", at: site)
      }
      for case (.named(let name), let extent) in zip(shape, extents) {
        if let other = bindings[name], other != extent {
          throw .invalid("'\(name)' is both \(other) and \(extent)", at: site)
        }
        bindings[name] = extent
      }
    }
    guard Tensor.count(of: extents) != nil else {
      throw .invalid("shape \(extents) has no element count", at: site)
    }
    return .tensor(tensor.element, Shape(extents))
  }

  /// The type with names replaced by the numbers they are bound to.
  private func bound(_ type: ValueType) -> ValueType {
    guard let tensor = type.tensor, let shape = tensor.shape else { return type }
    return .tensor(
      tensor.element,
      shape.map { extent in
        guard case .named(let name) = extent else { return extent }
        return bindings[name].map(Dim.known) ?? DimProduct(extent)?.bound(bindings).dim ?? extent
      })
  }

  private mutating func infer(_ id: NodeID) throws(Diagnostic) {
    let node = graph[id]
    let schema = node.op.schema
    try schema.check(node)
    let open = context(node, outputs: node.outputs.map { $0.map { _ in .unknown } })
    let inferred = try schema.shape(open)
    let isDeclaredRight = node.inputs.allSatisfy { input in
      guard let input, graph[input].producer != nil else { return true }
      let declared = bound(graph[input].type)
      return declared != .unknown && declared == types[input]
    }
    for (index, output) in node.outputs.enumerated() {
      guard let output else { continue }
      let type = index < inferred.count ? inferred[index] : .unknown
      let isResult = depth == 0 && graph.isOutput(output)
      let declared = bound(isResult ? withoutNames(graph[output].type) : graph[output].type)
      types[output] = completed(
        type, with: trustsNumbers || isDeclaredRight ? declared : withoutNumbers(declared))
      if node.op == .opaque, types[output]?.rank == nil, let type = typeAsRead(output) {
        types[output] = type
      }
    }
    let closed = context(node, outputs: node.outputs.map { $0.map(type(of:)) })
    for (index, values) in schema.shapeValues(closed).enumerated() {
      guard let values, let output = node.output(index) else { continue }
      if types[output]?.rank == 2 {
        tables[output] = values
      } else {
        shapeValues[output] = values
      }
    }
    if node.op == .concat, let output = node.output(0) { knownTensors[output] = joined(node) }
  }

  /// The few floating-point constants that a node joins, as exporters make scales of; nil if it joins
  /// anything else.
  private func joined(_ node: Node) -> Tensor? {
    var numbers: [Float] = []
    for input in node.inputs {
      guard let tensor = tensor(of: input), tensor.type == .float32, tensor.rank == 1,
        numbers.count + tensor.count <= OperatorContext.rankLimit, let part = tensor.floats
      else { return nil }
      numbers += part
    }
    return Tensor(numbers)
  }

  /// The type that a value of which nothing is known must have to be read by a convolution or a
  /// matrix product with constant weights; nil if none reads it.
  private func typeAsRead(_ value: ValueID) -> ValueType? {
    for case .operand(let reader, index: 0) in graph.uses(of: value) {
      let node = graph[reader]
      guard let weight = tensor(of: node.input(1)), weight.rank >= 2 else { continue }
      var shape = Shape(repeating: .unknown, count: weight.rank)
      if node.op == .conv {
        let group = CheckedInt(node.attributes.int("group") ?? 1)
        shape[1] = Dim(checked: CheckedInt(weight.shape[1]) * group)
      } else if node.op == .convTranspose {
        shape[1] = .known(weight.shape[0])
      } else if node.op == .gemm, node.attributes.int("transA") ?? 0 == 0 {
        shape[1] = .known(weight.shape[node.attributes.int("transB") ?? 0 != 0 ? 1 : 0])
      } else {
        continue
      }
      return .tensor(weight.type, shape)
    }
    return nil
  }

  /// An inferred type with what is missing taken from the declared one.
  private func completed(_ inferred: ValueType, with declared: ValueType) -> ValueType {
    guard let type = inferred.tensor else { return declared }
    guard let other = declared.tensor?.shape else { return inferred }
    guard let shape = type.shape else { return .tensor(type.element, other) }
    guard shape.count == other.count else { return inferred }
    return .tensor(type.element, zip(shape, other).map { $0 == .unknown ? $1 : $0 })
  }

  /// A declared type without names of extents, except those that have a number.
  private func withoutNames(_ type: ValueType) -> ValueType {
    guard let tensor = type.tensor, let shape = tensor.shape else { return type }
    return .tensor(
      tensor.element,
      shape.map { extent in
        guard case .named(let name) = extent else { return extent }
        return bindings[name] == nil ? .unknown : extent
      })
  }

  /// A declared type without numbers, which may be of another input size.
  private func withoutNumbers(_ type: ValueType) -> ValueType {
    guard let tensor = type.tensor, let shape = tensor.shape else { return type }
    return .tensor(tensor.element, shape.map { $0.value == nil ? $0 : .unknown })
  }
}
