import DenseRuntime
import IR
import Passes

/// The property that collapsing preserves the function of a network with random gates.
enum CollapseProperty {
  /// What came of one network.
  struct Outcome: Sendable {
    var seed: UInt64
    /// What is wrong; nil if nothing is.
    var failure: String?
    /// The operators of the network that its head reads.
    var operators: Set<Operator> = []
    /// The channels that collapsing removed.
    var removedChannels = 0
    /// Whether the network itself gives other results when its weights change by a rounding, as where
    /// the larger of two equal numbers is taken.
    var isUnstable = false
    /// What failed.
    var example: Example?
  }

  /// Two graphs that should compute the same.
  struct Example: Sendable {
    var masked: Graph
    var collapsed: Graph
    var input: [String: Tensor]
  }

  /// Checks the network of a seed; of fewer steps than usual if so many are given.
  static func outcome(seed: UInt64, steps: Int? = nil) -> Outcome {
    var outcome = Outcome(seed: seed)
    do {
      outcome.failure = try check(seed: seed, steps: steps ?? usualSteps(seed), &outcome)
    } catch {
      outcome.failure = "\(error)"
    }
    return outcome
  }

  private static func usualSteps(_ seed: UInt64) -> Int { 3 + Int(seed % 10) }

  /// The smallest network of a seed that fails as a text, with the values that differ first; nil if
  /// none fails.
  static func explanation(seed: UInt64) throws -> String? {
    for steps in 0...usualSteps(seed) {
      let outcome = outcome(seed: seed, steps: steps)
      guard let failure = outcome.failure else { continue }
      let printer = GraphPrinter(elementLimit: 8)
      let lines = outcome.example.map { example in
        printer.print(example.masked) + printer.print(example.collapsed)
          + differences(example).joined(separator: "\n")
      }
      let network = RandomNetwork(seed: seed, steps: steps).graph
      return "\(steps) steps: \(failure)\n\(lines ?? printer.print(network))"
    }
    return nil
  }

  private static func check(seed: UInt64, steps: Int, _ outcome: inout Outcome) throws -> String? {
    var random = SeededGenerator(seed: seed &+ 77)
    var model = Model(graph: RandomNetwork(seed: seed, steps: steps).graph)
    try model.graph.verify()
    let original = model.graph
    outcome.operators = operators(of: original)
    let isGated = seed % 4 != 3
    let hasGates =
      isGated ? try closeGates(of: &model, &random) : maskWeights(of: &model.graph, &random)
    let gated = model
    if seed % 5 == 0, let message = try checkWithoutTypes(gated, roundTo: 1 + Int(seed % 4)) {
      return message
    }
    let report = try CollapsePass().run(on: &model, evaluator: Interpreter())
    outcome.removedChannels = report.removedChannels
    try model.graph.verify()
    guard let masked = report.masked else { return "no reference" }
    try masked.graph.verify()
    if report.macsAfter > report.macsBefore { return "more MACs than before" }
    let input = try sample(original, &random)
    if let message = try compare(original, gated.graph, input, isOpen: !hasGates) {
      return "augmented: " + message
    }
    outcome.example = Example(masked: masked.graph, collapsed: model.graph, input: input)
    var failure = try compare(masked.graph, model.graph, input)
    if failure != nil, try isUnstable(masked.graph, input) {
      outcome.isUnstable = true
      failure = nil
    }
    if failure == nil { outcome.example = nil }
    return failure
  }

  /// Whether it makes a difference that the file says nothing of types of computed values; what, if it
  /// does.
  private static func checkWithoutTypes(_ gated: Model, roundTo: Int) throws -> String? {
    var options = CollapseOptions()
    options.roundTo = roundTo
    var (stated, silent) = (gated, gated)
    for value in gated.graph.values
    where gated.graph[value].producer != nil && !gated.graph.isOutput(value) {
      silent.graph.setType(value, .unknown)
    }
    let pass = CollapsePass(options)
    let first = try pass.run(on: &stated, evaluator: Interpreter())
    let second = try pass.run(on: &silent, evaluator: Interpreter())
    if first.reopened != second.reopened { return "other channels reopened without types" }
    if first.paramsAfter != second.paramsAfter { return "another size without types" }
    return nil
  }

