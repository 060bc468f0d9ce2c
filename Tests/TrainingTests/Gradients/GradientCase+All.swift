import IR

extension GradientCase {
  /// A constant vector of integers.
  static func ints(_ values: [Int64]) -> Operand { .constant(Tensor(values)) }

  /// A constant of integers.
  static func ints(_ values: [Int64], _ shape: [Int]) -> Operand {
    .constant(Tensor(values, shape: shape))
  }

  /// A constant vector of numbers.
  static func doubles(_ values: [Double]) -> Operand { .constant(Tensor(values)) }

  /// A case for every differentiable operator, several where attributes or shapes take other ways.
  static let all: [GradientCase] =
    convolutions + normalizations + activations + arithmetic + pooling + products + movements
    + losses + windows + rows + curves + selections + folds + places + arrangements + sums
    + heads + recurrences + samples

  private static let convolutions: [GradientCase] = [
    GradientCase(
      "Conv 2-D padded strided", .conv,
      [.variable([2, 3, 5, 4]), .variable([4, 3, 3, 3]), .variable([4])],
      ["pads": .ints([1, 0, 1, 1]), "strides": .ints([2, 1])]),
    GradientCase(
      "Conv 1-D dilated", .conv, [.variable([1, 2, 7]), .variable([3, 2, 2])],
      ["dilations": .ints([2])]),
    GradientCase(
      "Conv 3-D", .conv, [.variable([1, 2, 3, 3, 3]), .variable([2, 2, 2, 2, 2]), .variable([2])]),
    GradientCase(
      "Conv grouped", .conv, [.variable([1, 4, 4, 4]), .variable([6, 2, 3, 3]), .variable([6])],
      ["group": .int(2), "auto_pad": .string("SAME_UPPER"), "strides": .ints([2, 2])]),
    GradientCase(
      "Conv depthwise", .conv, [.variable([2, 3, 4, 4]), .variable([3, 1, 3, 3])],
      ["group": .int(3), "auto_pad": .string("SAME_LOWER")]),
    GradientCase(
      "Conv pointwise strided", .conv, [.variable([2, 3, 5, 5]), .variable([2, 3, 1, 1])],
      ["strides": .ints([2, 2])]),
    GradientCase(
      "ConvTranspose", .convTranspose,
      [.variable([2, 3, 3, 3]), .variable([3, 2, 3, 3]), .variable([2])],
      ["strides": .ints([2, 2]), "pads": .ints([1, 1, 1, 1]), "output_padding": .ints([1, 0])]),
    GradientCase(
      "ConvTranspose grouped", .convTranspose,
      [.variable([1, 4, 3, 2]), .variable([4, 3, 2, 2])],
      ["group": .int(2), "dilations": .ints([1, 2])]),
    GradientCase(
      "ConvTranspose same", .convTranspose, [.variable([1, 2, 3, 3]), .variable([2, 2, 3, 3])],
      ["strides": .ints([2, 2]), "auto_pad": .string("SAME_LOWER")]),
    GradientCase(
      "ConvTranspose asked", .convTranspose, [.variable([1, 2, 3]), .variable([2, 2, 4])],
      ["strides": .ints([3]), "output_shape": .ints([9])]),
  ]

  private static let normalizations: [GradientCase] = [
    GradientCase(
      "BatchNormalization", .batchNormalization,
      [
        .variable([3, 2, 2, 3]), .variable([2]), .variable([2]), doubles([0.3, -0.2]),
        doubles([0.7, 1.4]),
      ], ["epsilon": .float(0.01)]),
    GradientCase(
      "LayerNormalization", .layerNormalization,
      [.variable([2, 3, 5]), .variable([5]), .variable([5])], ["epsilon": .float(0.01)]),
    GradientCase(
      "LayerNormalization of two axes", .layerNormalization,
      [.variable([2, 3, 4]), .variable([3, 4])], ["axis": .int(1)]),
    GradientCase(
      "RMSNormalization", .rmsNormalization, [.variable([2, 3, 5]), .variable([5])]),
    GradientCase(
      "SimplifiedLayerNormalization", .simplifiedLayerNormalization,
      [.variable([2, 4]), .variable([4])]),
    GradientCase(
      "BatchNormalizationTraining", .batchNormalizationTraining,
      [
        .variable([3, 2, 2, 3]), .variable([2]), .variable([2]), doubles([0.3, -0.2]),
        doubles([0.7, 1.4]),
      ], ["epsilon": .float(0.01)], results: 5),
    GradientCase("Dropout at inference", .dropout, [.variable([2, 3])]),
  ]

