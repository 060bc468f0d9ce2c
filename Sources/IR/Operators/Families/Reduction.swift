/// Reductions over axes that an operand names.
extension Schema {
  private static let reductionAttributes: [AttributeSpec] = [
    .int("keepdims", 1), .int("noop_with_empty_axes", 0),
  ]

  /// ReduceSum contracts its axes: x[n, c, h] -> y[n, h] over axis 1.
  static let reduceSum = reduction(.linear) { _, signature, extent in signature.free(extent) }

  /// ReduceMean divides by the extent, so its axes are compensated; those of whole numbers, which it
  /// rounds, are blocked.
  static let reduceMean = reduction(.linear) { context, signature, extent in
    context.element(0)?.isFloatingPoint == true
      ? signature.compensated(extent, .mean)
      : signature.blocked(extent, because: "averages whole numbers over it")
  }

  /// ReduceL1, ReduceL2 and ReduceSumSquare do not notice a zero more or less.
  static func norm(_ response: Response) -> Schema {
    reduction(response) { _, signature, extent in signature.free(extent) }
  }

  /// Reductions in which a zero counts.
  static func fold(_ response: Response) -> Schema {
    reduction(response) { _, signature, extent in
      signature.blocked(extent, because: "reduces it in a way that zeros count in")
    }
  }

  private static func reduction(
    _ response: Response,
    _ reduced:
      @escaping @Sendable (OperatorContext, inout AxisSignature, Dim) ->
      AxisSignature.Label
  ) -> Schema {
    Schema(
      inputs: .between(1...2), outputs: .exactly(1), attributes: reductionAttributes,
      shape: { context throws(Diagnostic) in
        guard let shape = context.shape(0) else { return [context.result(context.element(0), nil)] }
        guard let axes = try reducedAxes(context) else {
          let unknown = shape.map { _ in Dim.unknown }
          return [
            context.result(
              context.element(0), context.int("keepdims", default: 1) != 0 ? unknown : nil)
          ]
        }
        var result: Shape = []
        for (axis, extent) in shape.enumerated() {
          if !axes.contains(axis) {
            result.append(extent)
          } else if context.int("keepdims", default: 1) != 0 {
            result.append(.known(1))
          }
        }
        return [context.result(context.element(0), result)]
      },
      shapeValues: ShapeValueRules.none,
      axes: { context in
        guard let shape = context.shape(0), let axes = try? reducedAxes(context) else {
          return AxisRules.blockAll(context, because: "reduces axes that are not constant")
        }
        var signature = AxisSignature(
          operands: context.inputs.count, results: context.outputs.count)
        var operand: [AxisSignature.Term] = []
        var result: [AxisSignature.Term] = []
        for (axis, extent) in shape.enumerated() {
          if axes.contains(axis) {
            operand.append(.label(reduced(context, &signature, extent)))
            if context.int("keepdims", default: 1) != 0 { result.append(.one) }
          } else {
            operand.append(.label(signature.free(extent)))
            result.append(operand[axis])
          }
        }
        signature.operands[0] = operand
        signature.results[0] = result
        return signature
      },
      cost: Plain.noCost, extents: Plain.noEdit, response: { _ in response },
      hasBorders: Plain.noBorders)
  }

  /// The axes a reduction sums over; nil if they are not constant or the rank is unknown.
  public static func reducedAxes(_ context: OperatorContext) throws(Diagnostic) -> Set<Int>? {
    guard let rank = context.shape(0)?.count else { return nil }
    var numbers: [Int] = []
    if context.has(1) {
      guard let axes = context.integers(1) else { return nil }
      numbers = axes
    }
    if numbers.isEmpty { return context.flag("noop_with_empty_axes") ? [] : Set(0..<rank) }
    return Set(try context.axes(numbers, rank: rank))
  }
}
