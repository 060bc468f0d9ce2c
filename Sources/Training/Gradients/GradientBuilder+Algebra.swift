import IR

/// Arithmetic on values: nodes that are named after the scope and typed by their schemas.
extension GradientBuilder {
  /// What is known of a node.
  func context(of node: Node) -> OperatorContext {
    var constants: [Int: Tensor] = [:]
    var values: [Int: [Dim]] = [:]
    for (index, input) in node.inputs.enumerated() {
      guard let tensor = graph.tensor(of: input) else { continue }
      constants[index] = tensor
      if tensor.rank <= 1, tensor.count <= 1024, tensor.type == .int64 || tensor.type == .int32 {
        values[index] = tensor.integers.map { $0.map(Dim.known) }
      }
    }
    return OperatorContext(
      node: node, inputs: node.inputs.map { $0.map { graph[$0].type } },
      outputs: node.outputs.map { $0.map { _ in .unknown } }, constants: constants,
      shapeValues: values)
  }

  /// Appends a node with one result.
  mutating func apply(
    _ op: Operator, _ operands: [ValueID?], _ attributes: Attributes = [:]
  ) throws(Diagnostic) -> ValueID {
    try apply(op, operands, attributes, results: 1)[0]
  }

  /// Appends a node with several results.
  mutating func apply(
    _ op: Operator, _ operands: [ValueID?], _ attributes: Attributes = [:], results count: Int
  ) throws(Diagnostic) -> [ValueID] {
    let base = "\(scope).\(op.name.lowercased())"
    var results: [(name: String, type: ValueType)?] = []
    for index in 0..<count {
      results.append((fresh(count == 1 ? base : "\(base).\(index)"), .unknown))
    }
    let id = graph.addNode(
      op, operands, attributes: attributes, name: results[0]?.name ?? base, results: results,
      at: position)
    let types = try op.schema.shape(context(of: graph[id]))
    var values: [ValueID] = []
    for (index, value) in graph[id].outputs.enumerated() {
      guard let value, index < types.count, types[index].shape?.known != nil else {
        throw .unsupported(
          "the shape of a result does not follow from its operands", at: site(of: graph[id]))
      }
      graph.setType(value, types[index])
      values.append(value)
    }
    return values
  }

  /// The operand at `index` of a node to be expanded.
  func operand(_ node: Node, _ index: Int) throws(Diagnostic) -> ValueID {
    guard let value = node.input(index) else {
      throw .invalid("operand \(index) is missing", at: site(of: node))
    }
    return value
  }

  /// The first result of a node to be expanded.
  func result(_ node: Node) throws(Diagnostic) -> ValueID {
    guard let value = node.outputs.lazy.compactMap(\.self).first else {
      throw .invalid("it has no result", at: site(of: node))
    }
    return value
  }

  /// A scalar of the element type of a value.
  mutating func number(_ number: Double, like value: ValueID) throws(Diagnostic) -> ValueID {
    scalar(number, try element(value), name: scope + ".number")
  }

  /// A vector of integers.
  mutating func integers(_ numbers: [Int]) -> ValueID {
    constant(Tensor(numbers.map(Int64.init)), name: scope + ".integers")
  }

  /// `a + b`.
  mutating func plus(_ a: ValueID, _ b: ValueID) throws(Diagnostic) -> ValueID {
    try apply(.add, [a, b])
  }

  /// `a - b`.
  mutating func minus(_ a: ValueID, _ b: ValueID) throws(Diagnostic) -> ValueID {
    try apply(.sub, [a, b])
  }

  /// `a · b`.
  mutating func times(_ a: ValueID, _ b: ValueID) throws(Diagnostic) -> ValueID {
    try apply(.mul, [a, b])
  }

  /// `a / b`.
  mutating func over(_ a: ValueID, _ b: ValueID) throws(Diagnostic) -> ValueID {
    try apply(.div, [a, b])
  }

  /// `factor · a + offset`.
  mutating func affine(_ a: ValueID, by factor: Double = 1, plus offset: Double = 0)
    throws(Diagnostic) -> ValueID
  {
    var result = a
    if factor != 1 { result = try times(result, number(factor, like: a)) }
    if offset != 0 { result = try plus(result, number(offset, like: a)) }
    return result
  }

  /// `a²`.
  mutating func square(_ a: ValueID) throws(Diagnostic) -> ValueID { try times(a, a) }

  /// `a` where `mask` holds, `b` elsewhere.
  mutating func select(_ mask: ValueID, _ a: ValueID, _ b: ValueID) throws(Diagnostic) -> ValueID {
    try apply(.where, [mask, a, b])
  }

  /// `a` where `mask` holds, 0 elsewhere.
  mutating func keep(_ a: ValueID, where mask: ValueID) throws(Diagnostic) -> ValueID {
    try select(mask, a, number(0, like: a))
  }

