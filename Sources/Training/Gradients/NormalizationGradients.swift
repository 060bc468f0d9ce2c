import IR

/// Gradients of normalisation.
enum NormalizationGradients {
  /// BatchNormalization with constant statistics.
  ///
  /// The statistics themselves get no gradient.
  static let inference: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let node = request.node
    if node.attributes.int("training_mode") == 1 {
      throw .unsupported(
        "the training form must be made explicit first", at: builder.site(of: node))
    }
    let variance = try builder.operand(request, 4)
    let element = try builder.element(variance)
    let name = builder.gradientName(variance)
    let epsilon = Double(node.attributes.float("epsilon") ?? 1e-5)
    let offset = builder.scalar(epsilon, element, name: name + ".epsilon")
    let shifted = builder.add(.add, [variance, offset], name: name + ".shifted", like: variance)
    let root = builder.add(.sqrt, [shifted], name: name + ".root", like: variance)
    let one = builder.scalar(1, element, name: name + ".one")
    let inverse = builder.add(.div, [one, root], name: name + ".inverse", like: variance)
    return try gradient(
      &builder, request, mean: builder.operand(request, 3), inverse: inverse,
      attributes: ["frozen": .int(1)])
  }

  /// BatchNormalization with the statistics of the batch; the running statistics get no gradient.
  static let training: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    guard let mean = request.node.output(3), let inverse = request.node.output(4) else {
      throw .invalid(
        "results 3 and 4 are left out, but the gradient reads them",
        at: builder.site(of: request.node))
    }
    return try gradient(&builder, request, mean: mean, inverse: inverse, attributes: [:])
  }

  private static func gradient(
    _ builder: inout GradientBuilder, _ request: GradientRequest, mean: ValueID, inverse: ValueID,
    attributes: Attributes
  ) throws(Diagnostic) -> [ValueID?] {
    let data = try builder.operand(request, 0)
    let scale = try builder.operand(request, 1)
    let bias = try builder.operand(request, 2)
    let gradients = builder.add(
      .batchNormalizationGradient,
      [try builder.resultGradient(request), data, scale, mean, inverse], attributes: attributes,
      results: [
        (builder.gradientName(data), data), (builder.gradientName(scale), scale),
        (builder.gradientName(bias), bias),
      ])
    return zip(gradients, 0...).map { request.needs($1) ? $0 : nil }
  }

  /// Dropout outside training is the identity.
  static let dropout: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    if let flag = request.node.input(2),
      builder.graph.tensor(of: flag)?.integers != [0]
    {
      throw .unsupported(
        "draws random numbers; its mask must be made explicit first",
        at: builder.site(of: request.node))
    }
    return [try builder.resultGradient(request)]
  }
}
