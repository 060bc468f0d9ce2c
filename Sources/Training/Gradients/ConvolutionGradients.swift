import IR

/// Gradients of convolutions.
enum ConvolutionGradients {
  /// Conv: the transposed convolution for the data, a correlation for the weight, a sum for the
  /// bias.
  static let conv: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let dy = try builder.resultGradient(request)
    let data = try builder.operand(request, 0)
    let weight = try builder.operand(request, 1)
    let window = kept(["strides", "pads", "dilations", "auto_pad", "group"], of: request.node)
    var gradients: [ValueID?] = [nil, nil, nil]
    if request.needs(0) {
      var attributes = window
      attributes["input_shape"] = .ints(try builder.shape(data))
      gradients[0] = builder.add(
        .convInputGradient, [dy, weight], attributes: attributes,
        name: builder.gradientName(data), like: data)
    }
    if request.needs(1) || request.needs(2) {
      var attributes = window
      attributes["weight_shape"] = .ints(try builder.shape(weight))
      var results: [(name: String, like: ValueID)?] = [(builder.gradientName(weight), weight)]
      if request.needs(2), let bias = request.node.input(2) {
        results.append((builder.gradientName(bias), bias))
      }
      let made = builder.add(
        .convWeightGradient, [dy, data], attributes: attributes, results: results)
      if request.needs(1) { gradients[1] = made[0] }
      if request.needs(2) { gradients[2] = made.last ?? nil }
    }
    return gradients
  }

  /// ConvTranspose: the convolution it transposes for the data; for the weight, the same
  /// correlation with the roles of data and gradient exchanged.
  static let convTranspose: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    let dy = try builder.resultGradient(request)
    let data = try builder.operand(request, 0)
    let weight = try builder.operand(request, 1)
    var window = kept(["strides", "dilations", "group"], of: request.node)
    window["pads"] = .ints(try pads(&builder, request))
    var gradients: [ValueID?] = [nil, nil, nil]
    if request.needs(0) {
      var attributes = window
      attributes["kernel_shape"] = .ints(Array(try builder.shape(weight).dropFirst(2)))
      gradients[0] = builder.add(
        .conv, [dy, weight], attributes: attributes, name: builder.gradientName(data), like: data)
    }
    if request.needs(1) {
      var attributes = window
      attributes["weight_shape"] = .ints(try builder.shape(weight))
      gradients[1] = builder.add(
        .convWeightGradient, [data, dy], attributes: attributes,
        name: builder.gradientName(weight), like: weight)
    }
    if request.needs(2) {
      let bias = try builder.operand(request, 2)
      let axes = try builder.shape(dy).indices.filter { $0 != 1 }
      gradients[2] = try builder.sum(
        dy, over: axes, keeping: false, name: builder.gradientName(bias))
    }
    return gradients
  }

  /// The paddings with which a convolution of the result has the extents of the data operand.
  ///
  /// Formulas of ONNX ConvTranspose-22; the beginnings as there, the ends as far as they matter.
  private static func pads(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [Int]
  {
    let node = request.node
    let input = Array(try builder.shape(builder.operand(request, 0)).dropFirst(2))
    let kernel = Array(try builder.shape(builder.operand(request, 1)).dropFirst(2))
    let output = Array(try builder.shape(builder.result(request)).dropFirst(2))
    let ones = Array(repeating: 1, count: input.count)
    let strides = node.attributes.ints("strides") ?? ones
    let dilations = node.attributes.ints("dilations") ?? ones
    let extra = node.attributes.ints("output_padding") ?? input.map { _ in 0 }
    let given = node.attributes.ints("pads")
    let mode = node.attributes.string("auto_pad") ?? "NOTSET"
    let isAsked = mode.hasPrefix("SAME") || node.attributes.ints("output_shape") != nil
    var begins: [Int] = []
    var ends: [Int] = []
    for axis in input.indices {
      let span = strides[axis] * (input[axis] - 1) + dilations[axis] * (kernel[axis] - 1) + 1
      let total = span + extra[axis] - output[axis]
      let begin =
        isAsked
        ? (mode == "SAME_UPPER" ? total / 2 : total - total / 2)
        : mode == "VALID" ? 0 : given?[axis] ?? 0
      let end = span - output[axis] - begin
      guard total >= 0, begin >= 0, end > -strides[axis] else {
        throw .unsupported(
          "no gradient: ConvTranspose whose output is larger than its windows reach",
          at: builder.site(of: node))
      }
      begins.append(begin)
      ends.append(max(end, 0))
    }
    return begins + ends
  }

  private static func kept(_ names: [String], of node: Node) -> Attributes {
    var attributes = Attributes()
    for name in names { attributes[name] = node.attributes[name] }
    return attributes
  }
}
