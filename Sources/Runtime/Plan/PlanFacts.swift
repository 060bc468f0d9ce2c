import IR

/// What is known of a graph before it is planned: types, constants, and the nodes that are needed.
struct PlanFacts {
  let graph: Graph
  /// Whether packed weights may take no more memory than the graph's.
  let packsTightly: Bool
  /// The values known at planning: constants that cannot change, and what follows from them.
  private(set) var constants: [ValueID: Tensor] = [:]
  /// The nodes whose results are needed and not known, in order.
  private(set) var nodes: [NodeID] = []
  private var types: [ValueID: (element: ElementType, shape: [Int])] = [:]
  private var readers: [ValueID: [NodeID]] = [:]
  private let outputs: Set<ValueID>

  /// Gathers the facts of a graph whose inputs have the given or declared shapes.
  ///
  /// Throws `unsupported` where a type that is needed does not follow from them.
  init(
    _ graph: Graph, inputShapes: [ValueID: [Int]], parameters: Set<ValueID>, packsTightly: Bool
  ) throws(Diagnostic) {
    self.graph = graph
    self.packsTightly = packsTightly
    outputs = Set(graph.outputs)
    for parameter in parameters {
      guard let constant = graph[parameter].constant, constant.tensor.type == .float32 else {
        throw .invalid("parameter '\(graph[parameter].name)' is no constant of type f32")
      }
    }
    for id in graph.constants where !parameters.contains(id) {
      if let tensor = graph.tensor(of: id) { constants[id] = tensor }
    }
    // A shape that is computed from another value's is known once that value's is.
    var known: Int
    repeat {
      known = constants.count
      try fold()
      try infer(inputShapes)
      try fold()
    } while constants.count > known && graph.values.contains { types[$0] == nil }
    for (value, tensor) in constants { types[value] = (tensor.type, tensor.shape) }
    try findNodes()
    let used = nodes.flatMap { graph[$0].inputs + graph[$0].outputs }.compactMap { $0 }
    for value in graph.inputs + graph.outputs + used where element(value) == .string {
      throw .unsupported("strings are not planned for", at: Site(value: graph[value].name))
    }
  }

  /// The most elements of a value, so that products of a few extents do not overflow.
  private static let countLimit = 1 << 40

  /// The element type of a value.
  func element(_ value: ValueID) -> ElementType { types[value]?.element ?? .float32 }

  /// The extents of a value.
  func shape(_ value: ValueID) -> [Int] { types[value]?.shape ?? [] }

  /// Whether the value is a constant that a caller may override.
  func isOverridable(_ value: ValueID) -> Bool { graph[value].constant?.isOverridable ?? false }

  /// The needed nodes that read the value, once for each operand.
  func readers(of value: ValueID) -> [NodeID] { readers[value] ?? [] }

  /// The node that alone reads the value, once, if the value is no output.
  func soleReader(of value: ValueID) -> NodeID? {
    guard let found = readers[value], found.count == 1, !outputs.contains(value) else { return nil }
    return found[0]
  }

  /// Whether the value is an output of the graph.
  func isOutput(_ value: ValueID) -> Bool { outputs.contains(value) }

  /// The constant operand, if it is one.
  func constant(_ value: ValueID?) -> Tensor? { value.flatMap { constants[$0] } }

  /// The bounds of a Clip or its gradient, operands `index` and `index + 1`, infinite where they are
  /// left out; nil where they are not known.
  func clipBounds(_ node: Node, from index: Int) -> (low: Float, high: Float)? {
    func bound(_ index: Int, absent: Float) -> Float? {
      guard let operand = node.input(index) else { return absent }
      guard let tensor = constants[operand], tensor.count == 1 else { return nil }
      return tensor.floats?.first
    }
    guard let low = bound(index, absent: -.infinity),
      let high = bound(index + 1, absent: .infinity)
    else { return nil }
    return (low, high)
  }

  /// Takes the types that follow from what is known so far.
  private mutating func infer(_ inputShapes: [ValueID: [Int]]) throws(Diagnostic) {
    let facts = try GraphFacts(folded(), inputShapes: inputShapes)
    for value in graph.values {
      guard let type = facts.type(of: value).tensor, let shape = type.shape?.known,
        let count = Tensor.count(of: shape.map({ max($0, 1) })), count <= PlanFacts.countLimit
      else { continue }
      types[value] = (type.element, shape)
    }
  }

  /// The graph with the values known so far as constants, so that shapes that follow from them are
  /// known as well; values of the graph itself keep their identities.
  private func folded() -> Graph {
    var copy = graph
    for value in graph.values where graph[value].producer != nil {
      guard let tensor = constants[value], tensor.count <= 1024 else { continue }
      let name = copy.freshName(graph[value].name + ".folded")
      copy.replaceUses(of: value, with: copy.addConstant(name, tensor))
    }
    return copy
  }

  /// Computes what follows from constants alone, and from shapes once they are known.
  private mutating func fold() throws(Diagnostic) {
    let interpreter = Interpreter()
    for id in graph.nodes {
      let node = graph[id]
      let isShape = node.op == .shape
      var operands: [Tensor?] = []
      for input in node.inputs {
        guard let input else {
          operands.append(nil)
          continue
        }
        if let tensor = constants[input] {
          operands.append(tensor)
        } else if isShape, types[input] != nil {
          operands.append(Tensor(zeros: .bool, shape: shape(input)))
        }
      }
      let isKnown = node.outputs.allSatisfy { $0.map { constants[$0] != nil } ?? true }
      guard operands.count == node.inputs.count, node.op != .opaque, !isKnown else { continue }
      let results: [Tensor?]
      do throws(Diagnostic) {
        results = try interpreter.evaluate(node, operands)
      } catch {
        if error.kind == .unsupported { continue }
        throw error
      }
      for case (let value?, let tensor?) in zip(node.outputs, results) { constants[value] = tensor }
    }
  }

  private mutating func findNodes() throws(Diagnostic) {
    var needed = outputs
    for id in graph.nodes.reversed() {
      let node = graph[id]
      let results = node.outputs.compactMap { $0 }
      guard results.contains(where: { needed.contains($0) && constants[$0] == nil }) else {
        continue
      }
      nodes.append(id)
      needed.formUnion(node.reads)
    }
    nodes.reverse()
    for id in nodes {
      let node = graph[id]
      if node.op == .opaque { throw .unknownOperator(node) }
      for value in node.reads + node.outputs.compactMap({ $0 }) where types[value] == nil {
        throw .unsupported(
          "the shape of '\(graph[value].name)' is too large, or not known before the graph runs",
          at: Site(nodes: [node.name], op: node.type))
      }
      for value in node.reads { readers[value, default: []].append(id) }
    }
  }
}
