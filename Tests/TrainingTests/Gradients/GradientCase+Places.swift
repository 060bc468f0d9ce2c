import IR

/// Cases of operators that move elements to computed places, repeat them or sum over letters.
extension GradientCase {
  /// Gathers, scatters and rankings.
  static let places: [GradientCase] = [
    GradientCase(
      "GatherElements", .gatherElements,
      [.variable([3, 2]), ints([2, 0, -1, 0], [2, 2])]),
    GradientCase(
      "GatherElements along the last axis", .gatherElements,
      [.variable([2, 3]), ints([0, 0, 2, 1, 1, 1, 0, -2], [2, 4])], ["axis": .int(-1)]),
    GradientCase(
      "GatherND", .gatherND, [.variable([2, 3, 2]), ints([0, 1, 1, 2, 0, 1], [3, 2])]),
    GradientCase(
      "GatherND of batches", .gatherND, [.variable([2, 3, 2]), ints([2, -3], [2, 1])],
      ["batch_dims": .int(1)]),
    GradientCase(
      "GatherND of two batch axes", .gatherND,
      [.variable([2, 2, 3]), ints([0, 2, 1, 1, 0, 0, 2, 1], [2, 2, 2, 1])],
      ["batch_dims": .int(2)]),
    GradientCase(
      "ScatterElements", .scatterElements,
      [.variable([3, 3]), ints([1, 0, 2, 0], [2, 2]), .variable([2, 2])], ["axis": .int(1)]),
    GradientCase(
      "ScatterElements onto one another", .scatterElements,
      [.variable([4]), ints([1, 1, 3]), .variable([3])]),
    GradientCase(
      "ScatterElements that adds", .scatterElements,
      [.variable([3, 2]), ints([0, 1, 0, 1], [2, 2]), .variable([2, 2])],
      ["reduction": .string("add")]),
    GradientCase(
      "ScatterND", .scatterND, [.variable([4, 2]), ints([3, 1], [2, 1]), .variable([2, 2])]),
    GradientCase(
      "ScatterND onto one another", .scatterND,
      [.variable([3, 2]), ints([1, 0, 1, 0], [2, 2]), .variable([2])]),
    GradientCase(
      "ScatterND that adds", .scatterND,
      [.variable([3, 2]), ints([1, 1], [2, 1]), .variable([2, 2])], ["reduction": .string("add")]),
    GradientCase(
      "ReverseSequence", .reverseSequence, [.variable([3, 2, 2]), ints([2, 3])]),
    GradientCase(
      "ReverseSequence batch first", .reverseSequence, [.variable([2, 3]), ints([1, 3])],
      ["batch_axis": .int(0), "time_axis": .int(1)]),
    GradientCase("TopK", .topK, [.variable([3, 4]), ints([2])], results: 2),
    GradientCase(
      "TopK of the smallest", .topK, [.variable([4, 2]), ints([3])],
      ["axis": .int(0), "largest": .int(0)]),
    GradientCase(
      "OneHot", .oneHot, [ints([2, 0, -1]), ints([4]), .variable([2])], ["axis": .int(0)]),
    GradientCase(
      "Compress", .compress, [.variable([3, 2]), .constant(Tensor([true, false, true]))],
      ["axis": .int(0)]),
    GradientCase(
      "Compress of all axes", .compress,
      [.variable([2, 2]), .constant(Tensor([false, true, true]))]),
  ]