  /// Gates a model, with random weights of which some are closed; returns whether it has gates now.
  private static func closeGates(
    of model: inout Model, _ random: inout SeededGenerator
  ) throws -> Bool {
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
        throw Diagnostic.invalid("there is no \(gate.scoreName)")
      }
      let isClosed = gate.kind == .block && Bool.random(using: &random)
      model.graph.setConstant(value, Tensor(isClosed ? [-1e4] : scores))
    }
    return !augmented.gates.isEmpty
  }

  /// Zeros random rows and columns of the weights and single connections, as masks of other tools do,
  /// which leaves channels that are constant or that few others or none read; returns that the model is another one now.
  private static func maskWeights(of graph: inout Graph, _ random: inout SeededGenerator) -> Bool {
    for id in graph.nodes where [.conv, .fusedConv, .gemm, .matMul].contains(graph[id].op) {
      guard let weight = graph[id].input(1), let tensor = graph.tensor(of: weight),
        var values = tensor.floats, tensor.rank > 1
      else { continue }
      let isLast =
        graph[id].op == .matMul
        || (graph[id].op == .gemm && graph[id].attributes.int("transB") != 1)
      let count = isLast ? tensor.shape[tensor.rank - 1] : tensor.shape[0]
      let isZero = (0..<count).map { _ in Int.random(in: 0..<5, using: &random) < 2 }
      let inner = isLast ? count : tensor.shape[2...].reduce(1, *)
      let inputs = values.count / count / (isLast ? 1 : inner)
      let isSparse = Bool.random(using: &random)
      let isCut = (0..<(count * inputs)).map { _ in isSparse && Bool.random(using: &random) }
      let isUnread = (0..<inputs).map { _ in isSparse && Int.random(in: 0..<4, using: &random) == 0
      }
      for index in values.indices {
        let row = isLast ? index % count : index / (values.count / count)
        let input = index / inner % inputs
        if isZero[row] || isUnread[input] || isCut[row * inputs + input] { values[index] = 0 }
      }
      graph.setConstant(weight, Tensor(values, shape: tensor.shape))
    }
    return true
  }

  /// What can be said of the values that both graphs have by the same name and in the same shape.
  private static func differences(_ example: Example) -> [String] {
    func values(_ graph: Graph) -> [String: Tensor] {
      var whole = graph
      for value in graph.values where graph[value].producer != nil && !graph.isOutput(value) {
        whole.addOutput(value)
      }
      return (try? Interpreter(precision: .float64).run(whole, inputs: example.input)) ?? [:]
    }
    let left = values(example.masked)
    let right = values(example.collapsed)
    return example.masked.nodes.flatMap { id in
      example.masked[id].outputs.compactMap { value -> String? in
        guard let name = value.map({ example.masked[$0].name }), let a = left[name]?.doubles
        else { return nil }
        if !a.allSatisfy(\.isFinite) { return "\(name) is not finite" }
        guard let b = right[name]?.doubles, a.count == b.count else { return nil }
        let worst = zip(a, b).reduce(0) { max($0, difference($1.0, $1.1)) }
        return worst > 1e-6 ? "\(name) differs by \(worst)" : nil
      }
    }
  }

  /// The operators that the outputs depend on.
  private static func operators(of graph: Graph) -> Set<Operator> {
    var needed = Set(graph.outputs)
    var found: Set<Operator> = []
    for id in graph.nodes.reversed()
    where graph[id].outputs.contains(where: { $0.map(needed.contains) ?? false }) {
      found.insert(graph[id].op)
      needed.formUnion(graph[id].reads)
    }
    return found
  }

  private static func sample(_ graph: Graph, _ random: inout SeededGenerator) throws -> [String:
    Tensor]
  {
    var inputs: [String: Tensor] = [:]
    for input in graph.inputs {
      guard let shape = graph[input].type.shape?.known else { continue }
      if graph[input].type.element == .int64 {
        let rows = (0..<shape.reduce(1, *)).map { _ in Int64.random(in: 0..<7, using: &random) }
        inputs[graph[input].name] = Tensor(rows, shape: shape)
        continue
      }
      let numbers = (0..<shape.reduce(1, *)).map { _ in Float.random(in: -2...2, using: &random) }
      inputs[graph[input].name] = Tensor(numbers, shape: shape)
    }
    return inputs
  }

  /// Whether roundings of the weights change the results of a graph by what counts as a difference.
  private static func isUnstable(_ graph: Graph, _ input: [String: Tensor]) throws -> Bool {
    for seed in 0..<8 {
      var random = SeededGenerator(seed: UInt64(seed))
      var shaken = graph
      for id in graph.constants {
        guard let tensor = graph.tensor(of: id), tensor.type == .float32,
          let values = tensor.floats,
          !graph.consumers(of: id).contains(where: { graph[$0].op == .resize })
        else { continue }
        let moved = values.map { $0 * (1 + Float.random(in: -1...1, using: &random) * 0x1p-22) }
        shaken.setConstant(id, Tensor(moved, shape: tensor.shape))
      }
      if try compare(graph, shaken, input) != nil { return true }
    }
    return false
  }

  /// How far two numbers are apart; nothing if both are the same infinity or no number.
  private static func difference(_ a: Double, _ b: Double) -> Double {
    if a == b || (a.isNaN && b.isNaN) { return 0 }
    let difference = abs(a - b)
    return difference.isNaN ? .infinity : difference
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
      let scale = expected.reduce(1e-3) { $1.isFinite ? max($0, abs($1)) : $0 }
      let worst = zip(expected, found).reduce(0) { max($0, difference($1.0, $1.1)) }
      if !(worst <= 2e-5 * scale) { return "output '\(name)' differs by \(worst) of \(scale)" }
    }
    return nil
  }
}