  /// 0 where `mask` holds, `a` elsewhere.
  mutating func drop(_ a: ValueID, where mask: ValueID) throws(Diagnostic) -> ValueID {
    try select(mask, number(0, like: a), a)
  }

  /// Whether `a` is below a number.
  mutating func isBelow(_ a: ValueID, _ bound: Double) throws(Diagnostic) -> ValueID {
    try apply(.less, [a, number(bound, like: a)])
  }

  /// Whether `a` equals a number.
  mutating func equals(_ a: ValueID, _ other: Double) throws(Diagnostic) -> ValueID {
    try apply(.equal, [a, number(other, like: a)])
  }

  /// The value cast to the element type of another.
  mutating func cast(_ a: ValueID, like other: ValueID) throws(Diagnostic) -> ValueID {
    let element = try element(other)
    if try self.element(a) == element { return a }
    return try apply(.cast, [a], ["to": .int(Int(element.rawValue))])
  }

  /// The value in another shape of as many elements.
  mutating func view(_ a: ValueID, _ shape: [Int]) throws(Diagnostic) -> ValueID {
    try reshape(a, to: shape, name: scope + ".view")
  }

  /// The value spread over a shape.
  mutating func spread(_ a: ValueID, _ shape: [Int]) throws(Diagnostic) -> ValueID {
    try expand(a, to: shape, name: scope + ".spread")
  }

  /// The sum over axes.
  mutating func total(_ a: ValueID, over axes: [Int], keeping: Bool = true) throws(Diagnostic)
    -> ValueID
  {
    axes.isEmpty ? a : try sum(a, over: axes, keeping: keeping, name: scope + ".total")
  }

  /// The mean over axes, which stay with extent 1.
  mutating func average(_ a: ValueID, over axes: [Int]) throws(Diagnostic) -> ValueID {
    let extents = try shape(a)
    let count = axes.reduce(1) { $0 * extents[$1] }
    return try affine(total(a, over: axes), by: 1 / Double(max(count, 1)))
  }

  /// A gradient of a broadcast result summed to the shape of an operand.
  mutating func gathered(_ gradient: ValueID, to operand: ValueID) throws(Diagnostic) -> ValueID {
    try unbroadcast(gradient, to: shape(operand), name: scope + ".sum")
  }

  /// The value with its axes in another order.
  mutating func permuted(_ a: ValueID, _ order: [Int]) throws(Diagnostic) -> ValueID {
    if order == Array(order.indices) { return a }
    return try apply(.transpose, [a], ["perm": .ints(order)])
  }

  /// The elements `range` of an axis.
  mutating func slice(_ a: ValueID, _ axis: Int, _ range: Range<Int>) throws(Diagnostic) -> ValueID
  {
    if try shape(a)[axis] == range.count { return a }
    return try apply(
      .slice,
      [a, integers([range.lowerBound]), integers([range.upperBound]), integers([axis])])
  }

  /// The value cut along an axis into parts of the given extents.
  mutating func split(_ a: ValueID, _ axis: Int, _ sizes: [Int]) throws(Diagnostic) -> [ValueID] {
    if sizes.count == 1 { return [a] }
    return try apply(
      .split, [a, integers(sizes)], ["axis": .int(axis)], results: sizes.count)
  }

  /// Values joined along an axis.
  mutating func join(_ parts: [ValueID], _ axis: Int) throws(Diagnostic) -> ValueID {
    if parts.count == 1 { return parts[0] }
    return try apply(.concat, parts, ["axis": .int(axis)])
  }

  /// A constant of zeros.
  mutating func zeros(_ shape: [Int], like value: ValueID) throws(Diagnostic) -> ValueID {
    constant(Tensor(zeros: try element(value), shape: shape), name: scope + ".zeros")
  }

  /// A constant of given numbers in the element type of a value.
  mutating func numbers(_ numbers: [Double], _ shape: [Int], like value: ValueID)
    throws(Diagnostic) -> ValueID
  {
    constant(
      Tensor(rounding: numbers, to: try element(value), shape: shape), name: scope + ".numbers")
  }
}

extension Node {
  /// The float attribute of that name, or what holds without it.
  func number(_ name: String, _ value: Float) -> Double {
    Double(attributes.float(name) ?? value)
  }

  /// Whether the integer attribute is given and not 0.
  func flag(_ name: String) -> Bool { (attributes.int(name) ?? 0) != 0 }

  /// An axis number counted from the front.
  func axis(_ name: String, _ value: Int, rank: Int) -> Int {
    let number = attributes.int(name) ?? value
    return number < 0 ? number + rank : number
  }

  /// The attributes of the given names.
  func attributes(_ names: [String]) -> Attributes {
    var kept = Attributes()
    for name in names { kept[name] = attributes[name] }
    return kept
  }
}
