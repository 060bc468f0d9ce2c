import IR

/// Cases of functions of one number, and of operators that choose among several.
extension GradientCase {
  /// Smooth and piecewise functions.
  static let curves: [GradientCase] = [
    GradientCase("Elu", .elu, [.variable([9], kinks: [0])], ["alpha": .float(0.7)]),
    GradientCase("Selu", .selu, [.variable([9], kinks: [0])]),
    GradientCase(
      "Selu of own constants", .selu, [.variable([9], kinks: [0])],
      ["alpha": .float(1.3), "gamma": .float(0.8)]),
    GradientCase("Celu", .celu, [.variable([9])], ["alpha": .float(0.6)]),
    GradientCase("Softplus", .softplus, [.variable([7], range: -5...5)]),
    GradientCase("Softsign", .softsign, [.variable([7], kinks: [0])]),
    GradientCase(
      "ThresholdedRelu", .thresholdedRelu, [.variable([9], kinks: [0.5])],
      ["alpha": .float(0.5)]),
    GradientCase(
      "Shrink", .shrink, [.variable([12], kinks: [-0.7, 0.7])],
      ["lambd": .float(0.7), "bias": .float(0.3)]),
    GradientCase("Gelu", .gelu, [.variable([9], range: -3...3)]),
    GradientCase(
      "Gelu by tanh", .gelu, [.variable([9], range: -3...3)],
      ["approximate": .string("tanh")]),
    GradientCase("Gelu of onnxruntime", .microsoftGelu, [.variable([9], range: -3...3)]),
    GradientCase("Mish", .mish, [.variable([9], range: -3...3)]),
    GradientCase("Swish", .swish, [.variable([9])]),
    GradientCase("Swish with alpha", .swish, [.variable([9])], ["alpha": .float(1.4)]),
    GradientCase("QuickGelu", .quickGelu, [.variable([9])]),
    GradientCase("BiasGelu", .biasGelu, [.variable([2, 3]), .variable([3])]),
    GradientCase("FastGelu", .fastGelu, [.variable([2, 3])]),
    GradientCase("FastGelu with a bias", .fastGelu, [.variable([2, 3]), .variable([3])]),
    GradientCase(
      "SwiGLU", .swiGLU, [.variable([2, 3]), .variable([2, 3])], ["alpha": .float(0.8)]),
    GradientCase("Sin", .sin, [.variable([5])]),
    GradientCase("Cos", .cos, [.variable([5])]),
    GradientCase("Tan", .tan, [.variable([5], range: -1...1)]),
    GradientCase("Asin", .asin, [.variable([5], range: -0.8...0.8)]),
    GradientCase("Acos", .acos, [.variable([5], range: -0.8...0.8)]),
    GradientCase("Atan", .atan, [.variable([5])]),
    GradientCase("Sinh", .sinh, [.variable([5])]),
    GradientCase("Cosh", .cosh, [.variable([5])]),
    GradientCase("Asinh", .asinh, [.variable([5])]),
    GradientCase("Acosh", .acosh, [.variable([5], range: 1.2...3)]),
    GradientCase("Atanh", .atanh, [.variable([5], range: -0.8...0.8)]),
  ]

  /// Operators of several operands that broadcast.
  static let selections: [GradientCase] = [
    GradientCase("Max", .max, [.variable([2, 3]), .variable([3]), .variable([2, 1])]),
    GradientCase("Max of one", .max, [.variable([4])]),
    GradientCase("Min", .min, [.variable([2, 3]), .variable([2, 3])]),
    GradientCase("Sum", .sum, [.variable([2, 3]), .variable([3]), .variable([])]),
    GradientCase("Mean", .mean, [.variable([2, 3]), .variable([2, 1])]),
    GradientCase(
      "Where", .where,
      [.constant(Tensor([true, false, true])), .variable([2, 3]), .variable([2, 1])]),
    GradientCase(
      "Where that broadcasts its choices", .where,
      [
        .constant(Tensor([true, false, true, false, false, true], shape: [2, 3])), .variable([3]),
        .variable([]),
      ]),
    GradientCase(
      "PRelu", .prelu, [.variable([2, 3, 2], kinks: [0]), .variable([3, 1])]),
    GradientCase(
      "PRelu of one slope", .prelu, [.variable([6], kinks: [0]), .variable([1])]),
    GradientCase(
      "Mod", .mod, [.variable([2, 3], range: 0.3...0.9), .variable([3], range: 1...2)]),
    GradientCase(
      "Mod of several turns", .mod, [.variable([6], range: -5.9 ... -5.2), doubles([2])]),
    GradientCase(
      "Mod with the dividend's sign", .mod,
      [.variable([4], range: -3.9 ... -3.2), .variable([4], range: 1.5...1.55)],
      ["fmod": .int(1)]),
    GradientCase(
      "Pow with powers", .pow, [.variable([2, 3], range: 0.5...3), .variable([3])]),
    GradientCase("Pow of any sign", .pow, [.variable([6]), doubles([3])]),
    GradientCase("Pow of integers", .pow, [.variable([2, 3]), ints([2, 0, 1])]),
    GradientCase("CastLike", .castLike, [.variable([3]), doubles([1])]),
    GradientCase("CastLike another", .castLike, [.variable([3]), .variable([1])]),
    GradientCase(
      "Clip between trained bounds", .clip,
      [
        .variable([12], kinks: [-0.5, 1]), .variable([], range: -0.505 ... -0.5),
        .variable([], range: 1...1.005),
      ]),
  ]
}
