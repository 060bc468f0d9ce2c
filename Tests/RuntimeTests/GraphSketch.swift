import IR

/// Builds small graphs with seeded random numbers for tests.
struct GraphSketch {
  private(set) var graph = Graph(name: "sketch")
  private(set) var inputs: [String: Tensor] = [:]
  private var state: UInt64

  /// Creates an empty graph whose numbers follow from `seed`.
  init(seed: UInt64 = 1) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  /// A number between -1 and 1.
  mutating func number() -> Float {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    mixed ^= mixed >> 31
    return Float(mixed >> 40) / Float(1 << 23) - 1
  }

  /// A whole number from 0 up to `bound`.
  mutating func integer(below bound: Int) -> Int { Int((number() + 1) / 2 * Float(bound)) % bound }

  /// A tensor of numbers between -1 and 1.
  mutating func tensor(_ shape: [Int]) -> Tensor {
    Tensor((0..<shape.reduce(1, *)).map { _ in number() }, shape: shape)
  }

  /// Adds a random input.
  mutating func input(_ shape: [Int]) -> ValueID {
    let name = "x\(inputs.count)"
    inputs[name] = tensor(shape)
    return graph.addInput(name, .tensor(.float32, Shape(shape)))
  }

  /// Adds a random constant, or one that `transform` makes of it.
  mutating func constant(_ shape: [Int], _ transform: (Float) -> Float = { $0 }) -> ValueID {
    let values = tensor(shape).floats?.map(transform) ?? []
    return graph.addConstant(graph.freshName("c"), Tensor(values, shape: shape))
  }

  /// Adds a given constant.
  mutating func constant(_ tensor: Tensor) -> ValueID {
    graph.addConstant(graph.freshName("t"), tensor)
  }

  /// Adds a constant of integers.
  mutating func integers(_ values: [Int]) -> ValueID {
    graph.addConstant(graph.freshName("i"), Tensor(values.map { Int64($0) }))
  }

  /// Adds a node with one result.
  mutating func add(_ op: Operator, _ inputs: [ValueID?], _ attributes: Attributes = [:]) -> ValueID
  {
    graph.add(
      op, inputs, attributes: attributes, result: graph.freshName(op.name.lowercased()), .unknown)
  }

  /// Adds a node with several results, of which nil ones are left out.
  mutating func add(
    _ op: Operator, _ inputs: [ValueID?], _ attributes: Attributes = [:], results: [Bool]
  ) -> [ValueID?] {
    let base = "\(op.name.lowercased())\(graph.nodeCount)"
    let id = graph.addNode(
      op, inputs, attributes: attributes, name: base,
      results: results.enumerated().map { $0.element ? ("\(base).\($0.offset)", .unknown) : nil })
    return graph[id].outputs
  }

  /// Adds a convolution with random weights.
  mutating func conv(
    _ x: ValueID, _ weight: [Int], bias: Bool = true, _ attributes: Attributes = [:]
  ) -> ValueID {
    let scale = 1 / Float(weight[1...].reduce(1, *)).squareRoot()
    let w = constant(weight) { $0 * scale * 2 }
    return add(.conv, [x, w, bias ? constant([weight[0]]) : nil], attributes)
  }

  /// Adds a BatchNormalization with random statistics.
  mutating func batchNormalization(_ x: ValueID, _ channels: Int) -> ValueID {
    let operands = [
      constant([channels]), constant([channels]), constant([channels]),
      constant([channels]) { $0 * $0 + 0.5 },
    ]
    return add(.batchNormalization, [x] + operands)
  }

  /// Takes another graph over the same inputs.
  mutating func replaceGraph(_ other: Graph) { graph = other }

  /// Makes a value a graph output.
  mutating func output(_ value: ValueID) { graph.addOutput(value) }
}
