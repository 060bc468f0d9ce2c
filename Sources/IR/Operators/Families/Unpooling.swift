/// Pooling over regions, and its reversal.
extension Schema {
  /// MaxUnpool puts each element where the index in operand 1 says; operand 2 may give the shape.
  static let maxUnpool = mixing(
    because: "is put where indices say", inputs: .between(2...3), outputs: .exactly(1),
    attributes: [
      .required("kernel_shape", .ints), .derived("pads", .ints), .derived("strides", .ints),
    ], positions: Plain.noPositions
  ) { context throws(Diagnostic) in
    guard let shape = context.shape(0) else { return [context.result(context.element(0), nil)] }
    if context.has(2) {
      let given = context.dims(2) ?? shape.map { _ in .unknown }
      guard given.count == shape.count else {
        throw context.invalid("output shape of \(given.count) extents, expected \(shape.count)")
      }
      return [context.result(context.element(0), given)]
    }
    let geometry = try ConvolutionGeometry(pooling: context)
    var result = Shape(shape.prefix(2))
    for (window, extent) in zip(geometry.windows, shape.dropFirst(2)) {
      guard let extent = extent.value, let pads = window.pads(for: extent),
        let span = window.transposedSpan(for: extent, outputPadding: 0)
      else {
        result.append(.unknown)
        continue
      }
      let unpadded = span - pads.begin - pads.end
      guard unpadded >= 0 else { throw context.invalid("pads leave an extent of \(unpadded)") }
      result.append(.known(unpadded))
    }
    return [context.result(context.element(0), result)]
  }

  /// RoiAlign: operands are x[n, c, ~, ~], regions [r, 4] and their images [r].
  static let roiAlign = regions(
    inputs: 3,
    [
      .string("coordinate_transformation_mode", "half_pixel"), .string("mode", "avg"),
      .int("output_height", 1), .int("output_width", 1), .int("sampling_ratio", 0),
      .float("spatial_scale", 1),
    ]
  ) { context throws(Diagnostic) in
    [context.int("output_height", default: 1), context.int("output_width", default: 1)]
  }

  /// MaxRoiPool: operands are x[n, c, ~, ~] and regions [r, 5], which begin with their image.
  static let maxRoiPool = regions(
    inputs: 2, [.required("pooled_shape", .ints), .float("spatial_scale", 1)]
  ) { context throws(Diagnostic) in context.node.attributes.ints("pooled_shape") ?? [] }

  /// x[~, c, ~, ~]  regions _  ->  y[r, c, ~, ~].
  private static func regions(
    inputs: Int, _ attributes: [AttributeSpec],
    _ extents: @escaping @Sendable (OperatorContext) throws(Diagnostic) -> [Int]
  ) -> Schema {
    Schema(
      inputs: .exactly(inputs), outputs: .exactly(1), attributes: attributes,
      shape: { context throws(Diagnostic) in
        let spatial = try extents(context)
        guard spatial.count == 2, spatial.allSatisfy({ $0 >= 1 && $0 <= Window.limit }) else {
          throw context.invalid("pooled extents \(spatial), expected 2 numbers from 1 on")
        }
        let image = try context.shape(0, ofRank: 4)
        let count = try context.shape(1, ofRank: 2)[0]
        return [context.result(context.element(0), [count, image[1]] + Shape(spatial))]
      },
      shapeValues: ShapeValueRules.none,
      axes: { context in
        let reason = "is sampled at regions of it"
        var signature = AxisSignature(operands: inputs, results: 1)
        guard let shape = context.shape(0), let result = context.resultShape(0) else {
          return signature
        }
        let channels = AxisSignature.Term.label(signature.free(shape[1]))
        signature.operands[0] =
          signature.blocked([shape[0]], reason) + [channels]
          + signature.blocked(shape[2...], reason)
        signature.results[0] =
          signature.blocked([result[0]], reason) + [channels]
          + signature.blocked(result[2...], reason)
        return signature
      },
      cost: Plain.noCost, extents: Plain.noEdit, response: Plain.positivelyHomogeneous,
      hasBorders: Plain.borders)
  }
}
