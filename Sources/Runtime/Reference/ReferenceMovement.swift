import IR

/// Reference kernels that move elements of any type whose elements fill whole bytes.
enum ReferenceMovement {
  /// Flatten to a matrix: the axes before `axis`, and those from it on.
  static func flatten(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let given = call.node.attributes.int("axis") ?? 1
    let axis = given == x.rank ? x.rank : try call.axis(given, rank: x.rank)
    return [x.reshaped(to: [x.shape[..<axis].reduce(1, *), x.shape[axis...].reduce(1, *)])]
  }

  /// Reshape: 0 copies an extent (unless `allowzero` is 1), one -1 takes what is left.
  static func reshape(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let wanted = try call.integers(1)
    let allowsZero = call.node.attributes.int("allowzero") == 1
    var shape: [Int] = []
    for (axis, extent) in wanted.enumerated() {
      if extent == 0, !allowsZero {
        guard axis < x.rank else {
          throw call.invalid("shape \(wanted) copies axis \(axis) of a tensor of shape \(x.shape)")
        }
        shape.append(x.shape[axis])
      } else {
        shape.append(extent)
      }
    }
    let misfit = call.invalid("a tensor of shape \(x.shape) cannot be reshaped to \(wanted)")
    if let open = shape.firstIndex(of: -1) {
      shape[open] = 1
      guard let others = Tensor.count(of: shape), others > 0, x.count % others == 0 else {
        throw misfit
      }
      shape[open] = x.count / others
    }
    guard Tensor.count(of: shape) == x.count else { throw misfit }
    return [x.reshaped(to: shape)]
  }