  /// Rearrangements, copies and triangles.
  static let arrangements: [GradientCase] = [
    GradientCase("DepthToSpace", .depthToSpace, [.variable([1, 8, 2, 3])], ["blocksize": .int(2)]),
    GradientCase(
      "DepthToSpace CRD", .depthToSpace, [.variable([2, 4, 1, 2])],
      ["blocksize": .int(2), "mode": .string("CRD")]),
    GradientCase("SpaceToDepth", .spaceToDepth, [.variable([1, 2, 4, 2])], ["blocksize": .int(2)]),
    GradientCase(
      "CenterCropPad", .centerCropPad, [.variable([5, 2]), ints([2, 5])]),
    GradientCase(
      "CenterCropPad of an axis", .centerCropPad, [.variable([2, 3]), ints([6])],
      ["axes": .ints([-1])]),
    GradientCase("Tile", .tile, [.variable([2, 3]), ints([3, 2])]),
    GradientCase("Tile of an axis", .tile, [.variable([1, 2, 1]), ints([1, 1, 4])]),
    GradientCase("Trilu", .trilu, [.variable([2, 3, 4])]),
    GradientCase(
      "Trilu below", .trilu, [.variable([3, 3]), .constant(Tensor(scalar: Int64(-1)))],
      ["upper": .int(0)]),
    GradientCase(
      "Pad with a trained value", .pad,
      [.variable([2, 3]), ints([0, 1, 2, -1]), .variable([])]),
    GradientCase(
      "Pad wrap", .pad, [.variable([3, 4]), ints([2, 1, 1, 3])], ["mode": .string("wrap")]),
    GradientCase(
      "Resize of a region", .resize,
      [
        .variable([1, 1, 4, 4]), .constant(Tensor([Float(0), 0, 0.25, -0.125, 1, 1, 0.75, 1])),
        .none, ints([1, 1, 3, 5]),
      ],
      [
        "mode": .string("linear"), "coordinate_transformation_mode": .string("tf_crop_and_resize"),
        "extrapolation_value": .float(0.5),
      ]),
    GradientCase(
      "Resize that keeps the aspect ratio", .resize,
      [.variable([1, 1, 4, 4]), .none, .none, ints([6, 8])],
      [
        "mode": .string("linear"), "axes": .ints([2, 3]),
        "keep_aspect_ratio_policy": .string("not_larger"),
      ]),
    GradientCase(
      "Resize to a size along an axis", .resize,
      [.variable([1, 1, 3, 4]), .none, .none, ints([5])],
      ["mode": .string("linear"), "axes": .ints([3])]),
    GradientCase(
      "Resize pytorch half pixel", .resize,
      [.variable([1, 1, 3, 4]), .none, .none, ints([1, 1, 1, 6])],
      [
        "mode": .string("linear"),
        "coordinate_transformation_mode": .string("pytorch_half_pixel"),
      ]),
    GradientCase(
      "Resize cubic outside", .resize,
      [.variable([1, 1, 4, 4]), .none, .none, ints([1, 1, 6, 3])],
      [
        "mode": .string("cubic"), "exclude_outside": .int(1), "cubic_coeff_a": .float(-0.5),
      ]),
  ]

  /// Sums of products over letters, and determinants.
  static let sums: [GradientCase] = [
    GradientCase(
      "Einsum product", .einsum, [.variable([2, 2, 3]), .variable([2, 3, 2])],
      ["equation": .string("bij,bjk->bik")]),
    GradientCase(
      "Einsum of three", .einsum, [.variable([2, 3]), .variable([3, 2]), .variable([2])],
      ["equation": .string("ij,jk,k->i")]),
    GradientCase(
      "Einsum that sums an axis alone", .einsum, [.variable([2, 3]), .variable([2, 2])],
      ["equation": .string("ij,ik->k")]),
    GradientCase(
      "Einsum of an ellipsis", .einsum, [.variable([2, 1, 2, 3]), .variable([2, 3, 2])],
      ["equation": .string("...ij,...jk->...ik")]),
    GradientCase(
      "Einsum that broadcasts", .einsum, [.variable([2, 1]), .variable([2, 3])],
      ["equation": .string("ij,ij->i")]),
    GradientCase(
      "Einsum diagonal", .einsum, [.variable([3, 3])], ["equation": .string("ii->i")]),
    GradientCase(
      "Einsum trace and more", .einsum, [.variable([2, 3, 2]), .variable([3])],
      ["equation": .string("iji,j")]),
    GradientCase(
      "Einsum transpose", .einsum, [.variable([2, 3])], ["equation": .string("ij->ji")]),
    GradientCase(
      "FusedMatMul", .fusedMatMul, [.variable([2, 3, 2]), .variable([2, 4, 3])],
      ["transA": .int(1), "transB": .int(1), "alpha": .float(0.5)]),
    GradientCase(
      "FusedMatMul of moved batches", .fusedMatMul, [.variable([2, 3, 4]), .variable([3, 4, 2])],
      ["transBatchA": .int(1)]),
    GradientCase("Det", .det, [.variable([2, 3, 3])]),
    GradientCase("Det of one matrix", .det, [.variable([2, 2])]),
    GradientCase(
      "NegativeLogLikelihoodLoss", .negativeLogLikelihoodLoss,
      [.variable([3, 4]), ints([2, 0, 3])]),
    GradientCase(
      "NegativeLogLikelihoodLoss of weights", .negativeLogLikelihoodLoss,
      [
        .variable([2, 3, 2]), ints([2, 0, 1, 7], [2, 2]), .variable([3], range: 0.5...2),
      ], ["ignore_index": .int(7)]),
    GradientCase(
      "NegativeLogLikelihoodLoss of each", .negativeLogLikelihoodLoss,
      [.variable([3, 2]), ints([1, 0, 1])], ["reduction": .string("none")]),
    GradientCase(
      "SoftmaxCrossEntropyLoss", .softmaxCrossEntropyLoss, [.variable([3, 4]), ints([2, 0, 3])],
      results: 2, read: [0, 1]),
    GradientCase(
      "SoftmaxCrossEntropyLoss summed", .softmaxCrossEntropyLoss,
      [.variable([2, 3, 2]), ints([2, 0, -1, 1], [2, 2])],
      ["reduction": .string("sum"), "ignore_index": .int(-1)]),
  ]
}
