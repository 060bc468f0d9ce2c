import DenseRuntime
import IR
import Passes

/// The property that collapsing preserves the function of a network with random gates.
enum CollapseProperty {
  /// Checks one network; returns what is wrong with it, nil if nothing is.
  static func check(seed: UInt64, steps: Int) throws -> String? {
    var random = SeededGenerator(seed: seed &+ 77)
    var model = Model(graph: RandomNetwork(seed: seed, steps: steps).graph)
    try model.graph.verify()
    let original = model.graph
    let augmented = try AugmentPass().run(on: &model)
    try model.graph.verify()
    for gate in augmented.gates {
      let scores = (0..<gate.size).map { _ -> Float in
        switch Int.random(in: 0..<5, using: &random) {
        case 0, 1: -1e4
        case 2: 1e4
        default: Float.random(in: -0.4...2, using: &random)
        }
      }
      guard let value = model.graph.value(named: gate.scoreName) else {
        return "no \(gate.scoreName)"
      }
      let isClosed = gate.kind == .block && Bool.random(using: &random)
      model.graph.setConstant(value, Tensor(isClosed ? [-1e4] : scores))
    }
    let gated = model
    let report = try CollapsePass().run(on: &model, evaluator: Interpreter())
    try model.graph.verify()
    guard let masked = report.masked else { return "no reference" }
    try masked.graph.verify()
    if report.macsAfter > report.macsBefore { return "more MACs than before" }
    let input = try sample(original, &random)
    if let message = try compare(original, gated.graph, input, isOpen: augmented.gates.isEmpty) {
      return "augmented: " + message
    }
    return try compare(masked.graph, model.graph, input)
  }

  private static func sample(_ graph: Graph, _ random: inout SeededGenerator) throws -> [String:
    Tensor]
  {
    var inputs: [String: Tensor] = [:]
    for input in graph.inputs {
      guard let shape = graph[input].type.shape?.known else { continue }
      let numbers = (0..<shape.reduce(1, *)).map { _ in Float.random(in: -2...2, using: &random) }
      inputs[graph[input].name] = Tensor(numbers, shape: shape)
    }
    return inputs
  }

  /// Compares the outputs of two graphs in float64.
  static func compare(
    _ a: Graph, _ b: Graph, _ input: [String: Tensor], isOpen: Bool = true
  ) throws -> String? {
    let interpreter = Interpreter(precision: .float64)
    let left = try interpreter.run(a, inputs: input)
    let right = try interpreter.run(b, inputs: input)
    for (name, tensor) in left {
      guard let expected = tensor.doubles, let found = right[name]?.doubles,
        tensor.shape == right[name]?.shape
      else { return "output '\(name)' has another shape" }
      if !isOpen { continue }
      let scale = expected.reduce(1e-3) { max($0, abs($1)) }
      let worst = zip(expected, found).reduce(0) { max($0, abs($1.0 - $1.1)) }
      if !(worst <= 2e-5 * scale) { return "output '\(name)' differs by \(worst) of \(scale)" }
    }
    return nil
  }
}
