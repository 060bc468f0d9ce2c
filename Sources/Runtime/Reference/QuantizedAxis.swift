import IR

/// How one parameter, a scale or zero point, spreads over the elements of a tensor.
struct QuantizedAxis {
  private let inner: Int
  private let extent: Int
  private let block: Int
  private let count: Int

  /// Reads how operand 1, and every parameter of its shape, is laid over operand 0: one number for
  /// all, one for each index of `axis`, or one for each block of it.
  init(_ call: ReferenceCall) throws(Diagnostic) {
    let shape = try call.operand(0).shape
    let scale = try call.operand(1)
    block = try call.int("block_size", default: 0, in: 0...Int(Int32.max))
    if scale.rank == 0 || (block == 0 && scale.count == 1) {
      (inner, extent, count) = (1, 1, 1)
      return
    }
    let axis = try call.axis(call.node.attributes.int("axis") ?? 1, rank: shape.count)
    inner = shape[(axis + 1)...].reduce(1, *)
    extent = shape[axis]
    if block == 0 {
      count = extent
      guard scale.shape == [extent] else {
        throw call.invalid("scales of shape \(scale.shape) for an axis of \(extent)")
      }
      return
    }
    count = (extent + block - 1) / block
    var expected = shape
    expected[axis] = count
    guard scale.shape == expected else {
      throw call.invalid("scales of shape \(scale.shape), expected \(expected)")
    }
  }

  /// The parameter's element for an element of the tensor.
  func place(_ index: Int) -> Int {
    if count == 1 && extent == 1 && block == 0 { return 0 }
    let along = index / inner % extent
    if block == 0 { return along }
    return (index / inner / extent * count + along / block) * inner + index % inner
  }
}
