import IR

/// Gradients of functions of one number: `dx = f'(x) · dy`.
enum SlopeGradients {
  /// Makes the slope from a node, its operand x and its result y.
  typealias Slope =
    @Sendable (inout GradientBuilder, Node, _ x: ValueID, _ y: ValueID) throws(Diagnostic)
    -> ValueID

  /// The rule of a function with a slope.
  static func rule(_ slope: @escaping Slope) -> GradientRule {
    .rule { (builder, request) throws(Diagnostic) in
      let x = try builder.operand(request, 0)
      let y = try builder.result(request)
      let dy = try builder.resultGradient(request)
      return [try builder.times(dy, slope(&builder, request.node, x, y))]
    }
  }

  /// The rule of a function that is linear above zero: `dx = above · dy` there, else
  /// `dx = below · dy`.
  private static func sided(above: @escaping @Sendable (Node) -> Double, _ below: @escaping Slope)
    -> GradientRule
  {
    .rule { (b, request) throws(Diagnostic) in
      let x = try b.operand(request, 0)
      let dy = try b.resultGradient(request)
      let share = try b.apply(.reluGradient, [dy, x])
      let y = try b.result(request)
      let slope = try below(&b, request.node, x, y)
      let rest = try b.times(b.minus(dy, share), slope)
      return [try b.plus(b.affine(share, by: above(request.node)), rest)]
    }
  }

  /// Elu: alpha·eˣ = y + alpha below zero.
  static let elu = sided(above: { _ in 1 }) { (b, node, x, y) throws(Diagnostic) in
    try b.affine(y, plus: node.number("alpha", 1))
  }

  /// Selu: y + gamma·alpha below zero, gamma above.
  static let selu = sided(above: { $0.number("gamma", 1.050_701_02) }) {
    (b, node, x, y) throws(Diagnostic) in
    try b.affine(y, plus: node.number("gamma", 1.050_701_02) * node.number("alpha", 1.673_263_19))
  }

  /// Celu: e^(x/alpha) = y/alpha + 1 below zero.
  static let celu = sided(above: { _ in 1 }) { (b, node, x, y) throws(Diagnostic) in
    try b.affine(y, by: 1 / node.number("alpha", 1), plus: 1)
  }

  /// Softplus: the sigmoid.
  static let softplus: Slope = { (b, _, x, _) throws(Diagnostic) in try b.apply(.sigmoid, [x]) }

  /// Softsign: 1 / (1 + |x|)².
  static let softsign: Slope = { (b, _, x, _) throws(Diagnostic) in
    try b.apply(.reciprocal, [b.square(b.affine(b.apply(.abs, [x]), plus: 1))])
  }

  /// ThresholdedRelu: 1 above alpha.
  static let thresholdedRelu: Slope = { (b, node, x, _) throws(Diagnostic) in
    let bound = try b.number(node.number("alpha", 1), like: x)
    return try b.cast(b.apply(.greater, [x, bound]), like: x)
  }

  /// Shrink: 1 beyond ±lambd; with a negative lambd, everywhere.
  static let shrink: Slope = { (b, node, x, _) throws(Diagnostic) in
    let limit = node.number("lambd", 0.5)
    let below = try b.isBelow(x, -limit)
    let above = try b.apply(.greater, [x, b.number(limit, like: x)])
    return try b.cast(b.apply(.or, [below, above]), like: x)
  }

  /// Gelu, exact or with the approximation by tanh.
  static let gelu: Slope = { (b, node, x, _) throws(Diagnostic) in
    node.attributes.string("approximate") == "tanh"
      ? try tangentGelu(&b, x) : try exactGelu(&b, x)
  }

  /// (1 + erf(x/√2)) / 2 + x · exp(-x²/2) / √(2π).
  private static func exactGelu(_ b: inout GradientBuilder, _ x: ValueID) throws(Diagnostic)
    -> ValueID
  {
    let erf = try b.apply(.erf, [b.affine(x, by: 0.5.squareRoot())])
    let bell = try b.apply(.exp, [b.affine(b.square(x), by: -0.5)])
    let slope = try b.affine(b.times(x, bell), by: 1 / (2 * Double.pi).squareRoot())
    return try b.plus(b.affine(erf, by: 0.5, plus: 0.5), slope)
  }

  /// With u = √(2/π) · (x + 0.044715·x³) and t = tanh u: (1 + t)/2 + x/2 · (1 - t²) · u'.
  private static func tangentGelu(_ b: inout GradientBuilder, _ x: ValueID) throws(Diagnostic)
    -> ValueID
  {
    let root = (2 / Double.pi).squareRoot()
    let square = try b.square(x)
    let inner = try b.times(x, b.affine(square, by: 0.044715 * root, plus: root))
    let t = try b.apply(.tanh, [inner])
    let rate = try b.affine(square, by: 3 * 0.044715 * root, plus: root)
    let bell = try b.affine(b.square(t), by: -0.5, plus: 0.5)
    let slope = try b.times(b.times(x, bell), rate)
    return try b.plus(b.affine(t, by: 0.5, plus: 0.5), slope)
  }

  /// Swish with the given alpha by default: s · (1 + alpha·x · (1 - s)) with s = sigmoid(alpha·x).
  static func swish(_ alpha: Float) -> Slope {
    { (b, node, x, _) throws(Diagnostic) in
      let scaled = try b.affine(x, by: node.number("alpha", alpha))
      let s = try b.apply(.sigmoid, [scaled])
      let rest = try b.times(scaled, b.affine(s, by: -1, plus: 1))
      return try b.times(s, b.affine(rest, plus: 1))
    }
  }

  /// Mish: t + x · (1 - t²) · sigmoid x with t = tanh(softplus x).
  static let mish: Slope = { (b, _, x, _) throws(Diagnostic) in
    let t = try b.apply(.tanh, [b.apply(.softplus, [x])])
    let bell = try b.affine(b.square(t), by: -1, plus: 1)
    return try b.plus(t, b.times(b.times(x, bell), b.apply(.sigmoid, [x])))
  }

  /// Sin: the cosine.
  static let sin: Slope = { (b, _, x, _) throws(Diagnostic) in try b.apply(.cos, [x]) }

  /// Cos: minus the sine.
  static let cos: Slope = { (b, _, x, _) throws(Diagnostic) in
    try b.apply(.neg, [b.apply(.sin, [x])])
  }

  /// Tan: 1 + tan² x.
  static let tan: Slope = { (b, _, _, y) throws(Diagnostic) in try b.affine(b.square(y), plus: 1) }

  /// `sign / √(offset + factor · x²)`, the slope of inverse functions.
  static func inverse(factor: Double, offset: Double, sign: Double = 1) -> Slope {
    { (b, _, x, _) throws(Diagnostic) in
      let root = try b.apply(.sqrt, [b.affine(b.square(x), by: factor, plus: offset)])
      return try b.affine(b.apply(.reciprocal, [root]), by: sign)
    }
  }

  /// `1 / (1 + factor · x²)`: that of Atan with 1, that of Atanh with -1.
  static func rational(factor: Double) -> Slope {
    { (b, _, x, _) throws(Diagnostic) in
      try b.apply(.reciprocal, [b.affine(b.square(x), by: factor, plus: 1)])
    }
  }

  /// Sinh: the hyperbolic cosine.
  static let sinh: Slope = { (b, _, x, _) throws(Diagnostic) in try b.apply(.cosh, [x]) }

  /// Cosh: the hyperbolic sine.
  static let cosh: Slope = { (b, _, x, _) throws(Diagnostic) in try b.apply(.sinh, [x]) }
}
