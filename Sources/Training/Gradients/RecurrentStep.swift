import IR

/// One step of a direction of a recurrent network.
protocol RecurrentStep: Sendable {
  /// Appends the next states, made of the products of a step with the input and of the states.
  func advance(_ step: ValueID, _ states: [ValueID], _ b: inout GradientBuilder)
    throws(Diagnostic) -> [ValueID]
}

/// A step of LSTM.
struct MemoryStep: RecurrentStep {
  let net: RecurrentExpansion
  let direction: Int
  /// The transposed weights of the recurrence.
  let recurrence: ValueID
  /// The weights of the cell in gates i, o and f; nil if there are none.
  var peepholes: [ValueID]?

  func advance(_ step: ValueID, _ states: [ValueID], _ b: inout GradientBuilder)
    throws(Diagnostic) -> [ValueID]
  {
    let products = try b.plus(step, b.apply(.matMul, [states[0], recurrence]))
    let gates = try b.split(products, 1, Array(repeating: net.hidden, count: 4))
    let old = states[1]
    let input = try gate(gates[0], 0, old, &b)
    var forget = input
    if net.node.flag("input_forget") {
      forget = try b.affine(input, by: -1, plus: 1)
    } else {
      forget = try gate(gates[2], 2, old, &b)
    }
    let fresh = try b.times(input, net.activated(direction, 1, gates[3], &b))
    let cell = try b.plus(b.times(forget, old), fresh)
    let output = try gate(gates[1], 1, cell, &b)
    return [try b.times(output, net.activated(direction, 2, cell, &b)), cell]
  }

  private func gate(_ sum: ValueID, _ number: Int, _ cell: ValueID, _ b: inout GradientBuilder)
    throws(Diagnostic) -> ValueID
  {
    var sum = sum
    if let peepholes { sum = try b.plus(sum, b.times(cell, peepholes[number])) }
    return try net.activated(direction, 0, sum, &b)
  }
}

/// A step of GRU that resets the state before it is multiplied.
struct EarlyResetStep: RecurrentStep {
  let net: RecurrentExpansion
  let direction: Int
  /// The transposed weights of the recurrence of gates z and r.
  let gates: ValueID
  /// Those of the candidate.
  let candidate: ValueID

  func advance(_ step: ValueID, _ states: [ValueID], _ b: inout GradientBuilder)
    throws(Diagnostic) -> [ValueID]
  {
    let own = try b.split(step, 1, [2 * net.hidden, net.hidden])
    let sums = try b.plus(own[0], b.apply(.matMul, [states[0], gates]))
    let open = try b.split(
      net.activated(direction, 0, sums, &b), 1, [net.hidden, net.hidden])
    let reset = try b.apply(.matMul, [b.times(open[1], states[0]), candidate])
    let fresh = try net.activated(direction, 1, b.plus(own[1], reset), &b)
    return [try net.mixed(open[0], states[0], fresh, &b)]
  }
}

/// A step of GRU that resets what the state was multiplied to.
struct LateResetStep: RecurrentStep {
  let net: RecurrentExpansion
  let direction: Int
  /// The transposed weights of the recurrence.
  let recurrence: ValueID
  /// The bias of the recurrence.
  let bias: ValueID?

  func advance(_ step: ValueID, _ states: [ValueID], _ b: inout GradientBuilder)
    throws(Diagnostic) -> [ValueID]
  {
    let own = try b.split(step, 1, [2 * net.hidden, net.hidden])
    var products = try b.apply(.matMul, [states[0], recurrence])
    if let bias { products = try b.plus(products, bias) }
    let parts = try b.split(products, 1, [2 * net.hidden, net.hidden])
    let sums = try b.plus(own[0], parts[0])
    let open = try b.split(
      net.activated(direction, 0, sums, &b), 1, [net.hidden, net.hidden])
    let hidden = try b.plus(own[1], b.times(open[1], parts[1]))
    let fresh = try net.activated(direction, 1, hidden, &b)
    return [try net.mixed(open[0], states[0], fresh, &b)]
  }
}

/// A step of RNN.
struct PlainStep: RecurrentStep {
  let net: RecurrentExpansion
  let direction: Int
  /// The transposed weights of the recurrence.
  let recurrence: ValueID

  func advance(_ step: ValueID, _ states: [ValueID], _ b: inout GradientBuilder)
    throws(Diagnostic) -> [ValueID]
  {
    let sum = try b.plus(step, b.apply(.matMul, [states[0], recurrence]))
    return [try net.activated(direction, 0, sum, &b)]
  }
}
