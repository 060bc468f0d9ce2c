import IR

/// A function that attributes name, as fused convolutions and recurrent networks apply it.
struct ActivationExpansion: Sendable {
  private let name: String
  private let alpha: Double?
  private let beta: Double?

  /// The function of that name, in any case, with its parameters; nil for unknown ones.
  init?(_ name: String, alpha: Float?, beta: Float?) {
    let lower = name.lowercased()
    guard ActivationExpansion.names.contains(lower) else { return nil }
    self.name = lower
    self.alpha = alpha.map(Double.init)
    self.beta = beta.map(Double.init)
  }

  private static let names: Set<String> = [
    "relu", "tanh", "sigmoid", "affine", "leakyrelu", "thresholdedrelu", "scaledtanh",
    "hardsigmoid", "elu", "softsign", "softplus", "clip",
  ]

  /// How many of alpha and beta a function takes.
  static func parameters(of name: String) -> Int {
    switch name.lowercased() {
    case "affine", "scaledtanh", "hardsigmoid", "clip": 2
    case "leakyrelu", "thresholdedrelu", "elu": 1
    default: 0
    }
  }

  /// Appends the function of a value.
  func apply(_ x: ValueID, _ b: inout GradientBuilder) throws(Diagnostic) -> ValueID {
    switch name {
    case "tanh": return try b.apply(.tanh, [x])
    case "sigmoid": return try b.apply(.sigmoid, [x])
    case "affine": return try b.affine(x, by: alpha ?? 1, plus: beta ?? 0)
    case "leakyrelu": return try b.apply(.leakyRelu, [x], attributes(0.01))
    case "thresholdedrelu": return try b.apply(.thresholdedRelu, [x], attributes(1))
    case "scaledtanh":
      return try b.affine(b.apply(.tanh, [b.affine(x, by: beta ?? 1)]), by: alpha ?? 1)
    case "hardsigmoid":
      return try b.apply(
        .hardSigmoid, [x],
        ["alpha": .float(Float(alpha ?? 0.2)), "beta": .float(Float(beta ?? 0.5))])
    case "elu": return try b.apply(.elu, [x], attributes(1))
    case "softsign": return try b.apply(.softsign, [x])
    case "softplus": return try b.apply(.softplus, [x])
    case "clip":
      var bounds: [ValueID?] = [nil, nil]
      if let alpha { bounds[0] = try b.number(alpha, like: x) }
      if let beta { bounds[1] = try b.number(beta, like: x) }
      return try b.apply(.clip, [x] + bounds)
    default: return try b.apply(.relu, [x])
    }
  }

  private func attributes(_ value: Double) -> Attributes {
    ["alpha": .float(Float(alpha ?? value))]
  }
}
