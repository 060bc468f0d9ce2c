import IR

/// Gradients of normalisation.
enum NormalizationGradients {
  /// BatchNormalization with given statistics, or, in its training form, those of the batch.
  ///
  /// With r = 1 / √(variance + epsilon), given statistics get
  /// `dmean = -scale · r · dbias` and `dvariance = -scale · r² · dscale / 2`.
  static let inference: GradientRule.Builder = { (b, request) throws(Diagnostic) in
    let node = request.node
    let epsilon = node.number("epsilon", 1e-5)
    let trains = node.attributes.int("training_mode") == 1
    var mean = try b.operand(request, 3)
    var variance = try b.operand(request, 4)
    if trains {
      let x = try b.operand(request, 0)
      let shape = try b.shape(x)
      let axes = shape.indices.filter { $0 != 1 }
      let batch = try b.average(x, over: axes)
      let spread = try b.average(b.square(b.minus(x, batch)), over: axes)
      mean = try b.view(batch, [shape[1]])
      variance = try b.view(spread, [shape[1]])
    }
    let inverse = try b.apply(
      .reciprocal, [b.apply(.sqrt, [b.affine(variance, plus: epsilon)])])
    var asked = request
    if request.needs(3) || request.needs(4) { asked = request.needing([1, 2]) }
    let found = try gradient(
      &b, asked, mean: mean, inverse: inverse, attributes: trains ? [:] : ["frozen": .int(1)])
    guard request.needs(3) || request.needs(4), let dscale = found[1], let dbias = found[2] else {
      return found
    }
    guard !trains else {
      let none = try b.zeros(b.shape(mean), like: mean)
      return found + [none, none]
    }
    let rate = try b.times(b.operand(request, 1), inverse)
    return found + [
      try b.affine(b.times(rate, dbias), by: -1),
      try b.affine(b.times(b.times(rate, inverse), dscale), by: -0.5),
    ]
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
