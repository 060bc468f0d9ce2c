import IR

/// Gradients of LayerNormalization and RMSNormalization.
///
/// With x̂ = (x − μ)·r, r = 1 / √(variance + epsilon), y = γ·x̂ + β, g = γ·dy, and means over the
/// normalized axes:
///
///     dx = r·(g − mean(g) − x̂·mean(g·x̂)),  dγ = Σ dy·x̂,  dβ = Σ dy
///
/// Without centring, μ and mean(g) are left out.
enum RowNormalizationGradients {
  /// LayerNormalization.
  static let layer: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    try gradient(&builder, request, centers: true)
  }

  /// RMSNormalization and SimplifiedLayerNormalization.
  static let root: GradientRule.Builder = { (builder, request) throws(Diagnostic) in
    try gradient(&builder, request, centers: false)
  }

  private static func gradient(
    _ builder: inout GradientBuilder, _ request: GradientRequest, centers: Bool
  ) throws(Diagnostic) -> [ValueID?] {
    let x = try builder.operand(request, 0)
    let scale = try builder.operand(request, 1)
    let dy = try builder.resultGradient(request)
    let shape = try builder.shape(x)
    let number = request.node.attributes.int("axis") ?? -1
    let axes = Array((number < 0 ? number + shape.count : number)..<shape.count)
    let name = builder.gradientName(x)
    let epsilon = builder.scalar(
      Double(request.node.attributes.float("epsilon") ?? 1e-5), try builder.element(x),
      name: name + ".epsilon")
    var centered = x
    if centers {
      let mean = try mean(x, axes, name + ".mean", &builder)
      centered = builder.add(.sub, [x, mean], name: name + ".centered", like: x)
    }
    let square = builder.add(.mul, [centered, centered], name: name + ".square", like: x)
    let variance = try mean(square, axes, name + ".variance", &builder)
    let shifted = builder.add(
      .add, [variance, epsilon], name: name + ".shifted", like: variance)
    let root = builder.add(.sqrt, [shifted], name: name + ".root", like: variance)
    let normal = builder.add(.div, [centered, root], name: name + ".normal", like: x)
    var gradients: [ValueID?] = [nil, nil]
    if request.needs(0) {
      let scaled = builder.add(.mul, [dy, scale], name: name + ".scaled", like: x)
      let product = builder.add(.mul, [scaled, normal], name: name + ".product", like: x)
      let slope = try mean(product, axes, name + ".slope", &builder)
      let along = builder.add(.mul, [normal, slope], name: name + ".along", like: x)
      var rest = builder.add(.sub, [scaled, along], name: name + ".rest", like: x)
      if centers {
        let shift = try mean(scaled, axes, name + ".shift", &builder)
        rest = builder.add(.sub, [rest, shift], name: name + ".level", like: x)
      }
      gradients[0] = builder.add(.div, [rest, root], name: name, like: x)
    }
    if request.needs(1) {
      let product = builder.add(
        .mul, [dy, normal], name: builder.gradientName(scale) + ".product", like: x)
      gradients[1] = try builder.unbroadcast(
        product, to: builder.shape(scale), name: builder.gradientName(scale))
    }
    guard centers, let bias = request.node.input(2) else { return gradients }
    gradients.append(
      request.needs(2)
        ? try builder.unbroadcast(dy, to: builder.shape(bias), name: builder.gradientName(bias))
        : nil)
    return gradients
  }

  private static func mean(
    _ value: ValueID, _ axes: [Int], _ name: String, _ builder: inout GradientBuilder
  ) throws(Diagnostic) -> ValueID {
    let sum = try builder.sum(value, over: axes, keeping: true, name: name + ".sum")
    let shape = try builder.shape(value)
    let count = axes.reduce(1) { $0 * shape[$1] }
    let part = builder.scalar(
      1 / Double(max(count, 1)), try builder.element(value), name: name + ".part")
    return builder.add(.mul, [sum, part], name: name, like: sum)
  }
}
