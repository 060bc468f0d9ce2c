import IR

/// Parts of transformers and recurrent networks, on sequences [batch, length, channels].
extension RandomNetwork {
  /// A part of a network of sequences.
  mutating func sequenceStructure(_ value: ValueID) {
    let width = shape(value)[2]
    switch number(0...12) {
    case 10...12: keep(fusedAttention(value).flatMap { linear($0, to: width) })
    case 0, 1: keep(activation(linear(value, to: pick([4, 6, 8]))))
    case 2...4:
      let isNormedFirst = chance(0.5)
      guard let source = isNormedFirst ? norm(value) : value,
        let branch = feedForward(source, back: width), let sum = make(.add, [value, branch])
      else { return }
      keep(isNormedFirst ? sum : norm(sum))
    case 5...7:
      guard let source = chance(0.5) ? norm(value) : value,
        let branch = attention(source, back: width)
      else { return }
      keep(make(.add, chance(0.5) ? [value, branch] : [branch, value]))
    case 8: recurrent(value)
    default: keep(norm(value))
    }
  }

  /// A matrix product with a constant, as MatMul, Gemm or Einsum, mostly with a bias.
  mutating func linear(_ value: ValueID, to outputs: Int) -> ValueID? {
    let shape = shape(value)
    guard let inputs = shape.last, shape.count > 1 else { return nil }
    if shape.count == 2, chance(0.6) {
      let isTransposed = chance(0.5)
      var operands: [ValueID?] = [
        value, weights(isTransposed ? [outputs, inputs] : [inputs, outputs]),
      ]
      if chance(0.7) { operands.append(weights([outputs])) }
      return make(
        .gemm, operands, ["transB": .int(isTransposed ? 1 : 0), "alpha": .float(pick([1, 0.5]))])
    }
    let product: ValueID?
    switch number(0...7) {
    case 0:
      product = make(
        .einsum, [value, weights([outputs, inputs])], ["equation": .string("...i,oi->...o")])
    case 1:
      product = make(
        .fusedMatMul, [value, weights([outputs, inputs])],
        ["transB": .int(1), "alpha": .float(0.5)])
    default: product = make(.matMul, [value, weights([inputs, outputs])])
    }
    guard let product else { return nil }
    return chance(0.7) ? make(.add, [product, weights([outputs])]) : product
  }

  private mutating func norm(_ value: ValueID) -> ValueID? {
    guard let width = shape(value).last else { return nil }
    let scale = weights([width], 0.5...1.5)
    switch number(0...8) {
    case 0...2: return make(.layerNormalization, [value, scale, weights([width])])
    case 3: return make(.rmsNormalization, [value, scale])
    case 6:
      guard let summand = linear(value, to: width) else { return nil }
      let bias = chance(0.5) ? weights([width]) : nil
      return make(.skipLayerNormalization, [value, summand, scale, weights([width]), bias])
    case 7:
      guard let summand = linear(value, to: width) else { return nil }
      return make(.skipSimplifiedLayerNormalization, [value, summand, scale, weights([width])])
    case 4:
      guard let square = make(.mul, [value, value]),
        let mean = make(.reduceMean, [square, integers([-1])]),
        let root = make(.add, [mean, scalar(1e-5)]).flatMap({ make(.sqrt, [$0]) }),
        let normed = make(.div, [value, root])
      else { return nil }
      return make(.mul, [normed, scale])
    default:
      guard let mean = make(.reduceMean, [value, integers([-1])]),
        let centered = make(.sub, [value, mean]),
        let square = make(.pow, [centered, scalar(2)]),
        let variance = make(.reduceMean, [square, integers([-1])]),
        let root = make(.add, [variance, scalar(1e-5)]).flatMap({ make(.sqrt, [$0]) }),
        let normed = make(.div, [centered, root])
      else { return nil }
      return make(.mul, [normed, scale]).flatMap { make(.add, [$0, weights([width])]) }
    }
  }

  private mutating func feedForward(_ value: ValueID, back width: Int) -> ValueID? {
    let hidden = pick([4, 6, 8])
    guard let up = linear(value, to: hidden) else { return nil }
    if chance(0.4) {
      guard let gate = linear(value, to: hidden),
        let open = make(pick([.sigmoid, .gelu, .swish]), [gate]),
        let product = make(.mul, [open, up])
      else { return nil }
      return linear(product, to: width)
    }
    return make(pick([.gelu, .relu, .fastGelu]), [up]).flatMap { linear($0, to: width) }
  }

