import IR

/// Gradients of reductions: the gradient is spread over the reduced axes.
enum ReductionGradients {
  /// ReduceSum.
  static let sum: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    try spread(&builder, request, dividing: false)
  }

  /// ReduceMean.
  static let mean: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    try spread(&builder, request, dividing: true)
  }

  private static func spread(
    _ builder: inout GradientBuilder, _ request: GradientRequest, dividing: Bool
  ) throws(Diagnostic) -> [ValueID?] {
    let operand = try builder.operand(request, 0)
    let full = try builder.shape(operand)
    let dy = try builder.resultGradient(request)
    let listed = try builder.integers(request, 1) ?? []
    let skips = request.node.attributes.int("noop_with_empty_axes") == 1
    if listed.isEmpty && skips { return [dy] }
    let axes = listed.isEmpty ? Array(full.indices) : listed.map { $0 < 0 ? $0 + full.count : $0 }
    var kept = full
    for axis in axes { kept[axis] = 1 }
    return [
      try spread(dy, from: kept, to: operand, dividing: dividing, &builder)
    ]
  }

  /// Spreads a gradient, viewed with the extents `kept`, over the shape of `operand`, divided by
  /// the number of elements it is spread over if `dividing`.
  static func spread(
    _ gradient: ValueID, from kept: [Int], to operand: ValueID, dividing: Bool,
    _ builder: inout GradientBuilder
  ) throws(Diagnostic) -> ValueID {
    let full = try builder.shape(operand)
    let name = builder.gradientName(operand)
    var spread = try builder.reshape(gradient, to: kept, name: name + ".kept")
    let count = full.reduce(1, *) / max(kept.reduce(1, *), 1)
    if dividing, count > 1 {
      let factor = builder.scalar(
        1 / Double(count), try builder.element(operand), name: name + ".factor")
      spread = builder.add(.mul, [spread, factor], name: name + ".scaled", like: spread)
    }
    return try builder.expand(spread, to: full, name: name)
  }
}
