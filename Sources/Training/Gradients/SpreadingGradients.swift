import IR

/// Gradients of operators that rearrange, repeat or mask elements by their places.
enum SpreadingGradients {
  /// DepthToSpace and SpaceToDepth undo each other.
  static func undone(by op: Operator) -> GradientRule {
    .rule { (b, request) throws(Diagnostic) in
      [
        try b.apply(
          op, [b.resultGradient(request)], request.node.attributes(["blocksize", "mode"]))
      ]
    }
  }

  /// CenterCropPad back to the operand's extents.
  static func centerCropPad(_ b: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let shape = try b.shape(b.operand(request, 0))
    return [try b.apply(.centerCropPad, [b.resultGradient(request), b.integers(shape)])]
  }

  /// Tile: the sum of all copies.
  static func tile(_ b: inout GradientBuilder, _ request: GradientRequest) throws(Diagnostic)
    -> [ValueID?]
  {
    let shape = try b.shape(b.operand(request, 0))
    let dy = try b.resultGradient(request)
    var copies: [Int] = []
    for (extent, full) in zip(shape, try b.shape(dy)) {
      copies += [full / max(extent, 1), extent]
    }
    let axes = shape.indices.map { 2 * $0 }
    return [try b.view(b.total(b.view(dy, copies), over: axes), shape)]
  }

  /// Trilu: the same triangle.
  static func trilu(_ b: inout GradientBuilder, _ request: GradientRequest) throws(Diagnostic)
    -> [ValueID?]
  {
    let dy = try b.resultGradient(request)
    return [
      try b.apply(.trilu, [dy, request.node.input(1)], request.node.attributes(["upper"]))
    ]
  }

  /// Det: dy times the cofactors, each the determinant with a row replaced by a unit vector.
  static func det(_ b: inout GradientBuilder, _ request: GradientRequest) throws(Diagnostic)
    -> [ValueID?]
  {
    let x = try b.operand(request, 0)
    let shape = try b.shape(x)
    let size = shape[shape.count - 1]
    guard size <= 16 else {
      throw .unsupported(
        "no gradient: determinants of \(size) rows, at most 16 have one",
        at: b.site(of: request.node))
    }
    let outer = Array(shape.dropLast(2))
    let table = [size, size, size, size]
    var isReplaced: [Bool] = []
    var units: [Double] = []
    for index in 0..<(size * size * size * size) {
      let (row, column) = (index / (size * size * size), index / (size * size) % size)
      isReplaced.append(index / size % size == row)
      units.append(index % size == column ? 1 : 0)
    }
    let mask = b.constant(Tensor(isReplaced, shape: table), name: b.scope + ".replaced")
    let matrices = try b.select(
      mask, b.numbers(units, table, like: x),
      b.spread(b.view(x, outer + [1, 1, size, size]), outer + table))
    let cofactors = try b.apply(.det, [matrices])
    return [try b.times(cofactors, b.view(b.resultGradient(request), outer + [1, 1]))]
  }

  /// Pad: what the borders take in constant mode is the gradient of the value.
  static func pad(_ b: inout GradientBuilder, _ request: GradientRequest) throws(Diagnostic)
    -> [ValueID?]
  {
    let x = try b.operand(request, 0)
    let dy = try b.resultGradient(request)
    let shape = try b.shape(x)
    let given = try b.integers(request, 1) ?? []
    let axes = try b.integers(request, 3) ?? Array(shape.indices)
    var pads = Array(repeating: 0, count: 2 * shape.count)
    for (index, axis) in axes.enumerated() where index + axes.count < given.count {
      let position = axis < 0 ? axis + shape.count : axis
      pads[position] = given[index]
      pads[position + shape.count] = given[index + axes.count]
    }
    let mode = request.node.attributes.string("mode") ?? "constant"
    let dx = b.add(
      .padGradient, [dy],
      attributes: ["input_shape": .ints(shape), "pads": .ints(pads), "mode": .string(mode)],
      name: b.gradientName(x), like: x)
    guard request.needs(2) else { return [dx] }
    let value = try b.operand(request, 2)
    guard mode == "constant" else { return [dx, nil, try b.zeros(b.shape(value), like: value)] }
    let all = try b.total(dy, over: Array(shape.indices), keeping: false)
    let inside = try b.total(dx, over: Array(shape.indices), keeping: false)
    return [dx, nil, try b.view(b.minus(all, inside), b.shape(value))]
  }
}
