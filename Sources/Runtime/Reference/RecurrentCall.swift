import IR

/// One application of LSTM, GRU or RNN: its operands, laid out the same for both layouts.
struct RecurrentCall<S: ReferenceScalar> {
  let call: ReferenceCall
  /// Gates of the operator: 4, 3 or 1.
  let gates: Int
  let steps: Int
  let batch: Int
  let inputs: Int
  let hidden: Int
  /// For each direction whether it runs backwards.
  let directions: [Bool]
  let isBatchFirst: Bool
  /// The number of steps of each sequence.
  let lengths: [Int]
  let clip: S?
  let x: UnsafeBufferPointer<S>
  let weight: UnsafeBufferPointer<S>
  let recurrence: UnsafeBufferPointer<S>
  let bias: UnsafeBufferPointer<S>?
  /// The functions of each direction.
  let activations: [[(S) -> S]]

  /// Reads the operands and attributes of a node whose operators have so many gates and these
  /// functions by default.
  init(_ call: ReferenceCall, _ type: S.Type, gates: Int, functions: [String]) throws(Diagnostic) {
    self.call = call
    self.gates = gates
    let input = try call.shape(0, rank: 3)
    isBatchFirst = try call.int("layout", default: 0, in: 0...1) == 1
    (steps, batch) = isBatchFirst ? (input[1], input[0]) : (input[0], input[1])
    inputs = input[2]
    switch call.node.attributes.string("direction") ?? "forward" {
    case "forward": directions = [false]
    case "reverse": directions = [true]
    case "bidirectional": directions = [false, true]
    case let name: throw call.invalid("attribute 'direction' is '\(name)'")
    }
    hidden = try call.shape(2, rank: 3)[2]
    guard hidden >= 1, call.node.attributes.int("hidden_size") ?? hidden == hidden else {
      throw call.invalid("a recurrence of \(hidden) units does not fit attribute 'hidden_size'")
    }
    let rows = gates * hidden
    x = try call.elements(0, type)
    weight = try call.elements(1, type, shape: [directions.count, rows, inputs])
    recurrence = try call.elements(2, type, shape: [directions.count, rows, hidden])
    bias = try call.optionalElements(3, type, shape: [directions.count, 2 * rows])
    let given = try call.optional(4) == nil ? nil : call.integers(4)
    lengths = given ?? Array(repeating: steps, count: batch)
    let allowed = 0...steps
    guard lengths.count == batch, lengths.allSatisfy(allowed.contains) else {
      throw call.invalid("lengths \(lengths) do not fit \(batch) sequences of \(steps) steps")
    }
    if let bound = call.node.attributes.float("clip") { clip = S(bound) } else { clip = nil }
    activations = try RecurrentCall.activations(call, functions, directions.count)
  }

  /// The functions of each direction that the attributes name.
  private static func activations(
    _ call: ReferenceCall, _ functions: [String], _ directions: Int
  ) throws(Diagnostic) -> [[(S) -> S]] {
    var names = functions
    if case .strings(let given)? = call.node.attributes["activations"] { names = given }
    let needed = functions.count * directions
    if names.count == functions.count { names += names }
    guard names.count >= needed else {
      throw call.invalid("\(names.count) activations, expected \(needed)")
    }
    names = Array(names.prefix(needed))
    var alphas = call.node.attributes.floats("activation_alpha") ?? []
    var betas = call.node.attributes.floats("activation_beta") ?? []
    var all: [(S) -> S] = []
    for name in names {
      let uses = GateActivation<S>.parameters(of: name)
      let alpha = uses >= 1 && !alphas.isEmpty ? alphas.removeFirst() : nil
      let beta = uses >= 2 && !betas.isEmpty ? betas.removeFirst() : nil
      guard let activation = GateActivation<S>(name, alpha: alpha, beta: beta) else {
        throw call.invalid("activation '\(name)' is unknown to ONNX")
      }
      all.append(activation.function)
    }
    return (0..<directions).map {
      Array(all[($0 * functions.count)..<(($0 + 1) * functions.count)])
    }
  }

  /// The number clipped as the node asks.
  func clipped(_ number: S) -> S { clip.map { min(max(number, -$0), $0) } ?? number }

  /// What input and bias give a gate's row: `W x + Wb`.
  func input(_ direction: Int, _ row: Int, _ step: Int, _ sequence: Int) -> S {
    let start = (isBatchFirst ? sequence * steps + step : step * batch + sequence) * inputs
    let first = (direction * gates * hidden + row) * inputs
    var sum = bias?[direction * 2 * gates * hidden + row] ?? 0
    for index in 0..<inputs { sum += weight[first + index] * x[start + index] }
    return sum
  }

  /// What the hidden state gives a gate's row: `R h`.
  func recurrent(_ direction: Int, _ row: Int, _ state: [S]) -> S {
    let first = (direction * gates * hidden + row) * hidden
    var sum: S = 0
    for index in 0..<hidden { sum += recurrence[first + index] * state[index] }
    return sum
  }

  /// The bias of the recurrence of a gate's row.
  func recurrentBias(_ direction: Int, _ row: Int) -> S {
    bias?[(direction * 2 + 1) * gates * hidden + row] ?? 0
  }

  /// The initial states of an operand, zeros where it is left out: by direction and sequence.
  func initial(_ index: Int) throws(Diagnostic) -> [[[S]]] {
    let count = directions.count
    let shape = isBatchFirst ? [batch, count, hidden] : [count, batch, hidden]
    guard let values = try call.optionalElements(index, S.self, shape: shape) else {
      return directions.map { _ in
        Array(repeating: Array(repeating: 0, count: hidden), count: batch)
      }
    }
    return directions.indices.map { direction in
      (0..<batch).map { sequence in
        let start =
          (isBatchFirst ? sequence * count + direction : direction * batch + sequence) * hidden
        return Array(values[start..<(start + hidden)])
      }
    }
  }

  /// Runs all sequences: `advance` makes the next states of a sequence from its step and states.
  /// Results are all first states, the last first ones, the last second ones.
  func run(
    _ states: [[[[S]]]],
    _ advance: (_ direction: Int, _ step: Int, _ sequence: Int, _ states: [[S]]) -> [[S]]
  ) throws(Diagnostic) -> [Tensor?] {
    let count = directions.count
    let all = isBatchFirst ? [batch, steps, count, hidden] : [steps, count, batch, hidden]
    let last = isBatchFirst ? [batch, count, hidden] : [count, batch, hidden]
    var ends = states.map { _ in [S](repeating: 0, count: last.reduce(1, *)) }
    let history = try call.make(S.self, all) { y in
      for (direction, isBackward) in directions.enumerated() {
        for sequence in 0..<batch {
          var current = states.map { $0[direction][sequence] }
          for number in 0..<lengths[sequence] {
            let step = isBackward ? lengths[sequence] - 1 - number : number
            current = advance(direction, step, sequence, current)
            let row =
              isBatchFirst
              ? (sequence * steps + step) * count + direction
              : (step * count + direction) * batch + sequence
            for unit in 0..<hidden { y[row * hidden + unit] = current[0][unit] }
          }
          let row = isBatchFirst ? sequence * count + direction : direction * batch + sequence
          for (kind, state) in current.enumerated() {
            for unit in 0..<hidden { ends[kind][row * hidden + unit] = state[unit] }
          }
        }
      }
    }
    return [history] + ends.map { Tensor($0, shape: last) }
  }
}
