import IR

/// Gradients of reductions that are not linear, and of running sums and products.
///
/// With dy spread over the reduced axes and y the result before they leave:
///
///     ReduceMax, ReduceMin  dy where x = y, shared equally     ReduceL1         dy · sign x
///     ReduceSumSquare       2 · x · dy                         ReduceL2         dy · x / y
///     ReduceLogSum          dy / e^y                           ReduceLogSumExp  dy · e^(x - y)
enum FoldGradients {
  /// Makes the gradient from x, y with reduced axes of extent 1, and dy of the same shape.
  typealias Slope =
    @Sendable (inout GradientBuilder, _ x: ValueID, _ y: ValueID, _ dy: ValueID, _ axes: [Int])
    throws(Diagnostic) -> ValueID

  /// The rule of a reduction.
  static func rule(_ slope: @escaping Slope) -> GradientRule {
    .rule { (builder, request) throws(Diagnostic) in
      let x = try builder.operand(request, 0)
      let axes = try axes(&builder, request)
      return [try gradient(&builder, request, x, axes, slope)]
    }
  }

  /// The rule of pooling over all axes but the first two.
  static func global(_ slope: @escaping Slope) -> GradientRule {
    .rule { (builder, request) throws(Diagnostic) in
      let x = try builder.operand(request, 0)
      let axes = Array(try builder.shape(x).indices.dropFirst(2))
      return [try gradient(&builder, request, x, axes, slope)]
    }
  }

  private static func gradient(
    _ builder: inout GradientBuilder, _ request: GradientRequest, _ x: ValueID, _ axes: [Int],
    _ slope: Slope
  ) throws(Diagnostic) -> ValueID {
    var kept = try builder.shape(x)
    for axis in axes { kept[axis] = 1 }
    let y = try builder.view(builder.result(request), kept)
    let dy = try builder.view(builder.resultGradient(request), kept)
    return try slope(&builder, x, y, dy, axes)
  }

