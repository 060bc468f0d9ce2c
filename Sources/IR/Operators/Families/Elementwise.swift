/// Operators that compute each element of the result from the elements at the same place.
extension Schema {
  /// A function of one tensor without attributes, whose type is the operand's.
  static func unary(_ response: Response) -> Schema {
    Schema(
      inputs: .exactly(1), outputs: .exactly(1), attributes: [], shape: ShapeRules.unary,
      shapeValues: ShapeValueRules.none, axes: AxisRules.unary, cost: Plain.noCost,
      extents: Plain.noEdit, response: { _ in response }, hasBorders: Plain.noBorders)
  }

  /// A function of two tensors that broadcast.
  static func binary(
    _ response: Response, shapeValues: @escaping ShapeValueRule
  ) -> Schema {
    Schema(
      inputs: .exactly(2), outputs: .exactly(1), attributes: [], shape: ShapeRules.broadcast,
      shapeValues: shapeValues, axes: AxisRules.elementwise, cost: Plain.noCost,
      extents: Plain.noEdit, response: { _ in response }, hasBorders: Plain.noBorders)
  }

  static let add = binary(.other, shapeValues: ShapeValueRules.binary(+))
  static let sub = binary(.other, shapeValues: ShapeValueRules.binary(-))
  static let mul = binary(.linear, shapeValues: ShapeValueRules.binary(*))
  static let div = binary(.linear, shapeValues: ShapeValueRules.binary(/))

  /// Identity hands its operand on, shape values included.
  static let identity = Schema(
    inputs: .exactly(1), outputs: .exactly(1), attributes: [], shape: ShapeRules.unary,
    shapeValues: ShapeValueRules.same, axes: AxisRules.unary, cost: Plain.noCost,
    extents: Plain.noEdit, response: Plain.linear, hasBorders: Plain.noBorders)

  /// Cast changes the element type; whole numbers that stay whole stay shape values.
  static let cast = Schema(
    inputs: .exactly(1), outputs: .exactly(1),
    attributes: [.int("saturate", 1), .required("to", .int)],
    shape: { context throws(Diagnostic) in
      [.tensor(try castTarget(context), context.shape(0))]
    },
    shapeValues: { context in
      switch (context.element(0), Int32(exactly: context.int("to", default: 0))) {
      case (.int64, 6), (.int64, 7), (.int32, 6), (.int32, 7): [context.shapeValues[0]]
      case (_, _): [nil]
      }
    },
    axes: AxisRules.unary, cost: Plain.noCost, extents: Plain.noEdit,
    response: { context in
      let target = try? castTarget(context)
      return context.element(0)?.isFloatingPoint == true && target?.isFloatingPoint == true
        ? .linear : .zeroPreserving
    },
    hasBorders: Plain.noBorders)

  private static func castTarget(_ context: OperatorContext) throws(Diagnostic) -> ElementType {
    let number = context.int("to", default: 0)
    guard let code = Int32(exactly: number), let type = ElementType(rawValue: code) else {
      throw context.invalid("attribute 'to' is \(number), which is no element type")
    }
    return type
  }
}
