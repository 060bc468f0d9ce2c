import IR

/// Gradients of pooling.
enum PoolingGradients {
  private static let window = [
    "kernel_shape", "strides", "pads", "dilations", "auto_pad", "ceil_mode",
  ]

  /// MaxPool: to the largest element of each window; the indices get no gradient.
  static let maxPool: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let data = try builder.operand(request, 0)
    var attributes = Attributes()
    for name in window { attributes[name] = request.node.attributes[name] }
    return [
      builder.add(
        .maxPoolGradient, [try builder.resultGradient(request), data], attributes: attributes,
        name: builder.gradientName(data), like: data)
    ]
  }

  /// AveragePool.
  static let averagePool: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let data = try builder.operand(request, 0)
    var attributes: Attributes = ["input_shape": .ints(try builder.shape(data))]
    for name in window + ["count_include_pad"] { attributes[name] = request.node.attributes[name] }
    return [
      builder.add(
        .averagePoolGradient, [try builder.resultGradient(request)], attributes: attributes,
        name: builder.gradientName(data), like: data)
    ]
  }

  /// GlobalAveragePool: spread over all positions.
  static let globalAveragePool: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let data = try builder.operand(request, 0)
    let dy = try builder.resultGradient(request)
    return [
      try ReductionGradients.spread(
        dy, from: builder.shape(dy), to: data, dividing: true, &builder)
    ]
  }
}
