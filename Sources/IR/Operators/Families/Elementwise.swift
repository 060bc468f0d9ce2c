/// Operators that compute each element of the result from the elements at the same place.
extension Schema {
  /// A function of one tensor, whose type is the operand's.
  static func unary(_ response: Response, _ attributes: [AttributeSpec] = []) -> Schema {
    Schema(
      inputs: .exactly(1), outputs: .exactly(1), attributes: attributes, shape: ShapeRules.unary,
      shapeValues: ShapeValueRules.none, axes: AxisRules.unary, cost: Plain.noCost,
      extents: Plain.noEdit, response: { _ in response }, hasBorders: Plain.noBorders)
  }

  /// A function of two tensors that broadcast.
  static func binary(
    _ response: Response, shapeValues: @escaping ShapeValueRule
  ) -> Schema {
    broadcasting(.exactly(2), response, shapeValues: shapeValues)
  }

  /// A function of tensors that broadcast; its element type is `result`, or else theirs.
  static func broadcasting(
    _ inputs: Arity, _ response: Response = .other, _ attributes: [AttributeSpec] = [],
    result: ElementType? = nil, shapeValues: @escaping ShapeValueRule = ShapeValueRules.none
  ) -> Schema {
    Schema(
      inputs: inputs, outputs: .exactly(1), attributes: attributes,
      shape: { context throws(Diagnostic) in
        let element = result ?? context.commonElement(context.inputs.indices)
        return [context.result(element, try context.broadcastShape())]
      },
      shapeValues: shapeValues, axes: AxisRules.elementwise, cost: Plain.noCost,
      extents: Plain.noEdit, response: { _ in response }, hasBorders: Plain.noBorders)
  }

  static let add = binary(.other, shapeValues: ShapeValueRules.binary(+))
  static let sub = binary(.other, shapeValues: ShapeValueRules.binary(-))
  static let mul = binary(.linear, shapeValues: ShapeValueRules.binary(*))
  static let div = binary(.linear, shapeValues: ShapeValueRules.binary(/))

  /// Mod, whose `fmod` says that the remainder takes the dividend's sign, not the divisor's.
  static let mod = broadcasting(
    .exactly(2), .other, [.int("fmod", 0)],
    shapeValues: { context in
      let floors = !context.flag("fmod")
      return ShapeValueRules.binary { left, right in
        guard let a = left.value, let b = right.value, b != 0, b != -1 else { return .unknown }
        let rest = a % b
        return .known(floors && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest)
      }(context)
    })

  /// Pow, whose result is of the base's type; positive constant powers keep zero.
  static let pow: Schema = {
    var schema = binary(.other, shapeValues: ShapeValueRules.none)
    schema.response = { context in
      context.constants[1]?.doubles?.allSatisfy { $0 > 0 } == true ? .zeroPreserving : .other
    }
    return schema
  }()

  /// Min and Max of known whole numbers are known.
  static func extremum(_ choose: @escaping @Sendable (Int, Int) -> Int) -> Schema {
    broadcasting(
      .atLeast(1),
      shapeValues: { context in
        guard context.inputs.count == 2 else {
          return [context.inputs.count == 1 ? context.shapeValues[0] : nil]
        }
        return ShapeValueRules.binary { left, right in
          guard let a = left.value, let b = right.value else {
            return left.isCertainly(right) ? left : .unknown
          }
          return .known(choose(a, b))
        }(context)
      })
  }

  /// Sum and Mean.
  static let combination = broadcasting(.atLeast(1))

  /// IsInf and IsNaN.
  static func classification(_ attributes: [AttributeSpec] = []) -> Schema {
    broadcasting(.exactly(1), .other, attributes, result: .bool)
  }

  /// PRelu: slopes broadcast to the operand, never the other way.
  static let prelu = Schema(
    inputs: .exactly(2), outputs: .exactly(1), attributes: [],
    shape: { context throws(Diagnostic) in
      if let shape = context.shape(0), let slope = context.shape(1), let both = shape.known,
        try context.broadcastShape()?.known != both
      {
        throw context.invalid("a slope of shape \(slope) does not broadcast to \(shape)")
      }
      return [context.inputs[0] ?? .unknown]
    },
    shapeValues: ShapeValueRules.none, axes: AxisRules.elementwise, cost: Plain.noCost,
    extents: Plain.noEdit, response: Plain.positivelyHomogeneous, hasBorders: Plain.noBorders)

  /// Identity hands its operand on, shape values included.
  static let identity = Schema(
    inputs: .exactly(1), outputs: .exactly(1), attributes: [], shape: ShapeRules.unary,
    shapeValues: ShapeValueRules.same, axes: AxisRules.unary, cost: Plain.noCost,
    extents: Plain.noEdit, response: Plain.linear, hasBorders: Plain.noBorders)
}

extension Schema {
  /// Cast changes the element type; whole numbers that stay whole stay shape values.
  static let cast = Schema(
    inputs: .exactly(1), outputs: .exactly(1),
    attributes: [.string("round_mode", "up"), .int("saturate", 1), .required("to", .int)],
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

  static func castTarget(_ context: OperatorContext) throws(Diagnostic) -> ElementType {
    let number = context.int("to", default: 0)
    guard let code = Int32(exactly: number), let type = ElementType(rawValue: code) else {
      throw context.invalid("attribute 'to' is \(number), which is no element type")
    }
    return type
  }
}
