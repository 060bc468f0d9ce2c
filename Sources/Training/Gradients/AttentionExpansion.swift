import IR

/// `softmax(cap(scale · Q Kᵀ) + bias) V` on heads, as matrix products and a Softmax.
///
/// Queries are [batch, heads, positions, size]; several heads of them may share one of keys and
/// values. A query that may attend to nothing gets zeros.
struct AttentionExpansion {
  let query: ValueID
  let key: ValueID
  let value: ValueID
  let scale: Double
  /// Scores are capped to `cap · tanh(score / cap)` unless this is 0.
  var cap = 0.0
  /// What is added to the scores, broadcasting to them.
  var biases: [ValueID] = []
  /// For every query and key whether they may never meet; nil where all may.
  var isClosed: [Bool]?
  /// Further truth values, broadcasting to the scores, of those that may not meet.
  var closed: [ValueID] = []

  /// The scores at the stages that `qk_matmul_output_mode` names, and the output.
  struct Found {
    var stages: [ValueID]
    var output: ValueID
  }

  /// Appends the nodes.
  func run(_ b: inout GradientBuilder) throws(Diagnostic) -> Found {
    let heads = try b.shape(query)[1]
    let keys = try shared(key, heads, &b)
    let values = try shared(value, heads, &b)
    var scores = try b.affine(
      b.apply(.matMul, [query, b.permuted(keys, [0, 1, 3, 2])]), by: scale)
    var stages = [scores]
    if cap > 0 { scores = try b.affine(b.apply(.tanh, [b.affine(scores, by: 1 / cap)]), by: cap) }
    stages.append(scores)
    for bias in biases { scores = try b.plus(scores, bias) }
    let mask = try mask(&b)
    if let mask {
      let lowest = try b.element(scores) == .float16 ? -3e4 : -1e30
      scores = try b.select(mask, b.number(lowest, like: scores), scores)
    }
    stages.append(scores)
    var weights = try b.apply(.softmax, [scores])
    if let mask, try mayCloseRows(&b) {
      let open = try b.cast(b.apply(.not, [mask]), like: weights)
      let last = try b.shape(open).count - 1
      let isOpen = try b.apply(.reduceMax, [open, b.integers([last])])
      weights = try b.times(weights, isOpen)
    }
    stages.append(weights)
    return Found(stages: stages, output: try b.apply(.matMul, [weights, values]))
  }

  /// Keys or values with each head repeated for the heads of queries that share it.
  private func shared(_ value: ValueID, _ heads: Int, _ b: inout GradientBuilder)
    throws(Diagnostic) -> ValueID
  {
    let shape = try b.shape(value)
    guard shape[1] != heads else { return value }
    let row = try b.view(value, [shape[0], shape[1], 1, shape[2], shape[3]])
    let copies = try b.spread(
      row, [shape[0], shape[1], heads / max(shape[1], 1), shape[2], shape[3]])
    return try b.view(copies, [shape[0], heads, shape[2], shape[3]])
  }

  private func mask(_ b: inout GradientBuilder) throws(Diagnostic) -> ValueID? {
    var masks = closed
    if let isClosed {
      let shape = [try b.shape(query)[2], try b.shape(key)[2]]
      masks.append(b.constant(Tensor(isClosed, shape: shape), name: b.scope + ".closed"))
    }
    guard var mask = masks.first else { return nil }
    for other in masks.dropFirst() { mask = try b.apply(.or, [mask, other]) }
    return mask
  }

  /// Whether some query may find no key open.
  private func mayCloseRows(_ b: inout GradientBuilder) throws(Diagnostic) -> Bool {
    guard closed.isEmpty, let isClosed else { return true }
    let keys = try b.shape(key)[2]
    return stride(from: 0, to: isClosed.count, by: max(keys, 1)).contains { start in
      isClosed[start..<(start + keys)].allSatisfy(\.self)
    }
  }

  /// Heads of a value [batch, positions, heads · size]; one of rank 4 has its heads already.
  static func split(_ value: ValueID, heads: Int, _ b: inout GradientBuilder) throws(Diagnostic)
    -> ValueID
  {
    let shape = try b.shape(value)
    guard shape.count == 3 else { return value }
    let parts = try b.view(value, [shape[0], shape[1], heads, shape[2] / max(heads, 1)])
    return try b.permuted(parts, [0, 2, 1, 3])
  }

  /// The heads side by side again.
  static func joined(_ value: ValueID, _ b: inout GradientBuilder) throws(Diagnostic) -> ValueID {
    let shape = try b.shape(value)
    return try b.view(b.permuted(value, [0, 2, 1, 3]), [shape[0], shape[2], shape[1] * shape[3]])
  }
}
