import IR

/// Cases of reductions, running sums and products, pooling of norms and normalizations.
extension GradientCase {
  /// Reductions that are not linear.
  static let folds: [GradientCase] = [
    GradientCase("ReduceMax", .reduceMax, [.variable([2, 3, 4]), ints([1])]),
    GradientCase(
      "ReduceMax dropping axes", .reduceMax, [.variable([2, 3, 4]), ints([-1, 0])],
      ["keepdims": .int(0)]),
    GradientCase("ReduceMin", .reduceMin, [.variable([2, 5])]),
    GradientCase("ReduceProd", .reduceProd, [.variable([2, 3, 4]), ints([1])]),
    GradientCase(
      "ReduceProd of two axes", .reduceProd, [.variable([2, 3, 2]), ints([0, 2])],
      ["keepdims": .int(0)]),
    GradientCase("ReduceProd of all", .reduceProd, [.variable([2, 2])]),
    GradientCase("ReduceL1", .reduceL1, [.variable([2, 3], kinks: [0]), ints([1])]),
    GradientCase("ReduceL2", .reduceL2, [.variable([2, 3, 2]), ints([0, 2])]),
    GradientCase(
      "ReduceL2 dropping axes", .reduceL2, [.variable([2, 3]), ints([1])],
      ["keepdims": .int(0)]),
    GradientCase("ReduceSumSquare", .reduceSumSquare, [.variable([2, 3]), ints([-2])]),
    GradientCase(
      "ReduceSumSquare of nothing", .reduceSumSquare, [.variable([2, 3])],
      ["noop_with_empty_axes": .int(1)]),
    GradientCase(
      "ReduceLogSum", .reduceLogSum, [.variable([2, 3], range: 0.5...2), ints([1])],
      ["keepdims": .int(0)]),
    GradientCase("ReduceLogSumExp", .reduceLogSumExp, [.variable([2, 3, 2]), ints([1, 2])]),
    GradientCase("CumSum", .cumSum, [.variable([2, 4]), ints([1])]),
    GradientCase(
      "CumSum reverse exclusive", .cumSum, [.variable([4, 2]), ints([-2])],
      ["reverse": .int(1), "exclusive": .int(1)]),
    GradientCase("CumProd", .cumProd, [.variable([2, 4]), ints([1])]),
    GradientCase(
      "CumProd exclusive", .cumProd, [.variable([4, 2]), ints([0])], ["exclusive": .int(1)]),
    GradientCase(
      "CumProd reverse", .cumProd, [.variable([2, 3, 2]), ints([-2])], ["reverse": .int(1)]),
    GradientCase(
      "CumProd reverse exclusive", .cumProd, [.variable([4]), ints([0])],
      ["reverse": .int(1), "exclusive": .int(1)]),
    GradientCase("GlobalMaxPool", .globalMaxPool, [.variable([2, 3, 2, 3])]),
    GradientCase("GlobalLpPool", .globalLpPool, [.variable([2, 2, 3])]),
    GradientCase(
      "GlobalLpPool of cubes", .globalLpPool, [.variable([1, 2, 2, 2], kinks: [0])],
      ["p": .int(3)]),
    GradientCase(
      "GlobalLpPool of magnitudes", .globalLpPool, [.variable([1, 2, 4], kinks: [0])],
      ["p": .int(1)]),
  ]

