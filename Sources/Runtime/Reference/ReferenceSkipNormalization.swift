import IR
import RealModule

/// Reference kernels of the normalizations of sums of domain com.microsoft.
enum ReferenceSkipNormalization {
  /// SkipLayerNormalization: normalizes operand 0 + operand 1 + operand 4 (the bias), which is
  /// result 3.
  static func layer<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    try normalize(call, type, bias: 4, beta: 3, centers: true)
  }

  /// SkipSimplifiedLayerNormalization: the same without means; the bias is operand 3.
  static func rootMeanSquare<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    try normalize(call, type, bias: 3, beta: nil, centers: false)
  }

  private static func normalize<S: ReferenceScalar>(
    _ call: ReferenceCall, _ type: S.Type, bias: Int, beta: Int?, centers: Bool
  ) throws(Diagnostic) -> [Tensor?] {
    let shape = try call.operand(0).shape
    guard call.node.output(1) == nil && call.node.output(2) == nil else {
      throw call.unsupported("means and deviations of a sum are not supported")
    }
    guard let width = shape.last, width > 0 else {
      throw call.invalid("operand 0 of shape \(shape) has no rows")
    }
    let skipped = try call.operand(1).shape
    guard Strided.broadcast(skipped, shape) == shape else {
      throw call.invalid("operand 1 of shape \(skipped) does not broadcast to \(shape)")
    }
    let x = try call.elements(0, type)
    let skip = try call.elements(1, type)
    let added = try call.optionalElements(bias, type, shape: [width])
    let offsets = Strided.offsets(of: skipped, broadcastTo: shape)
    let sum = try call.make(type, shape) { y in
      for index in x.indices {
        y[index] = x[index] + skip[offsets[index]] + (added?[index % width] ?? 0)
      }
    }
    let shift = try beta.map { (index) throws(Diagnostic) in
      try call.optionalElements(index, type, shape: [width])
    }
    let found = try finish(
      call, sum, scale: try call.elements(2, type, shape: [width]), shift: shift ?? nil,
      centers: centers)
    return [found.result, nil, nil, sum]
  }

  /// Normalizes rows of a sum and applies scale and shift.
  private static func finish<S: ReferenceScalar>(
    _ call: ReferenceCall, _ sum: Tensor, scale: UnsafeBufferPointer<S>,
    shift: UnsafeBufferPointer<S>?, centers: Bool
  ) throws(Diagnostic) -> ReferenceRowNormalization.Normalized<S> {
    let width = scale.count
    let epsilon = S(call.node.attributes.float("epsilon") ?? 1e-12)
    return try withExtendedLifetime(sum) { () throws(Diagnostic) in
      // Safety: the sum outlives the pointer to its elements.
      try ReferenceRowNormalization.normalize(
        call, sum.withElements(of: S.self) { $0 }, shape: sum.shape, width: width,
        centers: centers, epsilon: epsilon
      ) { index, value in value * scale[index % width] + (shift?[index % width] ?? 0) }
    }
  }

  /// EmbedLayerNormalization: normalizes the sum of rows of the tables of words (operand 2),
  /// positions (3) and segments (4); results are that, the number of tokens that the mask
  /// (operand 7) leaves, and the sum.
  static func embed<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let ids = try call.integers(0)
    let grid = try call.shape(0, rank: 2)
    let width = try call.shape(2, rank: 2)[1]
    guard width > 0 else { throw call.invalid("the embeddings have no elements") }
    let words = try rows(call, 2, type, width)
    let positions = try rows(call, 3, type, width)
    let segments = try call.optional(4) == nil ? nil : rows(call, 4, type, width)
    let segmentIDs = try call.optional(1) == nil ? nil : call.integers(1)
    let places = try call.optional(8) == nil ? nil : call.integers(8)
    guard segmentIDs?.count ?? ids.count == ids.count,
      places.map({ [grid[1], ids.count].contains($0.count) }) ?? true
    else { throw call.invalid("the ids differ in number") }
    func row(_ table: UnsafeBufferPointer<S>, _ id: Int) throws(Diagnostic) -> Int {
      guard id >= 0, id < table.count / width else {
        throw call.invalid("id \(id) is beyond a table of \(table.count / width)")
      }
      return id * width
    }
    var starts: [[(UnsafeBufferPointer<S>, Int)]] = []
    for index in ids.indices {
      let place = places.map { $0[index % $0.count] } ?? index % grid[1]
      var found = [
        (words, try row(words, ids[index])), (positions, try row(positions, place)),
      ]
      if let segments, let segmentIDs {
        found.append((segments, try row(segments, segmentIDs[index])))
      }
      starts.append(found)
    }
    let sum = try call.make(type, grid + [width]) { y in
      for (index, tables) in starts.enumerated() {
        for column in 0..<width {
          y[index * width + column] = tables.reduce(0) { $0 + $1.0[$1.1 + column] }
        }
      }
    }
    let normalized = try finish(
      call, sum, scale: try call.elements(5, type, shape: [width]),
      shift: try call.elements(6, type, shape: [width]), centers: true)
    let mask = try call.optional(7) == nil ? nil : call.integers(7)
    guard mask?.count ?? ids.count == ids.count else {
      throw call.invalid("the mask has another number of elements than the ids")
    }
    let counts = (0..<grid[0]).map { image in
      Int32(clamping: mask?[(image * grid[1])..<((image + 1) * grid[1])].count { $0 == 1 } ?? 0)
    }
    return [normalized.result, Tensor(counts, shape: [grid[0]]), sum]
  }

  private static func rows<S: ReferenceScalar>(
    _ call: ReferenceCall, _ index: Int, _ type: S.Type, _ width: Int
  ) throws(Diagnostic) -> UnsafeBufferPointer<S> {
    let shape = try call.shape(index, rank: 2)
    guard shape[1] == width else {
      throw call.invalid("operand \(index) has shape \(shape), expected rows of \(width)")
    }
    return try call.elements(index, type)
  }
}
