/// Normalizations of images: each over its own set of axes.
extension Schema {
  /// InstanceNormalization: x[n, c, ~, ~]  s[c]  b[c]  ->  y[n, c, ~, ~]; a single axis that is
  /// normalized over may hold channels, as it does in a GroupNorm that is written with Reshape.
  static let instanceNormalization = Schema(
    inputs: .exactly(3), outputs: .exactly(1), attributes: [.float("epsilon", 1e-5)],
    shape: { context throws(Diagnostic) in [try perChannel(context, parameters: [1, 2])] },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      var signature = AxisSignature(operands: 3, results: 1)
      guard let shape = context.shape(0), shape.count >= 2 else {
        return AxisRules.blockAll(context, because: "normalizes over it")
      }
      let mapped = signature.free(shape.prefix(2))
      let terms = mapped + normalized(context, shape.dropFirst(2), &signature)
      signature.operands = [terms, [mapped[1]], [mapped[1]]]
      signature.results[0] = terms
      return signature
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
    hasBorders: Plain.noBorders)

  /// The terms of the axes that InstanceNormalization normalizes over.
  private static func normalized(
    _ context: OperatorContext, _ extents: Shape.SubSequence, _ signature: inout AxisSignature
  ) -> [AxisSignature.Term] {
    guard extents.count == 1, let extent = extents.first, extent.value != nil else {
      return signature.blocked(extents, "normalizes over it")
    }
    if context.float("epsilon", default: 1e-5) <= 0 {
      return signature.blocked(extents, "normalizes over it without an epsilon")
    }
    let form = Compensation.standardization(data: [0], scale: nil, offset: nil)
    return [.label(signature.compensated(extent, form))]
  }

  /// GroupNormalization: x[n, g·~c, ~]  s[g·~c]  b[g·~c]  ->  y[n, g·~c, ~], whole groups leave; with
  /// `pcc_per_group` 1, the form of opset 18, scale and bias have an
  /// element a group instead of one a channel.
  static let groupNormalization = Schema(
    inputs: .exactly(3), outputs: .exactly(1),
    attributes: [
      .float("epsilon", 1e-5), .required("num_groups", .int), .int("pcc_per_group", 0),
      .int("stash_type", 1),
    ],
    shape: { context throws(Diagnostic) in
      let groups = context.int("num_groups", default: 0)
      guard groups >= 1 else {
        throw context.invalid("num_groups is \(groups), expected 1 or more")
      }
      let type = try perChannel(
        context, parameters: context.flag("pcc_per_group") ? [] : [1, 2])
      if let channels = type.shape?[1].value, channels % groups != 0 {
        throw context.invalid("\(channels) channels cannot be split into \(groups) groups")
      }
      return [type]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      let reason = "normalizes over groups of it"
      var signature = AxisSignature(operands: 3, results: 1)
      let groups = context.int("num_groups", default: 0)
      guard let shape = context.shape(0), shape.count >= 2, let count = shape[1].value, groups > 0,
        count % groups == 0
      else { return AxisRules.blockAll(context, because: reason) }
      let batch = AxisSignature.Term.label(signature.free(shape[0]))
      let group = AxisSignature.Term.label(signature.free(.known(groups)))
      let member = AxisSignature.Term.label(
        signature.blocked(.known(count / groups), because: "normalizes over each group of it"))
      let channel = count == groups ? group : .product([group, member])
      let terms = [batch, channel] + signature.blocked(shape.dropFirst(2), reason)
      let parameter = context.flag("pcc_per_group") ? group : channel
      signature.operands = [terms, [parameter], [parameter]]
      signature.results[0] = terms
      return signature
    },
    cost: Plain.noCost,
    extents: { context, signature in
      guard let term = signature.results[0]?[1],
        let group = AxisSignature.labels(of: term).first.flatMap({ signature[$0].extent.value }),
        group != context.int("num_groups", default: 0)
      else { return .none }
      return ExtentEdit(attributes: ["num_groups": .int(group)])
    },
    response: Plain.otherResponse, hasBorders: Plain.borders)

  /// LRN: divides by what channels around a channel come to.
  static let localResponseNormalization = mapping(
    inputs: .exactly(1), outputs: .exactly(1),
    attributes: [
      .float("alpha", 1e-4), .float("beta", 0.75), .float("bias", 1), .required("size", .int),
    ], because: "normalizes over neighbours along it"
  ) { _, rank in rank > 1 ? [1] : [] }

  /// LpNormalization: divides by the norm along an axis.
  static let lpNormalization = mapping(
    inputs: .exactly(1), outputs: .exactly(1), attributes: [.int("axis", -1), .int("p", 2)],
    because: "normalizes over it"
  ) { context, rank in
    (try? context.axis(context.int("axis", default: -1), rank: rank)).map { [$0] }
      ?? Set(0..<rank)
  }

  /// MeanVarianceNormalization: takes mean and deviation over the axes.
  static let meanVarianceNormalization = mapping(
    inputs: .exactly(1), outputs: .exactly(1), attributes: [.derived("axes", .ints)],
    because: "normalizes over it"
  ) { context, rank in
    (try? context.axes(context.node.attributes.ints("axes") ?? [0, 2, 3], rank: rank)).map(Set.init)
      ?? Set(0..<rank)
  }

  /// The operand's type, after checks that parameters have an element a channel.
  private static func perChannel(
    _ context: OperatorContext, parameters: [Int]
  ) throws(Diagnostic) -> ValueType {
    guard var shape = context.shape(0), let element = context.element(0) else {
      return context.inputs[0] ?? .unknown
    }
    guard shape.count >= 2 else {
      throw context.invalid("input of rank \(shape.count), expected 2 or more")
    }
    for index in parameters {
      shape[1] = try context.merge(
        shape[1], try context.shape(index, ofRank: 1)[0], "the channel count")
    }
    return .tensor(element, shape)
  }
}
