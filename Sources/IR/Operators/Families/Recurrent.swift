/// Recurrent networks: results are all hidden states y, the last h and, of LSTM, the last c.
///
///     LSTM  x[t, b, i]  w[d, g·h, i]  r[d, g·h, h]  bias[d, 2·g·h]  _  h0[d, b, h]  c0[d, b, h]
///           p[d, 3·h]  ->  y[t, d, b, h]  h[d, b, h]  c[d, b, h]
///
/// All functions of a unit are elementwise, so that its states reach other units through their rows
/// of r only, at its own index on the last axis of r.
extension Schema {
  /// LSTM: operands are x, w, r, bias, sequence lengths, initial h, initial c, peepholes.
  static let lstm = recurrent(
    gates: 4, inputs: 3...8, outputs: 3, [.int("input_forget", 0)])

  /// GRU: operands are x, w, r, bias, sequence lengths, initial h.
  static let gru = recurrent(
    gates: 3, inputs: 3...6, outputs: 2, [.int("linear_before_reset", 0)])

  /// RNN: operands as of GRU.
  static let rnn = recurrent(gates: 1, inputs: 3...6, outputs: 2, [])

  private static func recurrent(
    gates: Int, inputs: ClosedRange<Int>, outputs: Int, _ more: [AttributeSpec]
  ) -> Schema {
    Schema(
      inputs: .between(inputs), outputs: .between(0...outputs),
      attributes: [
        .derived("activation_alpha", .floats), .derived("activation_beta", .floats),
        .derived("activations", .strings), .derived("clip", .float),
        .string("direction", "forward"), .derived("hidden_size", .int), .int("layout", 0),
      ] + more,
      shape: { context throws(Diagnostic) in try recurrentShape(context, gates: gates) },
      shapeValues: ShapeValueRules.none,
      axes: { context in recurrentAxes(context, gates: gates) },
      cost: { context, signature in
        guard let input = context.shape(0), let x = signature.operands[0], x.count == 3,
          let weight = context.shape(1), let recurrence = context.shape(2), recurrence.count == 3
        else { return nil }
        guard let units = signature.recurrence?.label else {
          return MACs(
            labels: [],
            positions: Shape(input.prefix(2)) + [weight[0], recurrence[1]]
              + [input[2] + recurrence[2]])
        }
        let isBatchFirst = context.flag("layout")
        let batch = AxisSignature.labels(of: x[isBatchFirst ? 0 : 1])
        return MACs(
          labels: batch + [units],
          positions: [input[isBatchFirst ? 1 : 0], weight[0], .known(gates)],
          summed: AxisSignature.labels(of: x[2]) + [units])
      },
      extents: { context, signature in
        guard let units = signature.recurrence?.label, let size = signature[units].extent.value,
          let old = context.node.attributes.int("hidden_size"), old != size
        else { return .none }
        return ExtentEdit(attributes: ["hidden_size": .int(size)])
      },
      response: Plain.otherResponse, hasBorders: Plain.borders)
  }

  private static func recurrentShape(
    _ context: OperatorContext, gates: Int
  ) throws(Diagnostic) -> [ValueType] {
    let input = try context.shape(0, ofRank: 3)
    let weight = try context.shape(1, ofRank: 3)
    let recurrence = try context.shape(2, ofRank: 3)
    let direction = context.string("direction", default: "forward")
    guard ["forward", "reverse", "bidirectional"].contains(direction) else {
      throw context.invalid("direction is '\(direction)'")
    }
    let directions = try context.merge(
      weight[0], .known(direction == "bidirectional" ? 2 : 1), "the number of directions")
    let hidden = try context.merge(
      recurrence[2], weight[1] / .known(gates), "the hidden size")
    let isBatchFirst = context.flag("layout")
    let (steps, batch) = isBatchFirst ? (input[1], input[0]) : (input[0], input[1])
    let element = context.element(0)
    let last = context.result(
      element, isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden])
    let all = context.result(
      element,
      isBatchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden])
    return context.results([all, last, last])
  }

  private static func recurrentAxes(_ context: OperatorContext, gates: Int) -> AxisSignature {
    guard let input = context.shape(0), input.count == 3, let weight = context.shape(1),
      let recurrence = context.shape(2), weight.count == 3, recurrence.count == 3,
      weight[1] == .known(gates) * recurrence[2]
    else { return AxisRules.blockAll(context, because: "is not of the extents it needs") }
    var signature = AxisSignature(operands: context.inputs.count, results: context.outputs.count)
    let isBatchFirst = context.flag("layout")
    let steps = signature.blocked([input[isBatchFirst ? 1 : 0]], "steps along it")[0]
    let batch = AxisSignature.Term.label(signature.free(input[isBatchFirst ? 0 : 1]))
    let inputs = AxisSignature.Term.label(signature.free(input[2]))
    let direction = signature.blocked([weight[0]], "numbers its directions along it")[0]
    let gate = signature.blocked([.known(gates)], "numbers its gates along it")[0]
    let label = signature.free(recurrence[2])
    let units = AxisSignature.Term.label(label)
    signature.recurrence = AxisSignature.Recurrence(label: label, operand: 2, axis: 2)
    let rows = AxisSignature.Term.product([gate, units])
    let state = isBatchFirst ? [batch, direction, units] : [direction, batch, units]
    signature.operands[0] = isBatchFirst ? [batch, steps, inputs] : [steps, batch, inputs]
    signature.operands[1] = [direction, rows, inputs]
    signature.operands[2] = [direction, rows, units]
    if context.has(3) {
      let halves = signature.blocked([.known(2)], "numbers its biases along it")[0]
      signature.operands[3] = [direction, .product([halves, gate, units])]
    }
    if context.has(4) { signature.operands[4] = [batch] }
    for index in 5..<7 where context.has(index) { signature.operands[index] = state }
    if context.has(7) {
      let peepholes = signature.blocked([.known(3)], "numbers its peepholes along it")[0]
      signature.operands[7] = [direction, .product([peepholes, units])]
    }
    let all =
      isBatchFirst ? [batch, steps, direction, units] : [steps, direction, batch, units]
    for index in context.outputs.indices where context.outputs[index] != nil {
      signature.results[index] = index == 0 ? all : state
    }
    return signature
  }
}
