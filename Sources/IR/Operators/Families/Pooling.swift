/// Pooling: x[n, c, ~] -> y[n, c, ~].
extension Schema {
  static let poolAttributes: [AttributeSpec] = [
    .string("auto_pad", "NOTSET"), .int("ceil_mode", 0), .derived("dilations", .ints),
    .required("kernel_shape", .ints), .derived("pads", .ints), .derived("strides", .ints),
  ]

  static let maxPool = Schema(
    inputs: .exactly(1), outputs: .between(1...2),
    attributes: poolAttributes + [.int("storage_order", 0)], shape: poolType,
    shapeValues: ShapeValueRules.none, axes: poolAxes, cost: Plain.noCost,
    extents: Plain.noEdit, response: Plain.positivelyHomogeneous, hasBorders: Plain.noBorders)

  static let averagePool = Schema(
    inputs: .exactly(1), outputs: .exactly(1),
    attributes: poolAttributes + [.int("count_include_pad", 0)], shape: poolType,
    shapeValues: ShapeValueRules.none, axes: poolAxes, cost: Plain.noCost,
    extents: Plain.noEdit, response: Plain.linear,
    hasBorders: { context in
      guard context.flag("count_include_pad") else { return false }
      guard let geometry = try? ConvolutionGeometry(pooling: context) else { return true }
      return geometry.windows.contains { $0.mayPad }
    })

  /// LpPool: (Σ |x|^p)^(1/p) over each window.
  static let lpPool = Schema(
    inputs: .exactly(1), outputs: .exactly(1), attributes: poolAttributes + [.int("p", 2)],
    shape: poolType, shapeValues: ShapeValueRules.none, axes: poolAxes, cost: Plain.noCost,
    extents: Plain.noEdit, response: Plain.positivelyHomogeneous, hasBorders: Plain.borders)

  static let globalAveragePool = globalPool([], Plain.linear, because: "averages over it")
  static let globalMaxPool = globalPool(
    [], Plain.positivelyHomogeneous, because: "takes the largest along it")
  static let globalLpPool = globalPool(
    [.int("p", 2)], Plain.positivelyHomogeneous, because: "takes the norm along it")

  /// x[n, c, ~] -> y[n, c, 1…].
  private static func globalPool(
    _ attributes: [AttributeSpec], _ response: @escaping ResponseRule, because reason: String
  ) -> Schema {
    Schema(
      inputs: .exactly(1), outputs: .exactly(1), attributes: attributes,
      shape: { context throws(Diagnostic) in
        guard let shape = context.shape(0) else { return [context.inputs[0] ?? .unknown] }
        guard shape.count >= 2 else {
          throw context.invalid("input of rank \(shape.count), expected 2 or more")
        }
        let spatial = Shape(repeating: .known(1), count: shape.count - 2)
        return [context.result(context.element(0), shape.prefix(2) + spatial)]
      },
      shapeValues: ShapeValueRules.none,
      axes: { context in
        var signature = AxisSignature(operands: 1, results: 1)
        guard let shape = context.shape(0) else { return signature }
        let mapped = signature.free(shape.prefix(2))
        let spatial = shape.dropFirst(2)
        signature.operands[0] = mapped + signature.blocked(spatial, reason)
        signature.results[0] = mapped + spatial.map { _ in .one }
        return signature
      },
      cost: Plain.noCost, extents: Plain.noEdit, response: response,
      hasBorders: Plain.noBorders)
  }

  private static let poolType: ShapeRule = { context throws(Diagnostic) in
    let geometry = try ConvolutionGeometry(pooling: context)
    var type = context.inputs[0] ?? .unknown
    if let shape = context.shape(0) {
      let spatial = try geometry.outputs(for: shape.dropFirst(2).map { $0 }, context)
      type = context.result(context.element(0), shape.prefix(2) + spatial)
    }
    let indices = type.tensor.map { ValueType.tensor(.int64, $0.shape) } ?? .unknown
    return [type] + context.node.outputs.dropFirst().map { _ in indices }
  }

  /// With the second result of MaxPool, which numbers elements of the whole tensor, nothing is
  /// free.
  private static let poolAxes: AxisRule = { context in
    if context.node.output(1) != nil {
      return AxisRules.blockAll(context, because: "numbers its elements")
    }
    var signature = AxisSignature(operands: 1, results: context.outputs.count)
    guard let shape = context.shape(0), let result = context.resultShape(0) else {
      return signature
    }
    let mapped = signature.free(shape.prefix(2))
    signature.operands[0] = mapped + signature.blocked(shape.dropFirst(2), "slides along it")
    signature.results[0] = mapped + signature.blocked(result.dropFirst(2), "slides along it")
    return signature
  }
}
