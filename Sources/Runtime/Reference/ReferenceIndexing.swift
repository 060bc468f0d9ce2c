import IR

/// Reference kernels that read or write elements at computed places.
enum ReferenceIndexing {
  /// GatherElements: the element at the place of the index, with the index for its place along
  /// `axis`.
  static func gatherElements(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let positions = try elementPositions(call, x)
    return [try pick(call, x, positions, shape: try call.operand(1).shape)]
  }

  /// GatherND: the slices whose leading coordinates stand in the last axis of the indices.
  static func gatherND(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let batch = call.node.attributes.int("batch_dims") ?? 0
    let places = try slicePositions(call, x, batch: batch)
    let slice = x.shape[places.depth...].reduce(1, *)
    let shape = (try call.operand(1).shape).dropLast() + x.shape[places.depth...]
    try call.admit(.int64, Array(shape))
    let positions = places.starts.flatMap { $0..<($0 + slice) }
    return [try pick(call, x, positions, shape: Array(shape))]
  }

  /// ScatterElements: the data with updates at the places of the indices.
  static func scatterElements(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let indices = try call.operand(1)
    let updates = try call.operand(2)
    guard updates.shape == indices.shape else {
      throw call.invalid("updates of shape \(updates.shape) for indices of \(indices.shape)")
    }
    return [try put(call, x, updates, try elementPositions(call, x))]
  }

  /// ScatterND: the data with slices of the updates at the places of the indices.
  static func scatterND(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let updates = try call.operand(2)
    let places = try slicePositions(call, x, batch: 0)
    let shape = (try call.operand(1).shape).dropLast() + x.shape[places.depth...]
    guard updates.shape == Array(shape) else {
      throw call.invalid("updates of shape \(updates.shape), expected \(Array(shape))")
    }
    let slice = x.shape[places.depth...].reduce(1, *)
    return [try put(call, x, updates, places.starts.flatMap { $0..<($0 + slice) })]
  }

  /// ReverseSequence: along `time_axis` the first elements of each batch in reverse order.
  static func reverseSequence(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let batch = try call.axis(call.node.attributes.int("batch_axis") ?? 1, rank: x.rank)
    let time = try call.axis(call.node.attributes.int("time_axis") ?? 0, rank: x.rank)
    let lengths = try call.integers(1)
    guard batch != time, lengths.count == x.shape[batch],
      lengths.allSatisfy({ (0...x.shape[time]).contains($0) })
    else {
      throw call.invalid(
        "lengths \(lengths.prefix(8)) along axis \(time) for batches along axis \(batch) of shape"
          + " \(x.shape)")
    }
    let strides = Strided.strides(of: x.shape)
    let positions = (0..<x.count).map { position in
      let place = position / strides[time] % x.shape[time]
      let length = lengths[position / strides[batch] % x.shape[batch]]
      return place < length ? position + (length - 1 - 2 * place) * strides[time] : position
    }
    return [try pick(call, x, positions, shape: x.shape)]
  }

  /// The positions in `x` that the elements of operand 1 name along `axis`.
  private static func elementPositions(
    _ call: ReferenceCall, _ x: Tensor
  ) throws(Diagnostic) -> [Int] {
    let shape = try call.operand(1).shape
    let axis = try call.axis(call.node.attributes.int("axis") ?? 0, rank: x.rank)
    let indices = try call.integers(1)
    guard shape.count == x.rank,
      indices.isEmpty || x.shape.indices.allSatisfy({ $0 == axis || shape[$0] <= x.shape[$0] })
    else { throw call.invalid("indices of shape \(shape) for data of shape \(x.shape)") }
    var strides = Strided.strides(of: x.shape)
    let step = strides[axis]
    strides[axis] = 0
    let width = shape.last ?? 1
    let stride = strides.last ?? 0
    var positions = indices
    var wrong: Int?
    Strided.forEachRow(of: shape, strides: [strides]) { position, offsets in
      for place in 0..<width {
        let index = indices[position + place]
        guard let inside = wrapped(index, x.shape[axis]) else {
          wrong = index
          continue
        }
        positions[position + place] = offsets[0] + place * stride + inside * step
      }
    }
    if let wrong { throw outside(call, wrong, x.shape[axis]) }
    return positions
  }