  /// Squeeze: drops the axes of operand 1, or all of extent 1.
  static func squeeze(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let axes =
      try call.optional(1) == nil
      ? x.shape.indices.filter { x.shape[$0] == 1 }
      : call.axes(call.integers(1), rank: x.rank)
    for axis in axes where x.shape[axis] != 1 {
      throw call.invalid("axis \(axis) of shape \(x.shape) is squeezed, but is not 1")
    }
    return [x.reshaped(to: x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] })]
  }

  /// Unsqueeze: inserts axes of extent 1 at the places of operand 1.
  static func unsqueeze(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let given = try call.integers(1)
    let axes = try call.axes(given, rank: x.rank + given.count)
    var rest = x.shape[...]
    let shape = (0..<(x.rank + axes.count)).map { axes.contains($0) ? 1 : rest.removeFirst() }
    return [x.reshaped(to: shape)]
  }

  /// Transpose: axis i of the result is axis `perm[i]` of the operand; reversed by default.
  static func transpose(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let given = call.node.attributes.ints("perm") ?? Array(x.shape.indices.reversed())
    guard given.sorted() == Array(x.shape.indices) else {
      throw call.invalid("attribute 'perm' is \(given) for a tensor of shape \(x.shape)")
    }
    let strides = Strided.strides(of: x.shape)
    return [
      try strided(
        call, x, offset: 0, strides: given.map { strides[$0] }, shape: given.map { x.shape[$0] })
    ]
  }

  /// Expand: broadcasts the operand to the shape in operand 1, and that to the operand.
  static func expand(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let wanted = try call.integers(1)
    guard wanted.allSatisfy({ $0 >= 0 }), let shape = Strided.broadcast(x.shape, wanted) else {
      throw call.invalid("a tensor of shape \(x.shape) does not expand to \(wanted)")
    }
    let strides = Strided.strides(of: x.shape, broadcastTo: shape)
    return [try strided(call, x, offset: 0, strides: strides, shape: shape)]
  }

  /// Concat along `axis`.
  static func concat(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    guard let given = call.node.attributes.int("axis") else {
      throw call.invalid("attribute 'axis' is missing")
    }
    var parts: [Tensor] = []
    for index in call.operands.indices { parts.append(try call.operand(index)) }
    let axis = try call.axis(given, rank: try call.operand(0).rank)
    return [try joined(call, parts, axis: axis)]
  }

  /// Tensors of equal extents but along `axis`, one after the other.
  ///
  /// - Precondition: there is one, and it has the axis.
  static func joined(
    _ call: ReferenceCall, _ parts: [Tensor], axis: Int
  ) throws(Diagnostic) -> Tensor {
    let first = parts[0]
    var shape = first.shape
    shape[axis] = 0
    for (index, part) in parts.enumerated() {
      var others = part.shape
      if part.rank == first.rank { others[axis] = first.shape[axis] }
      guard part.type == first.type, others == first.shape else {
        throw call.invalid(
          "operand \(index) is \(part.type.textName)\(part.shape) beside"
            + " \(first.type.textName)\(first.shape)")
      }
      let (extent, overflow) = shape[axis].addingReportingOverflow(part.shape[axis])
      if overflow { throw call.unsupported("the concatenated extent overflows") }
      shape[axis] = extent
    }
    let outer = shape[..<axis].reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(1, *)
    if first.type == .string {
      let texts = (0..<outer).flatMap { block in
        parts.flatMap { part -> ArraySlice<[UInt8]> in
          let chunk = part.shape[axis] * inner
          return part.strings[(block * chunk)..<((block + 1) * chunk)]
        }
      }
      guard let tensor = Tensor(strings: texts, shape: shape) else {
        throw call.invalid("\(texts.count) strings do not fill a shape of \(shape)")
      }
      return tensor
    }
    let width = try call.elementBytes(first.type)
    return try call.makeBytes(first.type, shape) { target in
      var position = 0
      for block in 0..<outer {
        for part in parts {
          let chunk = part.shape[axis] * inner * width
          part.withBytes { source in
            target[position..<(position + chunk)].copyBytes(
              from: source[(block * chunk)..<((block + 1) * chunk)])
          }
          position += chunk
        }
      }
    }
  }

  /// Split along `axis` into the extents of operand 1, or into equal parts of which the last may be
  /// smaller.
  static func split(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let axis = try call.axis(call.node.attributes.int("axis") ?? 0, rank: x.rank)
    let count = call.node.outputs.count
    var extents: [Int]
    if call.optional(1) != nil {
      extents = try call.integers(1)
    } else {
      let chunk = count == 0 ? 0 : (x.shape[axis] + count - 1) / count
      extents = (0..<count).map { max(0, min(chunk, x.shape[axis] - $0 * chunk)) }
    }
    var total = 0
    for extent in extents where total <= x.shape[axis] && extent <= x.shape[axis] {
      total += extent
    }
    guard extents.count == count, extents.allSatisfy({ (0...x.shape[axis]).contains($0) }),
      total == x.shape[axis]
    else {
      throw call.invalid(
        "axis \(axis) of extent \(x.shape[axis]) cannot be split into \(extents), for"
          + " \(count) results"
      )
    }
    let strides = Strided.strides(of: x.shape)
    var results: [Tensor?] = []
    var start = 0
    for extent in extents {
      var shape = x.shape
      shape[axis] = extent
      results.append(
        try strided(call, x, offset: start * strides[axis], strides: strides, shape: shape))
      start += extent
    }
    return results
  }

  /// Slice: starts, ends, axes and steps in operands 1 to 4; what lies outside is cut off.
  static func slice(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let starts = try call.integers(1)
    let ends = try call.integers(2)
    let axes =
      try call.optional(3) == nil
      ? call.axes(Array(starts.indices), rank: x.rank) : call.axes(call.integers(3), rank: x.rank)
    let steps =
      try call.optional(4) == nil
      ? Array(repeating: 1, count: starts.count) : call.integers(4)
    guard starts.count == ends.count, starts.count == axes.count, starts.count == steps.count,
      !steps.contains(0)
    else {
      throw call.invalid("starts \(starts), ends \(ends), axes \(axes), steps \(steps) do not fit")
    }
    var shape = x.shape
    var strides = Strided.strides(of: x.shape)
    var offset = 0
    for (number, axis) in axes.enumerated() {
      let range = Self.range(
        start: starts[number], end: ends[number], step: steps[number], extent: x.shape[axis])
      shape[axis] = range.count
      offset += range.start * strides[axis]
      strides[axis] = strides[axis].multipliedReportingOverflow(by: steps[number]).partialValue
    }
    return [
      try strided(call, x, offset: shape.contains(0) ? 0 : offset, strides: strides, shape: shape)
    ]
  }

  /// Where a slice of an axis starts and how many elements it takes; formulas of ONNX Slice-13.
  static func range(start: Int, end: Int, step: Int, extent: Int) -> (start: Int, count: Int) {
    func placed(_ index: Int, _ low: Int, _ high: Int) -> Int {
      let fromFront = index < 0 ? index.addingReportingOverflow(extent).partialValue : index
      return min(max(fromFront, low), high)
    }
    if step > 0 {
      let first = placed(start, 0, extent)
      let last = placed(end, 0, extent)
      return (first, last > first ? (last - first - 1) / step + 1 : 0)
    }
    let first = placed(start, 0, extent - 1)
    let last = placed(end, -1, extent - 1)
    return (
      first, first > last && extent > 0 ? Int((first - last - 1).magnitude / step.magnitude) + 1 : 0
    )
  }

  /// Gather: the slices along `axis` that the indices in operand 1 name; negative ones count from
  /// the
  /// end.
  static func gather(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let axis = try call.axis(call.node.attributes.int("axis") ?? 0, rank: x.rank)
    let extent = x.shape[axis]
    var indices: [Int] = []
    for index in try call.integers(1) {
      guard index >= -extent, index < extent else {
        throw call.invalid("index \(index) is out of range for an axis of extent \(extent)")
      }
      indices.append(index < 0 ? index + extent : index)
    }
    if x.type != .string { _ = try call.elementBytes(x.type) }
    let shape = x.shape[..<axis] + (try call.operand(1).shape) + x.shape[(axis + 1)...]
    try call.admit(x.type, Array(shape))
    return [x.gathering(indices, axis: axis).reshaped(to: Array(shape))]
  }

  /// A tensor of the elements at `offset` plus index times `strides`.
  private static func strided(
    _ call: ReferenceCall, _ x: Tensor, offset: Int, strides: [Int], shape: [Int]
  ) throws(Diagnostic) -> Tensor {
    let width = try call.elementBytes(x.type)
    return try call.makeBytes(x.type, shape) { target in
      x.withBytes { source in
        Strided.copy(
          source, offset: offset, strides: strides, shape: shape, width: width, to: target)
      }
    }
  }
}
