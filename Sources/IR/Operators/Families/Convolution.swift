/// Convolutions: sums over a window and over the channels of a group.
///
///     Conv            x[n, g·i, ~]  w[g·o, i, ~]  b[g·o]  ->  y[n, g·o, ~]
///     ConvTranspose   x[n, g·i, ~]  w[g·i, o, ~]  b[g·o]  ->  y[n, g·o, ~]
extension Schema {
  static let windowAttributes: [AttributeSpec] = [
    .string("auto_pad", "NOTSET"), .derived("dilations", .ints), .int("group", 1),
    .derived("kernel_shape", .ints), .derived("pads", .ints), .derived("strides", .ints),
  ]

  static let convolution = Schema(
    inputs: .between(2...3), outputs: .exactly(1), attributes: windowAttributes,
    shape: { context throws(Diagnostic) in [try convolutionType(context, isTransposed: false)] },
    shapeValues: ShapeValueRules.none,
    axes: { context in convolutionAxes(context, isTransposed: false) },
    cost: { context, signature in
      convolutionCost(context, signature, positions: context.resultShape(0))
    },
    extents: convolutionExtents,
    response: { context in context.has(2) ? .other : .linear },
    hasBorders: { context in
      guard let geometry = try? ConvolutionGeometry(convolution: context) else { return true }
      return geometry.windows.contains { $0.mayPad }
    })

  static let convolutionTransposed = Schema(
    inputs: .between(2...3), outputs: .exactly(1),
    attributes: windowAttributes + [
      .derived("output_padding", .ints), .derived("output_shape", .ints),
    ],
    shape: { context throws(Diagnostic) in [try convolutionType(context, isTransposed: true)] },
    shapeValues: ShapeValueRules.none,
    axes: { context in convolutionAxes(context, isTransposed: true) },
    cost: { context, signature in
      convolutionCost(context, signature, positions: context.shape(0))
    },
    extents: convolutionExtents,
    response: { context in context.has(2) ? .other : .linear },
    hasBorders: { context in
      guard let geometry = try? ConvolutionGeometry(transposed: context) else { return true }
      return geometry.outputShape != nil || geometry.outputPadding.contains { $0 != 0 }
        || geometry.windows.contains { $0.mayPad || $0.kernel != 1 || $0.stride != 1 }
    })

  /// FusedConv (com.microsoft): act(Conv(operands 0 to 2) + operand 3).
  static let fusedConvolution = mixing(
    because: "is fused with its activation", inputs: .between(2...4), outputs: .exactly(1),
    attributes: windowAttributes + [
      .derived("activation", .string), .derived("activation_params", .floats),
    ], positions: { context in convolutionPositions(context) }
  ) { context throws(Diagnostic) in [try convolutionType(context, isTransposed: false)] }

  /// The extents whose product is the multiply-accumulates of a convolution; nil if unknown.
  static func convolutionPositions(_ context: OperatorContext) -> [Dim]? {
    guard let result = context.resultShape(0), let weight = context.shape(1) else { return nil }
    return result + weight.dropFirst()
  }

  /// The type of a convolution's result.
  static func convolutionType(
    _ context: OperatorContext, isTransposed: Bool
  ) throws(Diagnostic) -> ValueType {
    let element = context.commonElement([0, 1, 2])
    guard let rank = context.shape(0)?.count ?? context.shape(1)?.count else {
      return context.result(element, nil)
    }
    let group = context.int("group", default: 1)
    guard group >= 1 else { throw context.invalid("group is \(group), expected 1 or more") }
    guard rank >= 3 else { throw context.invalid("input of rank \(rank), expected 3 or more") }
    let input = context.shape(0) ?? Array(repeating: .unknown, count: rank)
    let weight = context.shape(1) ?? Array(repeating: .unknown, count: rank)
    guard weight.count == rank else {
      throw context.invalid("input of rank \(rank), weight of rank \(weight.count)")
    }
    let (channels, filters): (Dim, Dim)
    if isTransposed {
      channels = weight[0]
      filters = weight[1] * .known(group)
    } else {
      channels = weight[1] * .known(group)
      filters = weight[0]
    }
    _ = try context.merge(input[1], channels, "the channel count")
    for extent in [input[1], channels, filters] {
      if let count = extent.value, count % group != 0 {
        throw context.invalid("\(count) channels cannot be split into \(group) groups")
      }
    }
    if let bias = context.shape(2) {
      guard bias.count == 1 else { throw context.invalid("bias of rank \(bias.count)") }
      _ = try context.merge(bias[0], filters, "the bias' length")
    }
    let spatial = input.dropFirst(2).map { $0 }
    guard
      context.node.attributes.ints("kernel_shape") != nil
        || context.shape(1)?[2...].allSatisfy({ $0.value != nil }) == true
    else {
      return context.result(element, [input[0], filters] + spatial.map { _ in .unknown })
    }
    let geometry =
      isTransposed
      ? try ConvolutionGeometry(transposed: context)
      : try ConvolutionGeometry(convolution: context)
    return context.result(
      element, [input[0], filters] + (try geometry.outputs(for: spatial, context)))
  }

