import IR

/// An LSTM, GRU or RNN that the kernels compute: float32, constant weights, the functions ONNX
/// gives by default, no clipping, no peepholes, and all sequences as long as the input.
struct RecurrentLayer {
  /// The gates of the operator, in ONNX's order: i, o, f, c; or z, r, h; or the state alone.
  let gates: Int
  let steps: Int
  let batch: Int
  let inputs: Int
  let hidden: Int
  /// For each direction whether it runs backwards.
  let directions: [Bool]
  let isBatchFirst: Bool
  /// Whether a GRU applies the reset gate after the product with the state.
  let resetsLast: Bool
  /// The constant operands, in ONNX's order: one matrix after the other for each direction.
  let weight: [Float]
  let recurrence: [Float]
  /// The biases of the input, then those of the recurrence, for each direction; nil for zeros.
  let bias: [Float]?

  /// The rows of both matrices of a direction.
  var rows: Int { gates * hidden }

  /// The layer of a node; nil if it is none that the kernels compute.
  init?(_ node: Node, _ facts: PlanFacts) {
    let functions: [String]
    if node.op == .lstm {
      functions = ["sigmoid", "tanh", "tanh"]
    } else {
      functions = node.op == .gru ? ["sigmoid", "tanh"] : ["tanh"]
    }
    gates = node.op == .lstm ? 4 : node.op == .gru ? 3 : 1
    guard let x = node.input(0), facts.element(x) == .float32, facts.shape(x).count == 3,
      let weight = facts.constant(node.input(1)), let recurrence = facts.constant(node.input(2)),
      let weights = weight.floats, let recurrences = recurrence.floats,
      recurrence.shape.count == 3
    else { return nil }
    let shape = facts.shape(x)
    let attributes = node.attributes
    let layout = attributes.int("layout") ?? 0
    guard layout == 0 || layout == 1 else { return nil }
    isBatchFirst = layout == 1
    (steps, batch) = isBatchFirst ? (shape[1], shape[0]) : (shape[0], shape[1])
    inputs = shape[2]
    hidden = recurrence.shape[2]
    switch attributes.string("direction") ?? "forward" {
    case "forward": directions = [false]
    case "reverse": directions = [true]
    case "bidirectional": directions = [false, true]
    default: return nil
    }
    let count = directions.count
    let rows = gates * hidden
    guard hidden >= 1, attributes.int("hidden_size") ?? hidden == hidden,
      weight.shape == [count, rows, inputs], recurrence.shape == [count, rows, hidden]
    else { return nil }
    self.weight = weights
    self.recurrence = recurrences
    if let operand = node.input(3) {
      guard let values = facts.constant(operand), values.shape == [count, 2 * rows],
        let floats = values.floats
      else { return nil }
      bias = floats
    } else {
      bias = nil
    }
    if let operand = node.input(4) {
      guard facts.constant(operand)?.integers == Array(repeating: steps, count: batch) else {
        return nil
      }
    }
    if let names = attributes["activations"] {
      guard case .strings(let given) = names else { return nil }
      let lower = given.map { $0.lowercased() }
      guard lower == functions || (count == 2 && lower == functions + functions) else {
        return nil
      }
    }
    resetsLast = attributes.int("linear_before_reset") ?? 0 != 0
    guard attributes["clip"] == nil, attributes.int("input_forget") ?? 0 == 0,
      node.input(7) == nil,
      let gateCount = Tensor.count(of: [count, steps, batch, rows]), gateCount < 1 << 40
    else { return nil }
    let last = stateShape
    let results = [historyShape, last, last]
    for (number, output) in node.outputs.enumerated() {
      guard let output else { continue }
      guard number < results.count, facts.shape(output) == results[number] else { return nil }
    }
    for initial in [5, 6] {
      guard let operand = node.input(initial) else { continue }
      guard facts.shape(operand) == last, facts.element(operand) == .float32 else { return nil }
    }
  }

  /// The shape of the states of all steps.
  var historyShape: [Int] {
    isBatchFirst
      ? [batch, steps, directions.count, hidden] : [steps, directions.count, batch, hidden]
  }

  /// The shape of the states of one step.
  var stateShape: [Int] {
    isBatchFirst ? [batch, directions.count, hidden] : [directions.count, batch, hidden]
  }

  /// Where a state of all steps starts.
  func historyStart(_ direction: Int, _ step: Int, _ sequence: Int) -> Int {
    let row =
      isBatchFirst
      ? (sequence * steps + step) * directions.count + direction
      : (step * directions.count + direction) * batch + sequence
    return row * hidden
  }

  /// Where a first or last state starts.
  func stateStart(_ direction: Int, _ sequence: Int) -> Int {
    (isBatchFirst ? sequence * directions.count + direction : direction * batch + sequence) * hidden
  }

  /// What the projection of the input adds to the gates: the biases of the input and, unless the
  /// reset gate acts on it, of the recurrence.
  var inputBias: [Float] {
    guard let bias else { return Array(repeating: 0, count: directions.count * rows) }
    return directions.indices.flatMap { direction in
      (0..<rows).map { row in
        let first = direction * 2 * rows
        let isInner = resetsLast && gates == 3 && row >= 2 * hidden
        return bias[first + row] + (isInner ? 0 : bias[first + rows + row])
      }
    }
  }

  /// The recurrence's bias of a GRU's last gate.
  var innerBias: [Float] {
    guard let bias else { return Array(repeating: 0, count: directions.count * hidden) }
    return directions.indices.flatMap { direction in
      let first = (direction * 2 + 1) * rows + rows - hidden
      return Array(bias[first..<(first + hidden)])
    }
  }
}
