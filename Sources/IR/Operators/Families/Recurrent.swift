/// Recurrent networks: results are all hidden states y, the last h and, of LSTM, the last c.
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
    mixing(
      because: "passes through a recurrent network", inputs: .between(inputs),
      outputs: .between(0...outputs),
      attributes: [
        .derived("activation_alpha", .floats), .derived("activation_beta", .floats),
        .derived("activations", .strings), .derived("clip", .float),
        .string("direction", "forward"), .derived("hidden_size", .int), .int("layout", 0),
      ] + more,
      positions: { context in
        guard let input = context.shape(0), let weight = context.shape(1),
          let recurrence = context.shape(2), input.count == 3, weight.count == 3,
          recurrence.count == 3
        else { return nil }
        return [input[0], input[1], weight[0], weight[1], weight[2] + recurrence[2]]
      }
    ) { context throws(Diagnostic) in
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
  }
}
