import IR

/// LSTM, GRU and RNN as their formulas; see ONNX LSTM-22, GRU-22 and RNN-22.
enum RecurrentExpansions {
  /// LSTM: gates i, o, f, c in this order.
  static func lstm(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic) -> [ValueID?] {
    let net = try RecurrentExpansion(&b, node, gates: 4, functions: ["Sigmoid", "Tanh", "Tanh"])
    var steps: [any RecurrentStep] = []
    var inputs: [[ValueID]] = []
    for direction in net.directions.indices {
      inputs.append(try net.inputs(direction, bias: bothBiases(net, direction, &b), &b))
      let recurrence = try b.permuted(net.part(2, direction, &b), [1, 0])
      var step = MemoryStep(net: net, direction: direction, recurrence: recurrence)
      if node.input(7) != nil {
        step.peepholes = try b.split(
          net.part(7, direction, &b), 0, Array(repeating: net.hidden, count: 3))
      }
      steps.append(step)
    }
    return try net.run(&b, steps, inputs: inputs, states: net.initial([5, 6], &b))
  }

  /// GRU: gates z, r, h in this order.
  static func gru(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic) -> [ValueID?] {
    let net = try RecurrentExpansion(&b, node, gates: 3, functions: ["Sigmoid", "Tanh"])
    let resetsLast = node.flag("linear_before_reset")
    var steps: [any RecurrentStep] = []
    var inputs: [[ValueID]] = []
    for direction in net.directions.indices {
      let recurrence = try b.permuted(net.part(2, direction, &b), [1, 0])
      if resetsLast {
        let biases = try net.biases(direction, &b)
        inputs.append(try net.inputs(direction, bias: biases?[0], &b))
        steps.append(
          LateResetStep(net: net, direction: direction, recurrence: recurrence, bias: biases?[1]))
      } else {
        inputs.append(try net.inputs(direction, bias: bothBiases(net, direction, &b), &b))
        let parts = try b.split(recurrence, 1, [2 * net.hidden, net.hidden])
        steps.append(
          EarlyResetStep(net: net, direction: direction, gates: parts[0], candidate: parts[1]))
      }
    }
    return try net.run(&b, steps, inputs: inputs, states: net.initial([5], &b))
  }

  /// RNN: `h = f(W x + R h + b)`.
  static func rnn(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic) -> [ValueID?] {
    let net = try RecurrentExpansion(&b, node, gates: 1, functions: ["Tanh"])
    var steps: [any RecurrentStep] = []
    var inputs: [[ValueID]] = []
    for direction in net.directions.indices {
      inputs.append(try net.inputs(direction, bias: bothBiases(net, direction, &b), &b))
      let recurrence = try b.permuted(net.part(2, direction, &b), [1, 0])
      steps.append(PlainStep(net: net, direction: direction, recurrence: recurrence))
    }
    return try net.run(&b, steps, inputs: inputs, states: net.initial([5], &b))
  }

  /// The sum of the biases of input and recurrence; nil if there are none.
  private static func bothBiases(
    _ net: RecurrentExpansion, _ direction: Int, _ b: inout GradientBuilder
  ) throws(Diagnostic) -> ValueID? {
    guard let biases = try net.biases(direction, &b) else { return nil }
    return try b.plus(biases[0], biases[1])
  }
}
