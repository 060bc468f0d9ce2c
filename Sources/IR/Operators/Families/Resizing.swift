/// Resize: operands are the data, a region of interest, scales and sizes; scales or sizes are
/// given.
extension Schema {
  static let resize = Schema(
    inputs: .between(1...4), outputs: .exactly(1),
    attributes: [
      .int("antialias", 0), .derived("axes", .ints),
      .string("coordinate_transformation_mode", "half_pixel"), .float("cubic_coeff_a", -0.75),
      .int("exclude_outside", 0), .float("extrapolation_value", 0),
      .string("keep_aspect_ratio_policy", "stretch"), .string("mode", "nearest"),
      .string("nearest_mode", "round_prefer_floor"),
    ],
    shape: { context throws(Diagnostic) in
      guard let shape = context.shape(0) else {
        return [context.result(context.element(0), nil)]
      }
      return [context.result(context.element(0), try ResizeView(context).outputs(for: shape))]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      guard let shape = context.shape(0), let result = context.resultShape(0),
        let view = try? ResizeView(context)
      else {
        return AxisRules.blockAll(context, because: "resizes it")
      }
      guard view.isConstant || view.sizes != nil && view.policy == "stretch",
        view.mode != "tf_crop_and_resize"
      else {
        return AxisRules.blockAll(context, because: "takes its extents from a computed shape")
      }
      var signature = AxisSignature(operands: context.inputs.count, results: 1)
      var operand: [AxisSignature.Term] = []
      var terms: [AxisSignature.Term] = []
      for (axis, extent) in shape.enumerated() {
        if view.keeps(axis, of: extent, as: result[axis]) {
          operand.append(.label(signature.free(extent)))
          terms.append(operand[axis])
        } else {
          operand.append(.label(signature.blocked(extent, because: "resizes it")))
          terms.append(.label(signature.blocked(result[axis], because: "resizes it")))
        }
      }
      signature.operands[0] = operand
      signature.results[0] = terms
      return signature
    },
    cost: Plain.noCost,
    extents: { context, _ in
      guard let shape = context.resultShape(0), let view = try? ResizeView(context),
        let symbolic = view.sizes
      else { return .none }
      guard let old = symbolic.known else {
        return context.patch(3, to: view.axes.map { shape[$0] })
      }
      let sizes = zip(view.axes, old).map { shape[$0].value ?? $1 }
      return sizes == context.constants[3]?.integers
        ? .none : ExtentEdit(operands: [3: Tensor(sizes.map(Int64.init))])
    },
    response: { context in
      (try? ResizeView(context))?.mode == "tf_crop_and_resize" ? .other : .linear
    },
    hasBorders: { context in (try? ResizeView(context))?.mode == "tf_crop_and_resize" })
}