  /// The axes a node reduces, counted from the front.
  static func axes(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [Int]
  {
    let rank = try builder.shape(builder.operand(request, 0)).count
    let listed = try builder.integers(request, 1) ?? []
    if listed.isEmpty {
      return request.node.flag("noop_with_empty_axes") ? [] : Array(0..<rank)
    }
    return listed.map { $0 < 0 ? $0 + rank : $0 }
  }

  /// ReduceMax and ReduceMin: shared equally by the elements that are the result.
  static let extremum: Slope = { (b, x, y, dy, axes) throws(Diagnostic) in
    let mask = try b.cast(b.apply(.equal, [x, y]), like: x)
    return try b.times(mask, b.over(dy, b.total(mask, over: axes)))
  }

  /// ReduceL1.
  static let absolute: Slope = { (b, x, _, dy, _) throws(Diagnostic) in
    try b.times(b.apply(.sign, [x]), dy)
  }

  /// ReduceL2; none where y is 0.
  static let root: Slope = { (b, x, y, dy, _) throws(Diagnostic) in
    let isZero = try b.equals(y, 0)
    let rate = try b.drop(b.over(dy, b.select(isZero, b.number(1, like: y), y)), where: isZero)
    return try b.times(x, rate)
  }

  /// ReduceSumSquare.
  static let squares: Slope = { (b, x, _, dy, _) throws(Diagnostic) in
    try b.times(b.affine(x, by: 2), dy)
  }

  /// ReduceLogSum.
  static let logSum: Slope = { (b, x, y, dy, _) throws(Diagnostic) in
    try b.spread(b.over(dy, b.apply(.exp, [y])), b.shape(x))
  }

  /// ReduceLogSumExp.
  static let logSumExp: Slope = { (b, x, y, dy, _) throws(Diagnostic) in
    try b.times(b.apply(.exp, [b.minus(x, y)]), dy)
  }

  /// GlobalLpPool: dy · sign x · (|x| / y)^(p - 1).
  static func power(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let x = try builder.operand(request, 0)
    let p = Double(request.node.attributes.int("p") ?? 2)
    let axes = Array(try builder.shape(x).indices.dropFirst(2))
    let gradient = try gradient(&builder, request, x, axes) {
      (b, x, y, dy, _) throws(Diagnostic) in
      let isZero = try b.equals(y, 0)
      let ratio = try b.over(b.apply(.abs, [x]), b.select(isZero, b.number(1, like: y), y))
      let rate = try b.apply(.pow, [ratio, b.number(p - 1, like: x)])
      return try b.times(b.times(b.apply(.sign, [x]), rate), b.drop(dy, where: isZero))
    }
    return [gradient]
  }

  /// ReduceProd: dy times the product of the other elements, from both sides.
  static func product(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let x = try builder.operand(request, 0)
    let shape = try builder.shape(x)
    let axes = try axes(&builder, request)
    let order = shape.indices.filter { !axes.contains($0) } + axes
    let turned = order.map { shape[$0] }
    let outer = Array(turned.dropLast(axes.count))
    let rows = try builder.view(
      builder.permuted(x, order), outer + [axes.reduce(1) { $0 * shape[$1] }])
    let axis = builder.constant(Tensor(scalar: Int64(outer.count)), name: builder.scope + ".axis")
    var others = try builder.apply(.cumProd, [rows, axis], ["exclusive": .int(1)])
    others = try builder.times(
      others, builder.apply(.cumProd, [rows, axis], ["exclusive": .int(1), "reverse": .int(1)]))
    var inverse = order
    for (position, axis) in order.enumerated() { inverse[axis] = position }
    let placed = try builder.permuted(builder.view(others, turned), inverse)
    var kept = shape
    for axis in axes { kept[axis] = 1 }
    return [try builder.times(placed, builder.view(builder.resultGradient(request), kept))]
  }

  /// CumSum: the sum from the other end.
  static func runningSum(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let attributes: Attributes = [
      "exclusive": .int(request.node.flag("exclusive") ? 1 : 0),
      "reverse": .int(request.node.flag("reverse") ? 0 : 1),
    ]
    return [
      try builder.apply(
        .cumSum, [builder.resultGradient(request), builder.operand(request, 1)], attributes)
    ]
  }

  /// CumProd: for each element the running products without it, times dy, over the results that it
  /// goes into.
  static func runningProduct(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let x = try builder.operand(request, 0)
    let shape = try builder.shape(x)
    guard let given = try builder.integers(request, 1)?.first else {
      throw .invalid("operand 1 is empty", at: builder.site(of: request.node))
    }
    let axis = given < 0 ? given + shape.count : given
    let length = shape[axis]
    let (isExclusive, isReverse) = (request.node.flag("exclusive"), request.node.flag("reverse"))
    var own: [Bool] = []
    var reached: [Double] = []
    for element in 0..<length {
      for result in 0..<length {
        own.append(element == result)
        let distance = isReverse ? element - result : result - element
        reached.append(distance >= (isExclusive ? 1 : 0) ? 1 : 0)
      }
    }
    let trailing = Array(repeating: 1, count: shape.count - axis - 1)
    let table = [length, length] + trailing
    let mask = builder.constant(Tensor(own, shape: table), name: builder.scope + ".own")
    var row = shape
    row.insert(1, at: axis)
    let lines = try builder.spread(
      builder.view(x, row), Array(shape[..<axis]) + [length] + Array(shape[axis...]))
    let without = try builder.select(mask, builder.number(1, like: x), lines)
    let along = builder.constant(Tensor(scalar: Int64(axis + 1)), name: builder.scope + ".axis")
    let products = try builder.apply(
      .cumProd, [without, along],
      request.node.attributes(["exclusive", "reverse"]))
    let dy = try builder.view(builder.resultGradient(request), row)
    let share = try builder.times(
      builder.times(products, builder.numbers(reached, table, like: x)), dy)
    return [try builder.total(share, over: [axis + 1], keeping: false)]
  }
}