  /// Scaled dot-product attention, its projections packed or apart.
  private mutating func attention(_ value: ValueID, back width: Int) -> ValueID? {
    let shape = shape(value)
    let heads = pick([1, 2, 3])
    let size = pick([2, 4])
    var parts: [ValueID] = []
    if chance(0.4) {
      guard let packed = linear(value, to: 3 * heads * size),
        let apart = make(
          .reshape, [packed, integers([shape[0], shape[1], 3, heads, size])]),
        let ordered = make(.transpose, [apart], ["perm": .ints([2, 0, 3, 1, 4])])
      else { return nil }
      if chance(0.5) {
        for index in 0..<3 {
          guard
            let part = make(.gather, [ordered, integers([index], shape: [])], ["axis": .int(0)])
          else { return nil }
          parts.append(part)
        }
      } else {
        guard
          let pieces = make(
            .split, [ordered, integers([1, 1, 1])], ["axis": .int(0)], results: 3)
        else { return nil }
        for piece in pieces {
          guard let part = make(.squeeze, [piece, integers([0])]) else { return nil }
          parts.append(part)
        }
      }
    } else {
      for _ in 0..<3 {
        guard let projected = linear(value, to: heads * size),
          let apart = make(.reshape, [projected, integers([shape[0], shape[1], heads, size])]),
          let part = make(.transpose, [apart], ["perm": .ints([0, 2, 1, 3])])
        else { return nil }
        parts.append(part)
      }
    }
    guard let keys = make(.transpose, [parts[1]], ["perm": .ints([0, 1, 3, 2])]),
      let scores = make(.matMul, [parts[0], keys]),
      let scaled = make(.div, [scores, scalar(Float(size).squareRoot())]),
      let weights = make(.softmax, [scaled], ["axis": .int(-1)]),
      let mixed = make(.matMul, [weights, parts[2]]),
      let ordered = make(.transpose, [mixed], ["perm": .ints([0, 2, 1, 3])]),
      let joined = make(.reshape, [ordered, integers([shape[0], shape[1], heads * size])])
    else { return nil }
    return linear(joined, to: width)
  }

  /// Attention as one of the operators that fuse it.
  private mutating func fusedAttention(_ value: ValueID) -> ValueID? {
    let heads = pick([1, 2, 3])
    let size = pick([2, 4])
    let width = heads * size
    let scale: Attributes = ["num_heads": .int(heads), "scale": .float(0.4)]
    if chance(0.3), let inputs = shape(value).last {
      return make(
        .projectedAttention, [value, weights([inputs, 3 * width]), weights([3 * width])], scale)
    }
    guard var queries = linear(value, to: width), let keys = linear(value, to: width),
      let values = linear(value, to: width)
    else { return nil }
    if chance(0.4) {
      let angles = [shape(value)[0], shape(value)[1], size / 2]
      queries =
        make(
          .rotaryEmbedding, [queries, weights(angles), weights(angles)],
          ["num_heads": .int(heads), "interleaved": .int(pick([0, 1]))]) ?? queries
    }
    if chance(0.5) { return make(.multiHeadAttention, [queries, keys, values], scale) }
    return make(
      .attention, [queries, keys, values],
      ["q_num_heads": .int(heads), "kv_num_heads": .int(heads)])
  }

  /// An LSTM, GRU or RNN, in one direction or both.
  private mutating func recurrent(_ value: ValueID) {
    let shape = shape(value)
    let hidden = pick([3, 4])
    let kinds: [(Operator, Int)] = [(.lstm, 4), (.gru, 3), (.rnn, 1)]
    let (op, gates) = pick(kinds)
    let direction = pick(["forward", "reverse", "bidirectional"])
    let directions = direction == "bidirectional" ? 2 : 1
    guard let steps = make(.transpose, [value], ["perm": .ints([1, 0, 2])]) else { return }
    var attributes: Attributes = ["hidden_size": .int(hidden), "direction": .string(direction)]
    if op == .gru { attributes["linear_before_reset"] = .int(pick([0, 1])) }
    let operands: [ValueID?] = [
      steps, weights([directions, gates * hidden, shape[2]]),
      weights([directions, gates * hidden, hidden]),
      chance(0.7) ? weights([directions, 2 * gates * hidden]) : nil,
    ]
    guard let states = make(op, operands, attributes, results: 1)?.first,
      let ordered = make(.transpose, [states], ["perm": .ints([2, 0, 1, 3])])
    else { return }
    keep(make(.reshape, [ordered, integers([shape[0], shape[1], directions * hidden])]))
  }
}
