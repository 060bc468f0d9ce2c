import IR

/// Normalizations as the arithmetic that they are.
enum NormalizationExpansions {
  /// LRN: `x · (bias + alpha · mean of x² over the window)^-beta`, the mean over `size` channels
  /// with zeros beyond the ends.
  static func localResponse(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic)
    -> [ValueID?]
  {
    let x = try b.operand(node, 0)
    let shape = try b.shape(x)
    let size = node.attributes.int("size") ?? 1
    let square = try b.view(
      b.square(x), [shape[0], 1, shape[1], shape.dropFirst(2).reduce(1, *)])
    let mean = try b.apply(
      .averagePool, [square],
      [
        "kernel_shape": .ints([size, 1]), "pads": .ints([(size - 1) / 2, 0, size / 2, 0]),
        "count_include_pad": .int(1),
      ])
    let base = try b.affine(
      b.view(mean, shape), by: node.number("alpha", 1e-4), plus: node.number("bias", 1))
    let power = try b.number(-node.number("beta", 0.75), like: x)
    return [try b.times(x, b.apply(.pow, [base, power]))]
  }

  /// MeanVarianceNormalization: `(x - mean) / (√variance + 1e-9)`.
  static func meanVariance(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic)
    -> [ValueID?]
  {
    let x = try b.operand(node, 0)
    let rank = try b.shape(x).count
    let axes = (node.attributes.ints("axes") ?? [0, 2, 3]).map { $0 < 0 ? $0 + rank : $0 }
    let centered = try b.minus(x, b.average(x, over: axes))
    let variance = try b.average(b.square(centered), over: axes)
    return [try b.over(centered, b.affine(b.apply(.sqrt, [variance]), plus: 1e-9))]
  }

  /// SkipLayerNormalization: LayerNormalization of the sum of operands 0, 1 and 4, which is
  /// result 3.
  static func skipLayer(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic) -> [ValueID?] {
    let sum = try skipSum(&b, node, bias: 4)
    let normal = try layer(&b, node, sum, scale: 2, bias: 3)
    return [normal, nil, nil, sum]
  }

  /// SkipSimplifiedLayerNormalization: RMSNormalization of the sum of operands 0, 1 and 3.
  static func skipSimplified(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic)
    -> [ValueID?]
  {
    let sum = try skipSum(&b, node, bias: 3)
    let normal = try b.apply(
      .rmsNormalization, [sum, b.operand(node, 2)],
      ["epsilon": .float(node.attributes.float("epsilon") ?? 1e-12)])
    return [normal, nil, nil, sum]
  }

  private static func skipSum(_ b: inout GradientBuilder, _ node: Node, bias: Int)
    throws(Diagnostic) -> ValueID
  {
    let sum = try b.plus(b.operand(node, 0), b.operand(node, 1))
    guard let bias = node.input(bias) else { return sum }
    return try b.plus(sum, bias)
  }

  private static func layer(
    _ b: inout GradientBuilder, _ node: Node, _ x: ValueID, scale: Int, bias: Int
  ) throws(Diagnostic) -> ValueID {
    try b.apply(
      .layerNormalization, [x, b.operand(node, scale), node.input(bias)],
      ["epsilon": .float(node.attributes.float("epsilon") ?? 1e-12)])
  }

  /// EmbedLayerNormalization: LayerNormalization of the sum of rows of tables, which is result 2.
  static func embed(_ b: inout GradientBuilder, _ node: Node) throws(Diagnostic) -> [ValueID?] {
    let ids = try b.operand(node, 0)
    let length = try b.shape(ids)[1]
    var sum = try b.apply(.gather, [b.operand(node, 2), ids])
    let places = node.input(8) ?? b.integers(Array(0..<length))
    sum = try b.plus(sum, b.apply(.gather, [b.operand(node, 3), places]))
    if let segments = node.input(4), let numbers = node.input(1) {
      sum = try b.plus(sum, b.apply(.gather, [segments, numbers]))
    }
    return [try layer(&b, node, sum, scale: 5, bias: 6), nil, sum]
  }
}