  /// The first positions of the slices of `x` that operand 1 names, and how many axes their
  /// coordinates fix, those of the batch included.
  private static func slicePositions(
    _ call: ReferenceCall, _ x: Tensor, batch: Int
  ) throws(Diagnostic) -> (starts: [Int], depth: Int) {
    let shape = try call.operand(1).shape
    let indices = try call.integers(1)
    guard let length = shape.last, batch >= 0, batch < shape.count, batch < x.rank,
      length <= x.rank - batch, shape[..<batch] == x.shape[..<batch]
    else {
      throw call.invalid(
        "indices of shape \(shape) for data of shape \(x.shape) and \(batch) batch axes")
    }
    let strides = Strided.strides(of: x.shape)
    let count = shape.dropLast().reduce(1, *)
    let perBatch = shape[batch..<(shape.count - 1)].reduce(1, *)
    let batchStride = batch == 0 ? 0 : strides[batch - 1]
    try call.admit(.int64, [count])
    var starts: [Int] = []
    starts.reserveCapacity(count)
    for place in 0..<count {
      var start = perBatch == 0 ? 0 : place / perBatch * batchStride
      for axis in 0..<length {
        let index = indices[place * length + axis]
        guard let inside = wrapped(index, x.shape[batch + axis]) else {
          throw outside(call, index, x.shape[batch + axis])
        }
        start += inside * strides[batch + axis]
      }
      starts.append(start)
    }
    return (starts, batch + length)
  }

  /// An index counted from the front; nil unless it lies within the extent.
  private static func wrapped(_ index: Int, _ extent: Int) -> Int? {
    guard index >= -extent, index < extent else { return nil }
    return index < 0 ? index + extent : index
  }

  private static func outside(_ call: ReferenceCall, _ index: Int, _ extent: Int) -> Diagnostic {
    call.invalid("index \(index) is out of range for an axis of extent \(extent)")
  }

  /// The elements at positions, in a shape of as many.
  private static func pick(
    _ call: ReferenceCall, _ x: Tensor, _ positions: [Int], shape: [Int]
  ) throws(Diagnostic) -> Tensor {
    if x.type == .string {
      let strings = x.strings
      guard let picked = Tensor(strings: positions.map { strings[$0] }, shape: shape) else {
        throw call.invalid("\(positions.count) elements do not fill a shape of \(shape)")
      }
      return picked
    }
    let width = try call.elementBytes(x.type)
    return try call.makeBytes(x.type, shape) { target in
      x.withBytes { source in
        for (place, position) in positions.enumerated() {
          for byte in 0..<width {
            target[place * width + byte] = source[position * width + byte]
          }
        }
      }
    }
  }

  /// A copy of `x` in which `updates` stand at, or are reduced into, positions, in order.
  private static func put(
    _ call: ReferenceCall, _ x: Tensor, _ updates: Tensor, _ positions: [Int]
  ) throws(Diagnostic) -> Tensor {
    guard updates.type == x.type else {
      throw call.invalid("updates are \(updates.type.textName), the data \(x.type.textName)")
    }
    let name = call.node.attributes.string("reduction") ?? "none"
    if name != "none" {
      guard let reduction = ScatterReduction(rawValue: name) else {
        throw call.invalid("attribute 'reduction' is '\(name)'")
      }
      return try reduction.reduce(call, x, updates, positions)
    }
    if x.type == .string {
      var strings = x.strings
      for (position, text) in zip(positions, updates.strings) { strings[position] = text }
      return Tensor(strings: strings, shape: x.shape) ?? x
    }
    let width = try call.elementBytes(x.type)
    var result = x
    result.withMutableBytes { target in
      updates.withBytes { source in
        for (place, position) in positions.enumerated() {
          for byte in 0..<width {
            target[position * width + byte] = source[place * width + byte]
          }
        }
      }
    }
    return result
  }
}
