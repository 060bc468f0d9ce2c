import IR

/// Gradients of InstanceNormalization and GroupNormalization, of rows of whole groups.
///
/// With the formulas of `RowNormalizationGradients` for rows [batch, groups, elements]; scale and
/// bias have an element a channel, or a group.
enum GroupNormalizationGradients {
  /// InstanceNormalization: every channel is a group.
  static func instance(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let shape = try builder.shape(builder.operand(request, 0))
    return try gradient(&builder, request, groups: shape[1], perGroup: false)
  }

  /// GroupNormalization.
  static func group(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    guard let groups = request.node.attributes.int("num_groups"), groups > 0 else {
      throw .invalid("there is no number of groups", at: builder.site(of: request.node))
    }
    return try gradient(
      &builder, request, groups: groups, perGroup: request.node.flag("pcc_per_group"))
  }

  private static func gradient(
    _ b: inout GradientBuilder, _ request: GradientRequest, groups: Int, perGroup: Bool
  ) throws(Diagnostic) -> [ValueID?] {
    let x = try b.operand(request, 0)
    let scale = try b.operand(request, 1)
    let bias = try b.operand(request, 2)
    let dy = try b.resultGradient(request)
    let shape = try b.shape(x)
    let count = shape.reduce(1, *) / max(shape[0] * groups, 1)
    let rows = [shape[0], groups, count]
    let whole = perGroup ? rows : shape
    let along = [1, perGroup ? groups : shape[1]] + whole.dropFirst(2).map { _ in 1 }
    let sums = whole.indices.filter { $0 != 1 }

    let data = try b.view(x, rows)
    let centered = try b.minus(data, b.average(data, over: [2]))
    let variance = try b.average(b.square(centered), over: [2])
    let root = try b.apply(.sqrt, [b.affine(variance, plus: request.node.number("epsilon", 1e-5))])
    let normal = try b.over(centered, root)
    var gradients: [ValueID?] = [nil, nil, nil]
    if request.needs(0) {
      let scaled = try b.view(b.times(b.view(dy, whole), b.view(scale, along)), rows)
      let slope = try b.average(b.times(scaled, normal), over: [2])
      let level = try b.minus(scaled, b.average(scaled, over: [2]))
      let rest = try b.minus(level, b.times(normal, slope))
      gradients[0] = try b.view(b.over(rest, root), shape)
    }
    if request.needs(1) {
      let products = try b.times(b.view(dy, whole), b.view(normal, whole))
      gradients[1] = try b.total(products, over: sums, keeping: false)
    }
    if request.needs(2) {
      let total = try b.total(b.view(dy, whole), over: sums, keeping: false)
      gradients[2] = try b.view(total, b.shape(bias))
    }
    return gradients
  }

  /// LpNormalization: with y = x / n, where n is not 0, `(dy - y · Σ y·dy) / n` for p = 2 and
  /// `(dy - sign x · Σ y·dy) / n` for p = 1.
  static func lp(_ b: inout GradientBuilder, _ request: GradientRequest) throws(Diagnostic)
    -> [ValueID?]
  {
    let x = try b.operand(request, 0)
    let y = try b.result(request)
    let dy = try b.resultGradient(request)
    let axis = request.node.axis("axis", -1, rank: try b.shape(x).count)
    let isFirst = request.node.attributes.int("p") == 1
    let norm = try b.apply(
      isFirst ? .reduceL1 : .reduceL2, [x, b.integers([axis])], ["keepdims": .int(1)])
    let isZero = try b.equals(norm, 0)
    let divisor = try b.select(isZero, b.number(1, like: norm), norm)
    let slope = try b.total(b.times(y, dy), over: [axis])
    let direction = isFirst ? try b.apply(.sign, [x]) : y
    let rest = try b.minus(dy, b.times(direction, slope))
    return [try b.drop(b.over(rest, divisor), where: isZero)]
  }
}
