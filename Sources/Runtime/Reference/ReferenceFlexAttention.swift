import IR
import RealModule

/// The reference kernel of FlexAttention.
enum ReferenceFlexAttention {
  /// Attention whose scores and probabilities go through graphs of the node, in the type that
  /// `softmax_precision` names.
  static func attend(_ call: StructuredCall) throws(Diagnostic) -> [Datum?] {
    let inner = call.reference([try call.tensor(0), try call.tensor(1), try call.tensor(2)])
    try inner.checkOperands()
    let results = try withExtendedLifetime(inner) { () throws(Diagnostic) in
      try inner.floating(
        { (inner, type) throws(Diagnostic) in try attend(call, inner, type, .float32) },
        { (inner, type) throws(Diagnostic) in
          try attend(call, inner, type, inner.isWidened ? .float32 : .float64)
        })
    }
    return results.map { $0.map(Datum.tensor) }
  }

  /// Attention in numbers of type `S`, with scores of type `standard` unless the node says which.
  private static func attend<S: ReferenceScalar>(
    _ call: StructuredCall, _ inner: ReferenceCall, _ type: S.Type, _ standard: ElementType
  ) throws(Diagnostic) -> [Tensor?] {
    let query = HeadTensor(dense: try inner.elements(0, type), try inner.shape(0, rank: 4))
    let key = HeadTensor(dense: try inner.elements(1, type), try inner.shape(1, rank: 4))
    let value = HeadTensor(dense: try inner.elements(2, type), try inner.shape(2, rank: 4))
    guard query.batch == key.batch, key.batch == value.batch, query.size == key.size,
      key.positions == value.positions, key.heads == value.heads, key.heads > 0,
      query.heads % key.heads == 0
    else {
      throw inner.invalid(
        "queries of \(query.shape), keys of \(key.shape), values of \(value.shape) do not fit")
    }
    let named = try inner.elementType("softmax_precision") ?? standard
    guard named.isFloatingPoint, named.bitWidth >= 16 else {
      throw inner.invalid("softmax_precision is \(named.textName)")
    }
    let precision = inner.held(named)
    let shape = [query.batch, query.heads, query.positions, key.positions]
    try inner.admit(.float64, shape)
    let products = Tensor(
      rounding: scores(inner, query, key).map { Double($0) }, to: precision, shape: shape)
    let modified = try changed(call, products, by: "score_mod")
    let softened = softmax(modified.doubles ?? [], type, width: key.positions)
    let weights = try changed(
      call, Tensor(rounding: softened.map { Double($0) }, to: precision, shape: shape),
      by: "prob_mod")
    return [try mixed(inner, (weights.doubles ?? []).map { S($0) }, query, value)]
  }

  /// `scale · Q Kᵀ`; several heads of queries may share one of keys.
  private static func scores<S: ReferenceScalar>(
    _ call: ReferenceCall, _ query: HeadTensor<S>, _ key: HeadTensor<S>
  ) -> [S] {
    let scale = call.node.attributes.float("scale").map { S($0) } ?? 1 / S.sqrt(S(query.size))
    let share = query.heads / key.heads
    var scores: [S] = []
    for row in 0..<(query.batch * query.heads * query.positions) {
      let (image, head) = (row / query.positions).quotientAndRemainder(dividingBy: query.heads)
      for position in 0..<key.positions {
        let first = ((image * key.heads + head / share) * key.positions + position) * key.size
        var sum: S = 0
        for index in 0..<key.size {
          sum += query.elements[row * query.size + index] * key.elements[first + index]
        }
        scores.append(sum * scale)
      }
    }
    return scores
  }

  /// Softmax of rows.
  private static func softmax<S: ReferenceScalar>(
    _ scores: [Double], _ type: S.Type, width: Int
  ) -> [S] {
    var result = scores.map { S($0) }
    for start in stride(from: 0, to: result.count, by: max(width, 1)) {
      let row = start..<(start + width)
      let largest = row.reduce(-S.infinity) { S.maximum($0, result[$1]) }
      var sum: S = 0
      for index in row {
        result[index] = S.exp(result[index] - largest)
        sum += result[index]
      }
      for index in row { result[index] /= sum }
    }
    return result
  }

  /// The values mixed by weights, as `[batch, heads, queries, size]`.
  private static func mixed<S: ReferenceScalar>(
    _ call: ReferenceCall, _ weights: [S], _ query: HeadTensor<S>, _ value: HeadTensor<S>
  ) throws(Diagnostic) -> Tensor {
    let share = query.heads / value.heads
    return try call.make(
      S.self, [query.batch, query.heads, query.positions, value.size]
    ) { output in
      for index in output.indices {
        let (row, column) = index.quotientAndRemainder(dividingBy: value.size)
        let (image, head) = (row / query.positions).quotientAndRemainder(dividingBy: query.heads)
        let first = (image * value.heads + head / share) * value.positions
        var sum: S = 0
        for position in 0..<value.positions {
          sum +=
            weights[row * value.positions + position]
            * value.elements[(first + position) * value.size + column]
        }
        output[index] = sum
      }
    }
  }

  /// What a graph of the node makes of a tensor, or the tensor itself if there is none.
  private static func changed(
    _ call: StructuredCall, _ tensor: Tensor, by name: String
  ) throws(Diagnostic) -> Tensor {
    guard call.node.attributes[name] != nil else { return tensor }
    let body = try call.body(name)
    guard body.inputCount == 1, body.outputCount == 1 else {
      throw call.invalid(
        "'\(name)' has \(body.inputCount) inputs and \(body.outputCount) outputs, expected one of"
          + " each")
    }
    let found = try body.run([.tensor(tensor)])[0].tensor
    guard let found, found.type == tensor.type, found.shape == tensor.shape else {
      throw call.invalid(
        "'\(name)' does not return a tensor of type \(tensor.type.textName) and shape"
          + " \(tensor.shape)")
    }
    return found
  }
}
