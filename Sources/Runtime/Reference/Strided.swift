import IR

/// Walks over tensors by strides, counted in elements.
enum Strided {
  /// The strides of a row-major tensor.
  static func strides(of shape: [Int]) -> [Int] {
    var strides = Array(repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    return strides
  }

  /// The strides at which a row-major tensor is read when broadcast to `result`: 0 along axes that
  /// repeat.
  ///
  /// - Precondition: `shape` broadcasts to `result`.
  static func strides(of shape: [Int], broadcastTo result: [Int]) -> [Int] {
    let missing = result.count - shape.count
    let own = strides(of: shape)
    return result.indices.map { axis in
      axis < missing || shape[axis - missing] == 1 ? 0 : own[axis - missing]
    }
  }

  /// The offset of every element of `result` in a row-major tensor of `shape` that broadcasts to it.
  ///
  /// - Precondition: `shape` broadcasts to `result`.
  static func offsets(of shape: [Int], broadcastTo result: [Int]) -> [Int] {
    let strides = strides(of: shape, broadcastTo: result)
    let (width, step) = (result.last ?? 1, strides.last ?? 0)
    var offsets: [Int] = []
    forEachRow(of: result, strides: [strides]) { _, starts in
      for index in 0..<width { offsets.append(starts[0] + index * step) }
    }
    return offsets
  }

  /// The shape two shapes broadcast to; nil if they do not.
  static func broadcast(_ left: [Int], _ right: [Int]) -> [Int]? {
    let rank = max(left.count, right.count)
    var result: [Int] = []
    for axis in 0..<rank {
      let a = axis < rank - left.count ? 1 : left[axis - (rank - left.count)]
      let b = axis < rank - right.count ? 1 : right[axis - (rank - right.count)]
      guard a == b || a == 1 || b == 1 else { return nil }
      result.append(a == 1 ? b : a)
    }
    return result
  }

  /// Calls `body` for each run along the last axis of `shape`, in row-major order, with the
  /// position
  /// of the run's first element and, for each list of strides, the offset of that element.
  static func forEachRow(
    of shape: [Int], strides: [[Int]], _ body: (_ position: Int, _ offsets: [Int]) -> Void
  ) {
    if shape.contains(0) { return }
    let outer = Array(shape.dropLast())
    let width = shape.last ?? 1
    var index = Array(repeating: 0, count: outer.count)
    var offsets = Array(repeating: 0, count: strides.count)
    var position = 0
    while true {
      body(position, offsets)
      position += width
      var axis = outer.count - 1
      while axis >= 0 {
        index[axis] += 1
        for operand in offsets.indices { offsets[operand] += strides[operand][axis] }
        if index[axis] < outer[axis] { break }
        for operand in offsets.indices {
          offsets[operand] -= strides[operand][axis] * outer[axis]
        }
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }

  /// Copies elements of `width` bytes: element i of the row-major `target` of `shape` comes from
  /// `offset` plus its index times `strides` in `source`.
  ///
  /// - Precondition: all offsets are within `source`, `target` has the shape's bytes.
  static func copy(
    _ source: UnsafeRawBufferPointer, offset: Int, strides: [Int], shape: [Int], width: Int,
    to target: UnsafeMutableRawBufferPointer
  ) {
    let count = shape.last ?? 1
    let step = strides.last ?? 1
    forEachRow(of: shape, strides: [strides]) { position, offsets in
      let start = offset + offsets[0]
      if step == 1 {
        target[(position * width)..<((position + count) * width)].copyBytes(
          from: source[(start * width)..<((start + count) * width)])
        return
      }
      for index in 0..<count {
        let from = (start + index * step) * width
        let to = (position + index) * width
        for byte in 0..<width { target[to + byte] = source[from + byte] }
      }
    }
  }
}