  private static let activations: [GradientCase] = [
    GradientCase("Relu", .relu, [.variable([3, 4], kinks: [0])]),
    GradientCase("LeakyRelu", .leakyRelu, [.variable([3, 4], kinks: [0])], ["alpha": .float(0.3)]),
    GradientCase("LeakyRelu default", .leakyRelu, [.variable([8], kinks: [0])]),
    GradientCase(
      "Clip", .clip,
      [
        .variable([12], kinks: [-0.5, 1]), .constant(Tensor(scalar: -0.5)),
        .constant(Tensor(scalar: 1.0)),
      ]),
    GradientCase(
      "Clip above", .clip, [.variable([12], kinks: [1]), .none, .constant(Tensor(scalar: 1.0))]),
    GradientCase("Sigmoid", .sigmoid, [.variable([7])]),
    GradientCase(
      "HardSigmoid", .hardSigmoid, [.variable([9], range: -5...5, kinks: [-2.5, 2.5])]),
    GradientCase("HardSwish", .hardSwish, [.variable([9], range: -5...5, kinks: [-3, 3])]),
    GradientCase("Tanh", .tanh, [.variable([7])]),
    GradientCase("Softmax", .softmax, [.variable([2, 3, 4])], ["axis": .int(1)]),
    GradientCase(
      "Softmax flat", .softmax, [.variable([2, 3, 2])],
      ["axis": .int(1), "pcc_flatten": .int(1)]),
    GradientCase("LogSoftmax", .logSoftmax, [.variable([2, 5])]),
  ]

  private static let arithmetic: [GradientCase] = [
    GradientCase("Add", .add, [.variable([2, 3]), .variable([2, 3])]),
    GradientCase("Add broadcast", .add, [.variable([2, 3, 2]), .variable([3, 1])]),
    GradientCase("Sub broadcast", .sub, [.variable([1, 3]), .variable([2, 1])]),
    GradientCase("Mul", .mul, [.variable([2, 3]), .variable([2, 3])]),
    GradientCase("Mul channel gate", .mul, [.variable([2, 3, 2, 2]), .variable([3, 1, 1])]),
    GradientCase("Mul scalar", .mul, [.variable([]), .variable([2, 3])]),
    GradientCase("Div broadcast", .div, [.variable([2, 3]), .variable([3], range: 0.5...2)]),
    GradientCase("Neg", .neg, [.variable([5])]),
    GradientCase("Abs", .abs, [.variable([6], kinks: [0])]),
    GradientCase("Exp", .exp, [.variable([5])]),
    GradientCase("Log", .log, [.variable([5], range: 0.5...3)]),
    GradientCase("Sqrt", .sqrt, [.variable([5], range: 0.5...3)]),
    GradientCase("Erf", .erf, [.variable([5])]),
    GradientCase("Reciprocal", .reciprocal, [.variable([5], range: 0.5...3)]),
    GradientCase("Pow", .pow, [.variable([2, 3], range: 0.5...3), doubles([2.5])]),
    GradientCase("Cast", .cast, [.variable([5])], ["to": .int(11)]),
    GradientCase("Identity", .identity, [.variable([5])]),
  ]

  private static let pooling: [GradientCase] = [
    GradientCase(
      "MaxPool", .maxPool, [.variable([2, 2, 5, 5])],
      ["kernel_shape": .ints([3, 2]), "strides": .ints([2, 1]), "pads": .ints([1, 0, 1, 0])]),
    GradientCase(
      "MaxPool ceil", .maxPool, [.variable([1, 2, 6])],
      ["kernel_shape": .ints([3]), "strides": .ints([2]), "ceil_mode": .int(1)]),
    GradientCase(
      "AveragePool", .averagePool, [.variable([2, 2, 5, 5])],
      ["kernel_shape": .ints([3, 3]), "strides": .ints([2, 2]), "pads": .ints([1, 1, 1, 1])]),
    GradientCase(
      "AveragePool counting padding", .averagePool, [.variable([1, 2, 6, 5])],
      [
        "kernel_shape": .ints([3, 3]), "strides": .ints([2, 2]), "pads": .ints([1, 1, 1, 1]),
        "count_include_pad": .int(1), "ceil_mode": .int(1),
      ]),
    GradientCase("GlobalAveragePool", .globalAveragePool, [.variable([2, 3, 2, 3])]),
    GradientCase("ReduceMean", .reduceMean, [.variable([2, 3, 4]), ints([2, -2])]),
    GradientCase(
      "ReduceMean dropping axes", .reduceMean, [.variable([2, 3, 4]), ints([1])],
      ["keepdims": .int(0)]),
    GradientCase("ReduceSum", .reduceSum, [.variable([2, 3])]),
    GradientCase(
      "ReduceSum of nothing", .reduceSum, [.variable([2, 3])], ["noop_with_empty_axes": .int(1)]),
  ]

