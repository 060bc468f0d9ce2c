import IR

/// The graph that gradient rules extend, with the helpers they share.
///
/// All values the rules read have known shapes, and every value they make gets its type at once.
struct GradientBuilder {
  /// The graph: forward nodes first, gradient nodes appended.
  var graph: Graph
  /// Where nodes are added.
  var position = Graph.Position.atEnd
  /// What the names of values begin with that bear the name of their operator.
  var scope = ""
  /// How many values were named after a base.
  private var counts: [String: Int] = [:]

  /// Whether some node has graphs of its own, whose names new values must not bear.
  private let isNested: Bool

  /// Creates a builder that extends `graph`.
  init(_ graph: Graph) {
    self.graph = graph
    isNested = graph.nodes.contains { graph[$0].hasSubgraphs }
  }

  /// The extents of a value.
  func shape(_ value: ValueID) throws(Diagnostic) -> [Int] {
    guard let shape = graph[value].type.shape?.known else {
      throw .unsupported("value '\(graph[value].name)' has no known shape, as training needs")
    }
    return shape
  }

  /// The element type of a value.
  func element(_ value: ValueID) throws(Diagnostic) -> ElementType {
    guard let element = graph[value].type.element else {
      throw .unsupported("value '\(graph[value].name)' has no known element type")
    }
    return element
  }

  /// The operand at `index`.
  func operand(_ request: GradientRequest, _ index: Int) throws(Diagnostic) -> ValueID {
    guard let value = request.node.input(index) else {
      throw .invalid("operand \(index) is missing", at: site(of: request.node))
    }
    return value
  }

  /// The gradient with respect to the node's only differentiable result.
  func resultGradient(_ request: GradientRequest) throws(Diagnostic) -> ValueID {
    guard let value = request.results.first ?? nil,
      request.results.dropFirst().allSatisfy({ $0 == nil })
    else {
      throw .unsupported(
        "no gradient: results other than the first are read", at: site(of: request.node))
    }
    return value
  }

  /// The node's first result.
  func result(_ request: GradientRequest) throws(Diagnostic) -> ValueID {
    guard let value = request.node.output(0) else {
      throw .invalid("result 0 is missing", at: site(of: request.node))
    }
    return value
  }

  /// The integers of a constant operand; nil if it is left out.
  func integers(_ request: GradientRequest, _ index: Int) throws(Diagnostic) -> [Int]? {
    guard let value = request.node.input(index) else { return nil }
    guard let integers = graph.tensor(of: value)?.integers else {
      throw .unsupported(
        "operand '\(graph[value].name)' must be constant for the gradient",
        at: site(of: request.node))
    }
    return integers
  }

  /// Where a node is, for diagnostics.
  func site(of node: Node) -> Site { Site(nodes: [node.name], op: node.type) }

  /// A name for a new value: `base`, or that and a number.
  mutating func fresh(_ base: String) -> String {
    var number = (counts[base] ?? 0) + 1
    var name = number == 1 ? base : "\(base).\(number)"
    while !isNested, graph.value(named: name) != nil {
      number += 1
      name = "\(base).\(number)"
    }
    counts[base] = number
    return isNested ? graph.freshName(name) : name
  }

  /// Appends a node with one result of the given element type and extents.
  mutating func add(
    _ op: Operator, _ operands: [ValueID?], attributes: Attributes = [:], name: String,
    _ element: ElementType, _ shape: [Int]
  ) -> ValueID {
    let result = fresh(name)
    return graph.add(
      op, operands, attributes: attributes, result: result, .tensor(element, Shape(shape)),
      at: position)
  }

  /// Appends a node whose result has the type of `like`.
  mutating func add(
    _ op: Operator, _ operands: [ValueID?], attributes: Attributes = [:], name: String,
    like: ValueID
  ) -> ValueID {
    let result = fresh(name)
    return graph.add(
      op, operands, attributes: attributes, result: result, graph[like].type, at: position)
  }

  /// Appends a node with several results, each of the type of a value; nil leaves one out.
  mutating func add(
    _ op: Operator, _ operands: [ValueID?], attributes: Attributes = [:],
    results: [(name: String, like: ValueID)?]
  ) -> [ValueID?] {
    var named: [(name: String, type: ValueType)?] = []
    for result in results {
      guard let result else {
        named.append(nil)
        continue
      }
      named.append((fresh(result.name), graph[result.like].type))
    }
    let node = graph.addNode(
      op, operands, attributes: attributes,
      name: named.lazy.compactMap { $0?.name }.first ?? "", results: named, at: position)
    return graph[node].outputs
  }

  /// Adds a constant.
  mutating func constant(_ tensor: Tensor, name: String) -> ValueID {
    let name = fresh(name)
    return graph.addConstant(name, tensor)
  }

  /// Adds a scalar of a floating-point type.
  mutating func scalar(_ number: Double, _ element: ElementType, name: String) -> ValueID {
    constant(Tensor(rounding: [number], to: element, shape: []), name: name)
  }

  /// Appends a Reshape; nothing if the shape is there already.
  mutating func reshape(_ value: ValueID, to shape: [Int], name: String) throws(Diagnostic)
    -> ValueID
  {
    if try self.shape(value) == shape { return value }
    let extents = constant(Tensor(shape.map(Int64.init)), name: name + ".shape")
    return add(
      .reshape, [value, extents], attributes: ["allowzero": .int(1)], name: name,
      try element(value), shape)
  }

  /// Appends a ReduceSum over `axes`, which stay with extent 1 if `keeping`.
  mutating func sum(_ value: ValueID, over axes: [Int], keeping: Bool, name: String)
    throws(Diagnostic) -> ValueID
  {
    let old = try shape(value)
    var new: [Int] = []
    for (axis, extent) in old.enumerated() {
      if !axes.contains(axis) { new.append(extent) } else if keeping { new.append(1) }
    }
    let list = constant(Tensor(axes.map(Int64.init)), name: name + ".axes")
    return add(
      .reduceSum, [value, list], attributes: ["keepdims": .int(keeping ? 1 : 0)], name: name,
      try element(value), new)
  }

  /// Sums a gradient over the axes along which a value of `shape` was broadcast.
  mutating func unbroadcast(_ gradient: ValueID, to shape: [Int], name: String) throws(Diagnostic)
    -> ValueID
  {
    let full = try self.shape(gradient)
    if full == shape { return gradient }
    let leading = full.count - shape.count
    let axes = full.indices.filter {
      $0 < leading || (shape[$0 - leading] == 1 && full[$0] != 1)
    }
    let reduced =
      axes.isEmpty ? gradient : try sum(gradient, over: axes, keeping: true, name: name + ".sum")
    return try reshape(reduced, to: shape, name: name)
  }

  /// Appends an Expand; nothing if the shape is there already.
  mutating func expand(_ value: ValueID, to shape: [Int], name: String) throws(Diagnostic)
    -> ValueID
  {
    if try self.shape(value) == shape { return value }
    let extents = constant(Tensor(shape.map(Int64.init)), name: name + ".shape")
    return add(.expand, [value, extents], name: name, try element(value), shape)
  }

  /// Appends the sum of two values of equal shapes.
  mutating func sum(_ left: ValueID, _ right: ValueID, name: String) -> ValueID {
    add(.add, [left, right], name: name, like: left)
  }

  /// The name of the gradient with respect to a value.
  func gradientName(_ value: ValueID) -> String { graph[value].name + ".grad" }
}
