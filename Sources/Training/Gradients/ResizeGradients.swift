import IR

/// Gradients of Resize: the transpose of the linear map that it is along each axis.
enum ResizeGradients {
  private static let kept = [
    "mode", "coordinate_transformation_mode", "nearest_mode", "cubic_coeff_a", "exclude_outside",
    "antialias",
  ]

  /// Resize in any mode.
  static func resize(_ builder: inout GradientBuilder, _ request: GradientRequest)
    throws(Diagnostic) -> [ValueID?]
  {
    let node = request.node
    let operand = try builder.operand(request, 0)
    let shape = try builder.shape(operand)
    let axes = (node.attributes.ints("axes") ?? Array(shape.indices)).map {
      $0 < 0 ? $0 + shape.count : $0
    }
    var attributes = node.attributes(kept)
    attributes["input_shape"] = .ints(shape)
    attributes["scales"] = try scales(&builder, request, axes, shape).map(Attribute.floats)
    if node.attributes.string("coordinate_transformation_mode") == "tf_crop_and_resize" {
      attributes["roi"] = .floats(try regions(&builder, request, axes, rank: shape.count))
    }
    return [
      builder.add(
        .resizeGradient, [try builder.resultGradient(request)], attributes: attributes,
        name: builder.gradientName(operand), like: operand)
    ]
  }

  /// The scale of every axis; nil if they are the ratios of the extents.
  private static func scales(
    _ builder: inout GradientBuilder, _ request: GradientRequest, _ axes: [Int], _ shape: [Int]
  ) throws(Diagnostic) -> [Float]? {
    let node = request.node
    if let given = node.input(2), builder.graph[given].type.shape != [.known(0)] {
      guard let factors = builder.graph.tensor(of: given)?.floats, factors.count == axes.count
      else {
        throw .unsupported(
          "no gradient: scales of Resize that are not constant", at: builder.site(of: node))
      }
      var scales = [Float](repeating: 1, count: shape.count)
      for (axis, factor) in zip(axes, factors) { scales[axis] = factor }
      return scales
    }
    if (node.attributes.string("keep_aspect_ratio_policy") ?? "stretch") == "stretch" { return nil }
    guard node.attributes.string("mode") ?? "nearest" != "nearest" else {
      throw .unsupported(
        "no gradient: Resize to the nearest element that keeps the aspect ratio",
        at: builder.site(of: node))
    }
    let outputs = try builder.shape(builder.result(request))
    return try ResizeView(builder.context(of: node)).scales(from: shape, to: outputs)
  }

  /// The starts and ends of the regions of all axes.
  private static func regions(
    _ builder: inout GradientBuilder, _ request: GradientRequest, _ axes: [Int], rank: Int
  ) throws(Diagnostic) -> [Float] {
    guard let given = builder.graph.tensor(of: request.node.input(1))?.floats,
      given.count == 2 * axes.count
    else {
      throw .unsupported(
        "no gradient: a region of Resize that is not constant",
        at: builder.site(of: request.node))
    }
    var regions = [Float](repeating: 0, count: rank) + [Float](repeating: 1, count: rank)
    for (number, axis) in axes.enumerated() {
      regions[axis] = given[number]
      regions[rank + axis] = given[axes.count + number]
    }
    return regions
  }
}
