/// Operators that carry a state from one piece of a sequence to the next.
///
/// CausalConvWithState:  x[n, c, ~]  w[c, 1, ~]  b[c]  s[n, c, ~]  ->  y[n, c, ~]  t[n, c, ~]
extension Schema {
  /// TensorScatter: operand 0 with operand 1 written along `axis`, in each image from where operand
  /// 2 says.
  static let tensorScatter = mixing(
    because: "is written at computed places", inputs: .between(2...3), outputs: .exactly(1),
    attributes: [.int("axis", -2), .string("mode", "linear")], positions: Plain.noPositions
  ) { context throws(Diagnostic) in
    let mode = context.string("mode", default: "linear")
    guard mode == "linear" || mode == "circular" else {
      throw context.invalid("mode is '\(mode)', expected linear or circular")
    }
    guard let cache = context.shape(0) else { return [context.inputs[0] ?? .unknown] }
    let axis = try context.axis(context.int("axis", default: -2), rank: cache.count)
    guard axis > 0 else { throw context.invalid("axis 0 is that of the batch") }
    let update = try context.shape(1, ofRank: cache.count)
    for index in cache.indices where index != axis {
      _ = try context.merge(cache[index], update[index], "axis \(index) of cache and update")
    }
    if let length = cache[axis].value, let written = update[axis].value, written > length {
      throw context.invalid("\(written) positions into a cache of \(length)")
    }
    if context.has(2) {
      _ = try context.merge(cache[0], try context.shape(2, ofRank: 1)[0], "the batch")
    }
    return [context.inputs[0] ?? .unknown]
  }

  /// LinearAttention: operands are queries, keys, values [batch, positions, heads · size], the past
  /// state [batch, heads, size of keys, size of values], decays and rates of update; results the
  /// output and the present state.
  static let linearAttention = mixing(
    because: "attends along it", inputs: .between(3...6), outputs: .between(1...2),
    attributes: [
      .int("chunk_size", 64), .required("kv_num_heads", .int), .required("q_num_heads", .int),
      .float("scale", 0), .string("update_rule", "gated_delta"),
    ],
    positions: { context in
      guard let sizes = try? linearAttentionSizes(context) else { return nil }
      let reads = Dim.known(context.int("q_num_heads", default: 1))
      let writes = Dim.known(context.int("kv_num_heads", default: 1))
      return [
        sizes.batch, sizes.positions, sizes.key, sizes.value,
        context.has(5) ? reads + writes + writes : reads + writes,
      ]
    }
  ) { context throws(Diagnostic) in
    let sizes = try linearAttentionSizes(context)
    let query = Dim.known(context.int("q_num_heads", default: 1))
    let state = [
      sizes.batch, .known(context.int("kv_num_heads", default: 1)), sizes.key, sizes.value,
    ]
    if let past = context.shape(3) {
      guard past.count == 4 else { throw context.invalid("a state of rank \(past.count)") }
      for (left, right) in zip(past, state) {
        _ = try context.merge(left, right, "an extent of the state")
      }
    }
    let element = context.element(0)
    return context.results([
      context.result(element, [sizes.batch, sizes.positions, query * sizes.value]),
      context.result(context.has(3) ? context.element(3) : element, state),
    ])
  }

  /// The extents of a LinearAttention node; `key` and `value` are those of a head.
  private static func linearAttentionSizes(
    _ context: OperatorContext
  ) throws(Diagnostic) -> (batch: Dim, positions: Dim, key: Dim, value: Dim) {
    let heads = (
      query: context.int("q_num_heads", default: 0), key: context.int("kv_num_heads", default: 0)
    )
    guard heads.query >= 1, heads.key >= 1, heads.query % heads.key == 0 else {
      throw context.invalid(
        "\(heads.query) heads of queries, \(heads.key) of keys, expected a multiple")
    }
    var sizes: [Dim] = []
    var (batch, positions) = (Dim.unknown, Dim.unknown)
    for (index, count) in [heads.query, heads.key, heads.key].enumerated() {
      let shape = try context.shape(index, ofRank: 3)
      batch = try context.merge(batch, shape[0], "the batch")
      positions = try context.merge(positions, shape[1], "the number of positions")
      if let width = shape[2].value, width % count != 0 {
        throw context.invalid("a width of \(width) cannot be split into \(count) heads")
      }
      sizes.append(shape[2] / .known(count))
    }
    let size = try context.merge(sizes[0], sizes[1], "the size of a head")
    return (batch, positions, size, sizes[2])
  }

  /// CausalConvWithState: operands are the input [n, c, t], the kernel of each channel [c, 1, k],
  /// biases [c] and the k - 1 positions before the input, zeros by default; results the output and
  /// the last k - 1 positions.
  static let causalConvolution = Schema(
    inputs: .between(2...4), outputs: .between(1...2),
    attributes: [.string("activation", "none")],
    shape: { context throws(Diagnostic) in
      let activation = context.string("activation", default: "none")
      guard ["none", "silu", "swish"].contains(activation) else {
        throw context.invalid("activation is '\(activation)', expected none, silu or swish")
      }
      var input = try context.shape(0, ofRank: 3)
      let weight = try context.shape(1, ofRank: 3)
      input[1] = try context.merge(input[1], weight[0], "the channel count")
      _ = try context.merge(weight[1], .known(1), "the kernel's second extent")
      if let taps = weight[2].value, taps < 1 { throw context.invalid("a kernel without taps") }
      var state = [input[0], input[1], weight[2] - .known(1)]
      if context.has(2) {
        let bias = try context.shape(2, ofRank: 1)
        _ = try context.merge(input[1], bias[0], "the channel count")
      }
      if context.has(3) {
        let past = try context.shape(3, ofRank: 3)
        for axis in state.indices {
          state[axis] = try context.merge(state[axis], past[axis], "an extent of the state")
        }
      }
      let element = context.element(0)
      return context.results([context.result(element, input), context.result(element, state)])
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      let slides = "slides along it"
      var signature = AxisSignature(operands: context.inputs.count, results: context.outputs.count)
      guard let input = context.resultShape(0), let weight = context.shape(1), input.count == 3,
        weight.count == 3
      else { return AxisRules.blockAll(context, because: slides) }
      let outer = signature.free(input.prefix(2))
      let positions = signature.blocked(input.suffix(1), slides)
      signature.operands[0] = outer + positions
      signature.operands[1] =
        [outer[1], .one] + signature.blocked(weight.suffix(1), "spans it with its kernel")
      if context.has(2) { signature.operands[2] = [outer[1]] }
      if let past = context.shape(3) {
        signature.operands[3] = outer + signature.blocked(past.suffix(1), slides)
      }
      signature.results[0] = outer + positions
      if let state = context.resultShape(1) {
        signature.results[1] = outer + signature.blocked(state.suffix(1), slides)
      }
      return signature
    },
    cost: { context, signature in
      guard let terms = signature.results.first ?? nil, terms.count == 3,
        let input = context.resultShape(0), let weight = context.shape(1)
      else { return nil }
      return MACs(
        labels: terms.prefix(2).flatMap(AxisSignature.labels(of:)),
        positions: [input[2], weight[2]])
    },
    extents: Plain.noEdit, response: Plain.otherResponse, hasBorders: Plain.borders)
}
