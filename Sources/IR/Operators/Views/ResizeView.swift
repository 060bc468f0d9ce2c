/// A Resize node's axes, scales and sizes.
public struct ResizeView: Sendable {
  /// The axes that scales or sizes are listed for.
  public var axes: [Int]
  /// The scale of each of `axes`; nil if sizes are given or the scales are not known.
  public var scales: [Float]?
  /// The sizes asked for along each of `axes`; nil if scales are given or nothing is known of them.
  public var sizes: [Dim]?
  /// `coordinate_transformation_mode`.
  public var mode: String
  /// `keep_aspect_ratio_policy`.
  public var policy: String

  /// Reads a Resize node whose data's rank is known.
  public init(_ context: OperatorContext) throws(Diagnostic) {
    guard let rank = context.shape(0)?.count else {
      throw .unsupported("the rank is not known", at: context.site)
    }
    let given = context.node.attributes.ints("axes") ?? Array(0..<rank)
    self.axes = try context.axes(given, rank: rank)
    self.mode = context.string("coordinate_transformation_mode", default: "half_pixel")
    self.policy = context.string("keep_aspect_ratio_policy", default: "stretch")
    guard ["stretch", "not_larger", "not_smaller"].contains(policy) else {
      throw context.invalid("keep_aspect_ratio_policy is '\(policy)'")
    }
    let hasSizes = context.has(3) && context.shape(3) != [.known(0)]
    let hasScales = context.has(2) && context.shape(2) != [.known(0)]
    guard hasSizes != hasScales else {
      throw context.invalid("expected either scales or sizes")
    }
    if hasSizes {
      self.sizes = try Schema.extents(context, 3)
    } else {
      self.scales = context.constants[2]?.floats
    }
    if let count = scales?.count ?? sizes?.count, count != axes.count {
      throw context.invalid("\(count) numbers for \(axes.count) axes")
    }
    if scales?.contains(where: { !($0 > 0 && $0.isFinite) }) == true {
      throw context.invalid("scales \(scales ?? []), expected positive numbers")
    }
  }

  /// Whether scales or sizes are known numbers.
  var isConstant: Bool { scales != nil || sizes?.known != nil }

  /// The scale of every axis of given extents, as the kernels use it.
  ///
  /// - Precondition: scales or sizes are known.
  public func scales(from inputs: [Int], to outputs: [Int]) -> [Float] {
    var result = [Float](repeating: 1, count: inputs.count)
    for (position, axis) in axes.enumerated() {
      result[axis] =
        policy == "stretch" || scales != nil
        ? scales?[position] ?? Float(outputs[axis]) / Float(inputs[axis])
        : commonScale(inputs) ?? 1
    }
    return result
  }

  /// The extents of the result.
  func outputs(for shape: Shape) throws(Diagnostic) -> Shape {
    var result = shape
    if let scales {
      for (axis, scale) in zip(axes, scales) { result[axis] = try scaled(shape[axis], by: scale) }
    } else if let sizes, policy == "stretch" {
      for (axis, size) in zip(axes, sizes) { result[axis] = size }
    } else if let inputs = shape.known, let scale = commonScale(inputs) {
      for axis in axes {
        let extent = (scale * Float(inputs[axis]) + 0.5).rounded(.down)
        guard let number = Int(exactly: extent) else {
          throw .invalid("scale \(scale) of an axis of \(inputs[axis]) is no extent")
        }
        result[axis] = .known(number)
      }
    } else {
      for axis in axes { result[axis] = .unknown }
    }
    return result
  }

  private func scaled(_ extent: Dim, by scale: Float) throws(Diagnostic) -> Dim {
    if scale == 1 { return extent }
    guard let number = extent.value else {
      return Int(exactly: scale).map { Dim.known($0) * extent } ?? .unknown
    }
    guard let result = Int(exactly: (Float(number) * scale).rounded(.down)) else {
      throw .invalid("scale \(scale) of an axis of \(extent) is no extent")
    }
    return .known(result)
  }

  /// The one scale of a policy that keeps the aspect ratio; nil under `stretch`.
  private func commonScale(_ inputs: [Int]) -> Float? {
    guard policy != "stretch", let sizes = sizes?.known,
      axes.allSatisfy({ inputs[$0] > 0 })
    else { return nil }
    let ratios = zip(axes, sizes).map { Float($1) / Float(inputs[$0]) }
    return policy == "not_larger" ? ratios.min() : ratios.max()
  }

  /// Whether an axis keeps its extent and its elements.
  func keeps(_ axis: Int, of extent: Dim, as result: Dim) -> Bool {
    guard let position = axes.firstIndex(of: axis) else { return true }
    if let scales { return scales[position] == 1 }
    return policy == "stretch" && extent.isCertainly(result)
  }
}
