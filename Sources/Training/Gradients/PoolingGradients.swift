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

  /// LpPool: with y = (Σ |x|^p)^(1/p), `sign x · |x|^(p-1)` times what the transposed sum over the
  /// windows makes of `dy · y^(1-p)`, none where y is 0.
  static let lpPool: GradientRule.Builder = { (b, request) throws(Diagnostic) in
    let x = try b.operand(request, 0)
    let y = try b.result(request)
    let dy = try b.resultGradient(request)
    let shape = try b.shape(x)
    let p = Double(request.node.attributes.int("p") ?? 2)
    let kernel = request.node.attributes.ints("kernel_shape") ?? []
    let isZero = try b.equals(y, 0)
    let norm = try b.select(isZero, b.number(1, like: y), y)
    let rate = try b.times(
      b.drop(dy, where: isZero), b.apply(.pow, [norm, b.number(1 - p, like: y)]))
    let planes = [shape[0] * shape[1], 1]
    var attributes = request.node.attributes(["strides", "dilations"])
    attributes["pads"] = .ints(pads(of: request.node, shape, try b.shape(y), kernel))
    attributes["input_shape"] = .ints(planes + shape.dropFirst(2))
    let ones = try b.numbers(
      Array(repeating: 1, count: kernel.reduce(1, *)), [1, 1] + kernel, like: x)
    let sums = try b.apply(
      .convInputGradient, [b.view(rate, planes + b.shape(y).dropFirst(2)), ones], attributes)
    let magnitude = try b.apply(.pow, [b.apply(.abs, [x]), b.number(p - 1, like: x)])
    let slope = try b.times(b.apply(.sign, [x]), magnitude)
    return [try b.times(slope, b.view(sums, shape))]
  }

  /// The paddings with which a convolution has the windows of a node, from the extents of its
  /// operand and result.
  static func pads(of node: Node, _ input: [Int], _ output: [Int], _ kernel: [Int]) -> [Int] {
    let ones = kernel.map { _ in 1 }
    let strides = node.attributes.ints("strides") ?? ones
    let dilations = node.attributes.ints("dilations") ?? ones
    let given = node.attributes.ints("pads")
    let mode = node.attributes.string("auto_pad") ?? "NOTSET"
    var begins: [Int] = []
    var ends: [Int] = []
    for axis in kernel.indices {
      let span = (output[axis + 2] - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1
      let total = max(span - input[axis + 2], 0)
      let same = mode == "SAME_UPPER" ? total / 2 : total - total / 2
      begins.append(mode.hasPrefix("SAME") ? same : mode == "VALID" ? 0 : given?[axis] ?? 0)
      ends.append(max(span - input[axis + 2] - begins[axis], 0))
    }
    return begins + ends
  }
}
