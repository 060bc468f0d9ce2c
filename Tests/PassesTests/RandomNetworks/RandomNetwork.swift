import IR

/// Builds small networks at random, of all operators that channels can be traced through: images of
/// one to three axes, sequences, and tokens that are looked up in a table.
///
/// Types come from shape inference; a step that does not fit the value it is drawn for adds nothing.
struct RandomNetwork {
  private(set) var graph = Graph(name: "random")
  var random: SeededGenerator
  private var count = 0
  /// The float values so far that steps may go on from.
  private(set) var values: [ValueID] = []
  /// The most elements of a value.
  private static let sizeLimit = 4096

  /// Builds a network of `steps` random steps and a random head.
  init(seed: UInt64, steps: Int) {
    random = SeededGenerator(seed: seed)
    start()
    for _ in 0..<steps { step() }
    finish()
  }

  // MARK: Chance

  /// One of the choices.
  mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[Int.random(in: 0..<choices.count, using: &random)]
  }

  /// True with the given probability.
  mutating func chance(_ probability: Double) -> Bool {
    Double.random(in: 0..<1, using: &random) < probability
  }

  /// A number out of a range.
  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

  // MARK: Constants

  private mutating func name(_ base: String) -> String {
    count += 1
    return "\(base)\(count)"
  }

  /// Random numbers within a range.
  mutating func weights(_ shape: [Int], _ range: ClosedRange<Float> = -0.5...0.5) -> ValueID {
    let total = shape.reduce(1, *)
    let numbers = (0..<total).map { _ in Float.random(in: range, using: &random) }
    return graph.addConstant(name("w"), Tensor(numbers, shape: shape))
  }

  /// A scalar.
  mutating func scalar(_ number: Float) -> ValueID {
    graph.addConstant(name("c"), Tensor(scalar: number))
  }

  /// A list of floats.
  mutating func floats(_ numbers: [Float]) -> ValueID {
    graph.addConstant(name("f"), Tensor(numbers))
  }

  /// A list of integers.
  mutating func integers(_ numbers: [Int], shape: [Int]? = nil) -> ValueID {
    graph.addConstant(
      name("i"), Tensor(numbers.map { Int64($0) }, shape: shape ?? [numbers.count]))
  }

  /// A constant of any kind.
  mutating func constant(_ tensor: Tensor) -> ValueID { graph.addConstant(name("t"), tensor) }

  // MARK: Nodes

  /// The extents of a value.
  func shape(_ value: ValueID) -> [Int] { graph[value].type.shape?.known ?? [] }

  /// Adds a node with `results` results; nil, and nothing added, if the operator does not take these
  /// operands or a result is empty or large.
  mutating func make(
    _ op: Operator, _ inputs: [ValueID?], _ attributes: Attributes = [:], results: Int
  ) -> [ValueID]? {
    let node = graph.addNode(
      op, inputs, attributes: attributes,
      results: (0..<results).map { _ in (name(op.name.lowercased()), .unknown) })
    var constants: [Int: Tensor] = [:]
    var shapes: [Int: [Dim]] = [:]
    for (index, input) in inputs.enumerated() {
      guard let tensor = graph.tensor(of: input) else { continue }
      constants[index] = tensor
      shapes[index] = tensor.integers.map { $0.map { Dim.known($0) } }
    }
    let context = OperatorContext(
      node: graph[node], inputs: inputs.map { $0.map { graph[$0].type } },
      outputs: Array(repeating: .unknown, count: results), constants: constants,
      shapeValues: shapes)
    let values = graph[node].outputs.compactMap { $0 }
    guard let types = try? op.schema.shape(context), types.count >= results,
      types.prefix(results).allSatisfy({ type in
        guard let shape = type.shape?.known else { return false }
        return !shape.contains(0) && shape.reduce(1, *) <= RandomNetwork.sizeLimit
      })
    else {
      graph.erase(node)
      return nil
    }
    for (value, type) in zip(values, types) { graph.setType(value, type) }
    return values
  }

  /// Adds a node with one result.
  mutating func make(_ op: Operator, _ inputs: [ValueID?], _ attributes: Attributes = [:])
    -> ValueID?
  {
    make(op, inputs, attributes, results: 1)?.first
  }

  /// Lets steps go on from a value.
  mutating func keep(_ value: ValueID?) {
    guard let value, graph[value].type.element == .float32, (2...5).contains(shape(value).count)
    else { return }
    values.append(value)
  }

  /// Another value of the same shape; nil if there is none.
  mutating func partner(of value: ValueID) -> ValueID? {
    let shape = shape(value)
    let others = values.dropFirst().filter { $0 != value && self.shape($0) == shape }
    return others.isEmpty ? nil : pick(Array(others))
  }

  // MARK: The network

  private mutating func start() {
    switch number(0...9) {
    case 0...4:
      let size = pick([6, 8])
      values = [graph.addInput("x", .tensor(.float32, Shape([1, pick([1, 3]), size, size])))]
    case 5:
      values = [graph.addInput("x", .tensor(.float32, Shape([2, pick([1, 3]), 8])))]
    case 6:
      values = [graph.addInput("x", .tensor(.float32, Shape([1, 2, 4, 4, 4])))]
    case 7, 8:
      values = [graph.addInput("x", .tensor(.float32, Shape([2, 4, pick([3, 5])])))]
      keep(linear(values[0], to: pick([4, 6, 8])))
      return
    default:
      let tokens = graph.addInput("x", .tensor(.int64, Shape([1, 5])))
      let table = weights([7, pick([4, 6, 8])], -1...1)
      guard let rows = make(.gather, [table, tokens]) else { return }
      values = [rows]
      keep(make(.add, [rows, weights([1] + shape(rows).dropFirst())]))
      return
    }
    keep(convolution(values[0]))
  }

  /// Draws a step that fits a value, mostly a recent one.
  private mutating func step() {
    for _ in 0..<4 {
      let before = values.count
      let value =
        chance(0.7) || values.count < 2
        ? values[values.count - 1] : values[number(1...(values.count - 1))]
      if chance(0.5) {
        structure(value)
      } else {
        operate(value)
        if values.count > before, let last = values.last { operate(last) }
      }
      if values.count > before { return }
    }
  }

  /// A part of a network as they are usually built.
  private mutating func structure(_ value: ValueID) {
    let rank = shape(value).count
    if rank == 3, chance(0.6) || graph.inputs.contains(where: { shape($0).count == 2 }) {
      return sequenceStructure(value)
    }
    if rank == 2 { return keep(activation(linear(value, to: pick([4, 6])))) }
    imageStructure(value)
  }

  /// One operator, any that channels can be traced through.
  private mutating func operate(_ value: ValueID) {
    switch number(0...14) {
    case 0...4: unary(value)
    case 5, 6: binary(value)
    case 7: reduction(value)
    case 8...11: movement(value)
    case 12: pooling(value)
    case 13: normalization(value)
    default: contraction(value)
    }
  }

  /// A classifier on the last value, and sometimes a second output.
  private mutating func finish() {
    guard var flat = values.last else { return }
    if shape(flat).count > 2, chance(0.5) {
      let axes = integers(Array(2..<shape(flat).count))
      flat = make(.reduceMean, [flat, axes], ["keepdims": .int(0)]) ?? flat
    }
    flat = make(.flatten, [flat]) ?? flat
    if chance(0.8) {
      flat = linear(flat, to: 8).flatMap { make(.relu, [$0]) } ?? flat
    }
    let scores = linear(flat, to: 3) ?? flat
    graph.addOutput(scores)
    if chance(0.2), values.count > 1 {
      let extra = values[number(1...(values.count - 1))]
      if extra != scores { graph.addOutput(extra) }
    }
  }
}