  /// Pooling windows of all forms.
  static let windows: [GradientCase] = [
    GradientCase(
      "LpPool", .lpPool, [.variable([2, 2, 5, 4])],
      ["kernel_shape": .ints([3, 2]), "strides": .ints([2, 1]), "pads": .ints([1, 0, 1, 1])]),
    GradientCase(
      "LpPool of cubes", .lpPool, [.variable([1, 2, 7], kinks: [0])],
      [
        "kernel_shape": .ints([2]), "dilations": .ints([2]), "p": .int(3), "strides": .ints([2]),
        "ceil_mode": .int(1),
      ]),
    GradientCase(
      "LpPool same", .lpPool, [.variable([1, 1, 5, 5], kinks: [0])],
      [
        "kernel_shape": .ints([2, 3]), "strides": .ints([2, 2]), "auto_pad": .string("SAME_UPPER"),
        "p": .int(1),
      ]),
    GradientCase(
      "AveragePool dilated ceil", .averagePool, [.variable([1, 2, 7, 6])],
      [
        "kernel_shape": .ints([2, 2]), "strides": .ints([2, 2]), "dilations": .ints([2, 3]),
        "ceil_mode": .int(1), "pads": .ints([0, 1, 0, 0]),
      ]),
    GradientCase(
      "AveragePool same", .averagePool, [.variable([1, 1, 5])],
      ["kernel_shape": .ints([3]), "strides": .ints([2]), "auto_pad": .string("SAME_LOWER")]),
    GradientCase(
      "AveragePool 3-D", .averagePool, [.variable([1, 1, 3, 4, 3])],
      ["kernel_shape": .ints([2, 2, 2])]),
    GradientCase(
      "MaxPool dilated", .maxPool, [.variable([1, 2, 6, 6])],
      ["kernel_shape": .ints([2, 2]), "dilations": .ints([2, 3]), "strides": .ints([2, 1])]),
    GradientCase(
      "MaxPool 3-D same", .maxPool, [.variable([1, 1, 3, 4, 3])],
      [
        "kernel_shape": .ints([2, 2, 2]), "strides": .ints([2, 2, 2]),
        "auto_pad": .string("SAME_UPPER"),
      ]),
    GradientCase(
      "MaxUnpool", .maxUnpool,
      [.variable([1, 1, 2, 2]), ints([1, 6, 8, 15], [1, 1, 2, 2])],
      ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])]),
    GradientCase(
      "MaxUnpool onto one another", .maxUnpool,
      [.variable([1, 1, 3]), ints([2, 2, 4], [1, 1, 3]), ints([1, 1, 8])],
      ["kernel_shape": .ints([2]), "strides": .ints([2])]),
    GradientCase(
      "ConvTranspose 3-D", .convTranspose,
      [.variable([1, 2, 2, 2, 2]), .variable([2, 1, 2, 2, 2]), .variable([1])],
      ["strides": .ints([2, 1, 2]), "output_padding": .ints([1, 0, 0])]),
    GradientCase(
      "ConvTranspose depthwise dilated", .convTranspose,
      [.variable([2, 3, 4]), .variable([3, 1, 2])],
      ["group": .int(3), "dilations": .ints([3]), "pads": .ints([1, 2])]),
    GradientCase(
      "ConvTranspose valid", .convTranspose, [.variable([1, 2, 3, 3]), .variable([2, 2, 2, 3])],
      ["strides": .ints([3, 2]), "auto_pad": .string("VALID")]),
    GradientCase(
      "ConvTranspose same upper", .convTranspose, [.variable([1, 1, 4]), .variable([1, 2, 3])],
      ["strides": .ints([2]), "auto_pad": .string("SAME_UPPER")]),
    GradientCase(
      "Conv 3-D grouped dilated", .conv,
      [.variable([1, 2, 4, 3, 4]), .variable([4, 1, 2, 1, 2]), .variable([4])],
      ["group": .int(2), "dilations": .ints([2, 1, 3]), "pads": .ints([1, 0, 1, 0, 0, 1])]),
    GradientCase(
      "Conv valid", .conv, [.variable([1, 2, 5]), .variable([2, 2, 3])],
      ["auto_pad": .string("VALID"), "strides": .ints([2])]),
    GradientCase(
      "FusedConv", .fusedConv,
      [.variable([1, 2, 4]), .variable([3, 2, 3]), .variable([3]), .variable([1, 3, 4])],
      ["pads": .ints([1, 1]), "activation": .string("Sigmoid")]),
    GradientCase(
      "FusedConv without an activation", .fusedConv, [.variable([1, 2, 4]), .variable([3, 2, 3])]),
    GradientCase(
      "Col2Im", .columnsToImage, [.variable([2, 8, 4]), ints([3, 3]), ints([2, 2])]),
    GradientCase(
      "Col2Im padded", .columnsToImage, [.variable([1, 4, 6]), ints([4, 5]), ints([2, 2])],
      ["strides": .ints([2, 2]), "pads": .ints([0, 1, 0, 0]), "dilations": .ints([1, 1])]),
    GradientCase(
      "CausalConvWithState", .causalConvolution,
      [.variable([2, 3, 4]), .variable([3, 1, 3]), .variable([3]), .variable([2, 3, 2])],
      ["activation": .string("silu")], results: 2, read: [0, 1]),
    GradientCase(
      "CausalConvWithState alone", .causalConvolution,
      [.variable([1, 2, 3]), .variable([2, 1, 2])]),
  ]

  /// Normalizations besides those by batch statistics.
  static let rows: [GradientCase] = [
    GradientCase(
      "BatchNormalization with trained statistics", .batchNormalization,
      [
        .variable([3, 2, 2]), .variable([2]), .variable([2]), .variable([2]),
        .variable([2], range: 0.5...2),
      ], ["epsilon": .float(0.01)]),
    GradientCase(
      "BatchNormalization in its training form", .batchNormalization,
      [
        .variable([3, 2, 2]), .variable([2]), .variable([2]), doubles([0.3, -0.2]),
        doubles([0.7, 1.4]),
      ], ["training_mode": .int(1)]),
    GradientCase(
      "BatchNormalization of rows", .batchNormalization,
      [
        .variable([3, 2]), .variable([2]), .variable([2]), doubles([0.3, -0.2]),
        doubles([0.7, 1.4]),
      ]),
    GradientCase(
      "InstanceNormalization", .instanceNormalization,
      [.variable([2, 3, 2, 3]), .variable([3]), .variable([3])], ["epsilon": .float(0.01)]),
    GradientCase(
      "InstanceNormalization 1-D", .instanceNormalization,
      [.variable([2, 2, 4]), .variable([2]), .variable([2])]),
    GradientCase(
      "GroupNormalization", .groupNormalization,
      [.variable([2, 4, 3]), .variable([4]), .variable([4])],
      ["num_groups": .int(2), "epsilon": .float(0.01)]),
    GradientCase(
      "GroupNormalization per group", .groupNormalization,
      [.variable([2, 4, 2, 2]), .variable([2]), .variable([2])],
      ["num_groups": .int(2), "pcc_per_group": .int(1)]),
    GradientCase("LRN", .localResponseNormalization, [.variable([2, 5, 3])], ["size": .int(3)]),
    GradientCase(
      "LRN of an even size", .localResponseNormalization, [.variable([1, 4, 2, 2])],
      [
        "size": .int(2), "alpha": .float(0.5), "beta": .float(0.6), "bias": .float(1.5),
      ]),
    GradientCase("LpNormalization", .lpNormalization, [.variable([2, 4])]),
    GradientCase(
      "LpNormalization of magnitudes", .lpNormalization, [.variable([3, 2, 2], kinks: [0])],
      ["p": .int(1), "axis": .int(0)]),
    GradientCase(
      "MeanVarianceNormalization", .meanVarianceNormalization, [.variable([2, 2, 2, 3])]),
    GradientCase(
      "MeanVarianceNormalization of an axis", .meanVarianceNormalization, [.variable([2, 4])],
      ["axes": .ints([-1])]),
    GradientCase(
      "SkipLayerNormalization", .skipLayerNormalization,
      [
        .variable([2, 2, 3]), .variable([2, 2, 3]), .variable([3]), .variable([3]), .variable([3]),
      ],
      ["epsilon": .float(0.01)], results: 4, read: [0, 3], omitting: [1, 2]),
    GradientCase(
      "SkipLayerNormalization that broadcasts", .skipLayerNormalization,
      [.variable([2, 2, 3]), .variable([1, 2, 3]), .variable([3])], ["epsilon": .float(0.01)]),
    GradientCase(
      "SkipSimplifiedLayerNormalization", .skipSimplifiedLayerNormalization,
      [.variable([1, 2, 3]), .variable([1, 2, 3]), .variable([3]), .variable([3])],
      ["epsilon": .float(0.01)], results: 4, read: [0, 3], omitting: [1, 2]),
    GradientCase(
      "EmbedLayerNormalization", .embedLayerNormalization,
      [
        ints([0, 3, 3, 1], [2, 2]), ints([1, 0, 0, 1], [2, 2]), .variable([4, 3]),
        .variable([2, 3]), .variable([2, 3]), .variable([3]), .variable([3]),
      ], ["epsilon": .float(0.01)], results: 3, read: [0, 2], omitting: [1]),
  ]
}