  private static let products: [GradientCase] = [
    GradientCase("Gemm", .gemm, [.variable([2, 3]), .variable([3, 4]), .variable([4])]),
    GradientCase(
      "Gemm transposed", .gemm, [.variable([3, 2]), .variable([4, 3]), .variable([2, 1])],
      ["transA": .int(1), "transB": .int(1), "alpha": .float(0.5), "beta": .float(2)]),
    GradientCase(
      "Gemm half transposed", .gemm, [.variable([3, 2]), .variable([3, 4])], ["transA": .int(1)]),
    GradientCase("MatMul", .matMul, [.variable([2, 3]), .variable([3, 4])]),
    GradientCase("MatMul batches", .matMul, [.variable([2, 1, 2, 3]), .variable([3, 3, 2])]),
    GradientCase("MatMul row", .matMul, [.variable([3]), .variable([2, 3, 2])]),
    GradientCase("MatMul column", .matMul, [.variable([2, 3]), .variable([3])]),
    GradientCase("MatMul dot", .matMul, [.variable([3]), .variable([3])]),
  ]

  private static let movements: [GradientCase] = [
    GradientCase("Flatten", .flatten, [.variable([2, 3, 2])], ["axis": .int(2)]),
    GradientCase("Reshape", .reshape, [.variable([2, 3, 2]), ints([-1, 4])]),
    GradientCase("Squeeze", .squeeze, [.variable([2, 1, 3]), ints([1])]),
    GradientCase("Unsqueeze", .unsqueeze, [.variable([2, 3]), ints([0, 3])]),
    GradientCase(
      "Transpose", .transpose, [.variable([2, 3, 4])], ["perm": .ints([2, 0, 1])]),
    GradientCase("Transpose reversed", .transpose, [.variable([2, 3])]),
    GradientCase(
      "Concat", .concat, [.variable([2, 1]), .variable([2, 3]), .variable([2, 2])],
      ["axis": .int(-1)]),
    GradientCase(
      "Split", .split, [.variable([2, 5]), ints([1, 2, 2])], ["axis": .int(1)], results: 3,
      read: [0, 2]),
    GradientCase(
      "Slice", .slice,
      [.variable([4, 5]), ints([-1, 1]), ints([-5, 9]), ints([0, 1]), ints([-2, 2])]),
    GradientCase("Slice plain", .slice, [.variable([4, 5]), ints([1, 0]), ints([3, -1])]),
    GradientCase(
      "Gather", .gather,
      [.variable([2, 4, 2]), .constant(Tensor([Int64(3), 0, -1, 0], shape: [2, 2]))],
      ["axis": .int(1)]),
    GradientCase("Pad", .pad, [.variable([2, 3]), ints([0, 1, 2, -1])]),
    GradientCase(
      "Pad reflect", .pad, [.variable([4, 3]), ints([2, 1]), .none, ints([0])],
      ["mode": .string("reflect")]),
    GradientCase("Pad edge", .pad, [.variable([3]), ints([2, 1])], ["mode": .string("edge")]),
    GradientCase(
      "Resize nearest", .resize,
      [.variable([1, 2, 3, 2]), .none, .constant(Tensor([Float(1), 1, 2, 1.5]))]),
    GradientCase(
      "Resize nearest asymmetric", .resize,
      [.variable([1, 1, 2, 3]), .none, .constant(Tensor([Float(1), 1, 2, 2]))],
      ["coordinate_transformation_mode": .string("asymmetric"), "nearest_mode": .string("floor")]),
    GradientCase(
      "Resize linear", .resize,
      [.variable([1, 2, 3, 3]), .none, .none, ints([1, 2, 5, 7])],
      ["mode": .string("linear"), "coordinate_transformation_mode": .string("align_corners")]),
    GradientCase(
      "Resize linear down", .resize,
      [.variable([1, 1, 6, 5]), .none, .none, ints([1, 1, 4, 3])],
      ["mode": .string("linear"), "antialias": .int(1)]),
    GradientCase(
      "Resize cubic", .resize,
      [.variable([1, 1, 3, 4]), .none, .constant(Tensor([Float(2), 1.5])), .none],
      ["mode": .string("cubic"), "axes": .ints([2, -1])]),
    GradientCase("Expand", .expand, [.variable([3, 1]), ints([2, 3, 4])]),
  ]

  private static let losses: [GradientCase] = [
    GradientCase(
      "SoftmaxCrossEntropy", .softmaxCrossEntropy,
      [.variable([4, 3]), ints([2, 0, -1, 1])], ["smoothing": .float(0.1)], results: 2),
    GradientCase(
      "SoftmaxCrossEntropy per pixel", .softmaxCrossEntropy,
      [.variable([2, 3, 2]), .constant(Tensor([Int64(2), 0, 9, 1], shape: [2, 2]))],
      ["ignore_index": .int(9)], results: 2),
    GradientCase(
      "SoftTargetCrossEntropy", .softTargetCrossEntropy,
      [
        .variable([2, 3, 2]),
        .constant(Tensor((0..<12).map { Double($0 % 5) / 4 }, shape: [2, 3, 2])),
      ], results: 2),
  ]
}
