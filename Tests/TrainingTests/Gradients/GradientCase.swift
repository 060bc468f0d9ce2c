import DenseRuntime
import IR
import Testing
import Training

/// One operator, differentiated with respect to some of its operands and checked by central
/// differences in float64.
struct GradientCase: Sendable, CustomStringConvertible {
  /// What an operand holds.
  enum Operand: Sendable {
    /// A variable of the given extents, drawn from `range` at a distance from each kink.
    case variable([Int], range: ClosedRange<Double> = -2...2, kinks: [Double] = [])
    /// A constant that nothing is differentiated by.
    case constant(Tensor)
    /// The operand is left out.
    case none
  }

  let name: String
  let op: Operator
  let operands: [Operand]
  let attributes: Attributes
  /// How many results the node has; the loss reads those in `read`, those in `omitted` are left
  /// out.
  let results: Int
  let read: [Int]
  let omitted: [Int]

  init(
    _ name: String, _ op: Operator, _ operands: [Operand], _ attributes: Attributes = [:],
    results: Int = 1, read: [Int] = [0], omitting omitted: [Int] = []
  ) {
    self.name = name
    self.op = op
    self.operands = operands
    self.attributes = attributes
    self.results = results
    self.read = read
    self.omitted = omitted
  }

  var description: String { name }

  /// The largest difference between a gradient and the central difference, relative to the largest
  /// gradient of its operand (at least 1), or of the loss after operators were expanded from that
  /// before; nil if a variable has no gradient.
  func worstDifference() throws -> Double? {
    let digest = name.utf8.reduce(UInt64(0)) { $0 &* 31 &+ UInt64($1) }
    var random = RandomSource(seed: 7, stream: digest)
    var graph = Graph(name: name)
    var inputs: [ValueID: Tensor] = [:]
    var variables: [ValueID] = []
    var arguments: [ValueID?] = []
    for (index, operand) in operands.enumerated() {
      switch operand {
      case .none: arguments.append(nil)
      case .constant(let tensor): arguments.append(graph.addConstant("c\(index)", tensor))
      case .variable(let shape, let range, let kinks):
        let id = graph.addInput("x\(index)", .tensor(.float64, Shape(shape)))
        let values = (0..<shape.reduce(1, *)).map { _ in draw(&random, range, kinks) }
        inputs[id] = Tensor(values, shape: shape)
        variables.append(id)
        arguments.append(id)
      }
    }
    let node = graph.addNode(
      op, arguments, attributes: attributes, name: "node",
      results: (0..<results).map { omitted.contains($0) ? nil : ("y\($0)", .unknown) })
    var loss: ValueID?
    for index in read {
      guard let result = graph[node].outputs[index] else { continue }
      let shape = try #require(
        try Interpreter().trace(graph, inputs: inputs)[result]?.shape)
      let weights = (0..<shape.reduce(1, *)).map { _ in draw(&random, -1...1, []) }
      let factor = graph.addConstant("r\(index)", Tensor(weights, shape: shape))
      let product = graph.add(.mul, [result, factor], result: "p\(index)", .unknown)
      let sum = graph.add(
        .reduceSum, [product], attributes: ["keepdims": .int(0)], result: "s\(index)", .unknown)
      loss = loss.map { graph.add(.add, [$0, sum], result: "t\(index)", .unknown) } ?? sum
    }
    let scalar = try #require(loss)
    let forward = graph
    for (value, tensor) in try Interpreter().trace(graph, inputs: inputs) {
      if graph[value].producer != nil {
        graph.setType(value, .tensor(tensor.type, Shape(tensor.shape)))
      }
    }
    let gradients = try Backward.append(to: &graph, loss: scalar, wrt: variables)
    try graph.verify()
    let values = try Interpreter().trace(graph, inputs: inputs)
    let expanded = try #require(values[scalar]?.doubles?.first)
    let plain = try #require(
      try Interpreter().trace(forward, inputs: inputs)[scalar]?.doubles?.first)
    var worst = abs(expanded - plain) / max(abs(plain), 1)
    if worst.isNaN { return .infinity }
    for (variable, gradient) in zip(variables, gradients) {
      guard let gradient, let found = values[gradient], let point = inputs[variable] else {
        return nil
      }
      guard found.shape == point.shape, let analytic = found.doubles else { return nil }
      let scale = analytic.map(\.magnitude).max().map { max($0, 1) } ?? 1
      for index in 0..<point.count {
        let step = 1e-5
        let moved = try [step, -step].map { step in
          var changed = inputs
          changed[variable]?.withMutableElements(of: Double.self) { $0[index] += step }
          return try #require(
            try Interpreter().trace(forward, inputs: changed)[scalar]?.doubles?.first)
        }
        let difference = abs((moved[0] - moved[1]) / (2 * step) - analytic[index]) / scale
        if difference.isNaN { return .infinity }
        worst = max(worst, difference)
      }
    }
    return worst
  }

  private func draw(
    _ random: inout RandomSource, _ range: ClosedRange<Double>, _ kinks: [Double]
  ) -> Double {
    while true {
      let value = range.lowerBound + (range.upperBound - range.lowerBound) * random.uniform()
      if kinks.allSatisfy({ abs($0 - value) > 0.01 }) { return value }
    }
  }
}
