import IR
import RealModule

/// The reference kernel of LinearAttention.
enum ReferenceLinearAttention {
  /// Output and state of the recurrence that `update_rule` names; the state may be of another type
  /// than the rest.
  static func attend(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let type = try call.operand(0).type
    for case let tensor? in call.operands
    where !tensor.type.isFloatingPoint || tensor.type.bitWidth < 16 {
      throw call.unsupportedType(tensor.type)
    }
    let isDouble = call.operands.contains { $0?.type == .float64 }
    let found =
      isDouble
      ? try Recurrence<Double>(call).run() : try Recurrence<Float>(call).run()
    return [
      call.converted(found.output, to: type),
      call.converted(found.state, to: call.optional(3)?.type ?? type),
    ]
  }

  /// The operands in the numbers that are computed in.
  private struct Recurrence<S: ReferenceScalar> {
    let batch: Int
    let positions: Int
    let queryHeads: Int
    let heads: Int
    /// The sizes of a key and a value of a head.
    let keySize: Int
    let valueSize: Int
    let query: [S]
    let key: [S]
    let value: [S]
    var state: [S]
    /// The decays' logarithms `[batch, positions, heads, 1 or keySize]`, if the rule decays.
    let decay: [S]?
    /// The rates of update `[batch, positions, 1 or heads]`, if the rule corrects.
    let rate: [S]?
    let scale: S
    let call: ReferenceCall

    init(_ call: ReferenceCall) throws(Diagnostic) {
      self.call = call
      let attributes = call.node.attributes
      queryHeads = attributes.int("q_num_heads") ?? 0
      heads = attributes.int("kv_num_heads") ?? 0
      let shapes = (
        try call.shape(0, rank: 3), try call.shape(1, rank: 3), try call.shape(2, rank: 3)
      )
      (batch, positions) = (shapes.0[0], shapes.0[1])
      guard queryHeads >= 1, heads >= 1, queryHeads % heads == 0, shapes.0[2] % queryHeads == 0,
        shapes.2[2] % heads == 0
      else {
        throw call.invalid(
          "\(queryHeads) heads of queries \(shapes.0), \(heads) of values \(shapes.2)")
      }
      keySize = shapes.0[2] / queryHeads
      valueSize = shapes.2[2] / heads
      query = try Self.elements(call, 0, shapes.0)
      let (width, overflow) = heads.multipliedReportingOverflow(by: keySize)
      guard !overflow else { throw call.invalid("\(heads) heads of \(keySize) elements") }
      key = try Self.elements(call, 1, [batch, positions, width])
      value = try Self.elements(call, 2, [batch, positions, shapes.2[2]])
      let held = [batch, heads, keySize, valueSize]
      try call.admit(S.elementType, held)
      state =
        try call.optional(3) == nil
        ? Array(repeating: 0, count: held.reduce(1, *)) : Self.elements(call, 3, held)
      let rule = attributes.string("update_rule") ?? "gated_delta"
      guard let parts = Self.rules[rule] else {
        throw call.invalid("update_rule is '\(rule)'")
      }
      guard (call.optional(4) != nil) == parts.decays, (call.optional(5) != nil) == parts.corrects
      else {
        throw call.invalid(
          "rule '\(rule)' takes \(parts.decays ? "" : "no ")decays and"
            + " \(parts.corrects ? "" : "no ")rates of update")
      }
      let extent = parts.decays ? try call.shape(4, rank: 3)[2] : 0
      decay =
        parts.decays
        ? try Self.elements(call, 4, [batch, positions, extent == heads ? heads : width]) : nil
      let rates = parts.corrects ? try call.shape(5, rank: 3)[2] : 0
      rate =
        parts.corrects
        ? try Self.elements(call, 5, [batch, positions, rates == 1 ? 1 : heads]) : nil
      let given = attributes.float("scale") ?? 0
      scale = given == 0 ? 1 / S.sqrt(S(keySize)) : S(given)
    }

    /// Whether the state decays, and whether values are corrected by what the state returns.
    private static var rules: [String: (decays: Bool, corrects: Bool)] {
      [
        "linear": (false, false), "gated": (true, false), "delta": (false, true),
        "gated_delta": (true, true),
      ]
    }

    private static func elements(
      _ call: ReferenceCall, _ index: Int, _ shape: [Int]
    ) throws(Diagnostic) -> [S] {
      let tensor = try call.operand(index)
      guard tensor.shape == shape, let values = tensor.doubles else {
        throw call.invalid("operand \(index) has shape \(tensor.shape), expected \(shape)")
      }
      return values.map { S($0) }
    }

    /// The output `[batch, positions, queryHeads · valueSize]` and the state after it.
    func run() throws(Diagnostic) -> (output: Tensor, state: Tensor) {
      let shape = [batch, positions, queryHeads, valueSize]
      try call.admit(S.elementType, shape)
      var copy = self
      var output = [S](repeating: 0, count: shape.reduce(1, *))
      for image in 0..<batch {
        for position in 0..<positions {
          let row = image * positions + position
          for head in 0..<heads {
            copy.update(row, image * heads + head, head)
            copy.read(row, image * heads + head, head, &output)
          }
        }
      }
      return (
        Tensor(output, shape: [batch, positions, queryHeads * valueSize]),
        Tensor(copy.state, shape: [batch, heads, keySize, valueSize])
      )
    }

    /// Lets the state of a head take in one position.
    private mutating func update(_ row: Int, _ block: Int, _ head: Int) {
      let start = block * keySize * valueSize
      let keys = (row * heads + head) * keySize
      let values = (row * heads + head) * valueSize
      if let decay {
        let isShared = decay.count == batch * positions * heads
        for index in 0..<keySize {
          let factor = S.exp(decay[isShared ? row * heads + head : keys + index])
          for column in 0..<valueSize { state[start + index * valueSize + column] *= factor }
        }
      }
      for column in 0..<valueSize {
        var new = value[values + column]
        if let rate {
          var known: S = 0
          for index in 0..<keySize {
            known += state[start + index * valueSize + column] * key[keys + index]
          }
          new = rate[rate.count == batch * positions ? row : row * heads + head] * (new - known)
        }
        for index in 0..<keySize {
          state[start + index * valueSize + column] += key[keys + index] * new
        }
      }
    }

    /// Writes what the queries that share a head read from its state.
    private func read(_ row: Int, _ block: Int, _ head: Int, _ output: inout [S]) {
      let share = queryHeads / heads
      let start = block * keySize * valueSize
      for reader in (head * share)..<((head + 1) * share) {
        let queries = (row * queryHeads + reader) * keySize
        for column in 0..<valueSize {
          var sum: S = 0
          for index in 0..<keySize {
            sum += query[queries + index] * state[start + index * valueSize + column]
          }
          output[(row * queryHeads + reader) * valueSize + column] = scale * sum
        }
      }
    }
  }
}