  private static func convolutionAxes(
    _ context: OperatorContext, isTransposed: Bool
  ) -> AxisSignature {
    var signature = AxisSignature(operands: context.inputs.count, results: context.outputs.count)
    guard let input = context.shape(0), let weight = context.shape(1),
      let result = context.resultShape(0)
    else { return signature }
    let group = context.int("group", default: 1)
    let batch = AxisSignature.Term.label(
      signature.free(input[0].merged(with: result[0]) ?? input[0]))
    let filters = isTransposed ? weight[1] : weight[0] / group
    let channels = isTransposed ? weight[0] / group : weight[1]
    let groups = group == 1 ? nil : AxisSignature.Term.label(signature.free(.known(group)))
    let out = perGroup(filters, in: groups, &signature)
    let into = perGroup(channels, in: groups, &signature)
    let slide = "slides along it"
    signature.operands[0] = [batch, into.whole] + signature.blocked(input.dropFirst(2), slide)
    let kernel = signature.blocked(weight.dropFirst(2), "spans it with its kernel")
    signature.operands[1] =
      (isTransposed ? [into.whole, out.part] : [out.whole, into.part]) + kernel
    if context.has(2) { signature.operands[2] = [out.whole] }
    signature.results[0] = [batch, out.whole] + signature.blocked(result.dropFirst(2), slide)
    return signature
  }

  /// The terms of an axis of groups, and of the part that each group has of it.
  private static func perGroup(
    _ extent: Dim, in groups: AxisSignature.Term?, _ signature: inout AxisSignature
  ) -> (whole: AxisSignature.Term, part: AxisSignature.Term) {
    guard let groups else {
      let label = AxisSignature.Term.label(signature.free(extent))
      return (label, label)
    }
    if extent == .known(1) { return (groups, .one) }
    let label = AxisSignature.Term.label(signature.free(extent))
    return (.product([groups, label]), label)
  }

  /// Groups, channels within them and the batch, at every position and every tap of the kernel.
  private static func convolutionCost(
    _ context: OperatorContext, _ signature: AxisSignature, positions: Shape?
  ) -> MACs? {
    guard let positions, let weight = context.shape(1), let operands = signature.operands[0],
      let filters = signature.operands[1], operands.count > 1, filters.count > 1
    else { return nil }
    var labels: [AxisSignature.Label] = []
    for term in [operands[0], operands[1], filters[0], filters[1]] {
      for label in AxisSignature.labels(of: term) where !labels.contains(label) {
        labels.append(label)
      }
    }
    return MACs(labels: labels, positions: Shape(positions[2...]) + Shape(weight[2...]))
  }

  /// The number of groups follows the group label.
  private static let convolutionExtents: ExtentRule = { context, signature in
    guard context.int("group", default: 1) != 1, let channels = signature.operands[0]?[1],
      let groups = AxisSignature.labels(of: channels).first,
      let extent = signature[groups].extent.value
    else { return .none }
    return ExtentEdit(attributes: ["group": .int(extent)])
  }
}

extension Window {
  /// Whether the window can reach beyond an end of its axis.
  var mayPad: Bool {
    switch padding {
    case .explicit(let begin, let end): begin != 0 || end != 0
    case .sameUpper, .sameLower: span > 1
    }
  }
}

extension Dim {
  /// The extent of each of `count` equal parts.
  static func / (whole: Dim, count: Int) -> Dim { whole / .known(count) }
}
