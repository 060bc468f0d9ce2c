import IR

/// Reference kernels of LSTM, GRU and RNN; formulas of ONNX LSTM-22, GRU-22 and RNN-22.
enum ReferenceRecurrent {
  /// LSTM: gates i, o, f, c in this order.
  static func lstm<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let net = try RecurrentCall(call, type, gates: 4, functions: ["Sigmoid", "Tanh", "Tanh"])
    let size = net.hidden
    let peepholes = try call.optionalElements(
      7, type, shape: [net.directions.count, 3 * size])
    let couples = call.flag("input_forget")
    let states = [try net.initial(5), try net.initial(6)]
    return try net.run(states) { direction, step, sequence, states in
      let functions = net.activations[direction]
      var next = [[S]](repeating: [], count: 2)
      for unit in 0..<size {
        func gate(_ number: Int) -> S {
          let row = number * size + unit
          return net.input(direction, row, step, sequence)
            + net.recurrent(direction, row, states[0]) + net.recurrentBias(direction, row)
        }
        func peephole(_ number: Int, _ cell: S) -> S {
          peepholes.map { $0[(direction * 3 + number) * size + unit] * cell } ?? 0
        }
        let old = states[1][unit]
        let input = functions[0](net.clipped(gate(0) + peephole(0, old)))
        let forget =
          couples ? 1 - input : functions[0](net.clipped(gate(2) + peephole(2, old)))
        let cell = forget * old + input * functions[1](net.clipped(gate(3)))
        let output = functions[0](net.clipped(gate(1) + peephole(1, cell)))
        next[0].append(output * functions[2](net.clipped(cell)))
        next[1].append(cell)
      }
      return next
    }
  }

  /// GRU: gates z, r, h in this order.
  static func gru<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let net = try RecurrentCall(call, type, gates: 3, functions: ["Sigmoid", "Tanh"])
    let size = net.hidden
    let resetsLast = call.flag("linear_before_reset")
    return try net.run([try net.initial(5)]) { direction, step, sequence, states in
      let functions = net.activations[direction]
      let state = states[0]
      let gates = (0..<(2 * size)).map { row in
        functions[0](
          net.clipped(
            net.input(direction, row, step, sequence) + net.recurrent(direction, row, state)
              + net.recurrentBias(direction, row)))
      }
      let reset = (0..<size).map { gates[size + $0] * state[$0] }
      return [
        (0..<size).map { unit in
          let row = 2 * size + unit
          let (own, offset) = (
            net.input(direction, row, step, sequence), net.recurrentBias(direction, row)
          )
          let hidden =
            resetsLast
            ? own + gates[size + unit] * (net.recurrent(direction, row, state) + offset)
            : own + net.recurrent(direction, row, reset) + offset
          let update = gates[unit]
          return (1 - update) * functions[1](net.clipped(hidden)) + update * state[unit]
        }
      ]
    }
  }

  /// RNN: `h = f(W x + R h + b)`.
  static func rnn<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let net = try RecurrentCall(call, type, gates: 1, functions: ["Tanh"])
    return try net.run([try net.initial(5)]) { direction, step, sequence, states in
      [
        (0..<net.hidden).map { row in
          net.activations[direction][0](
            net.clipped(
              net.input(direction, row, step, sequence)
                + net.recurrent(direction, row, states[0])
                + net.recurrentBias(direction, row)))
        }
      ]
    }
  }
}
