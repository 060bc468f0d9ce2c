/// Shape rules that several operators share.
enum ShapeRules {
  /// One result of the first operand's type.
  static let unary: Schema.ShapeRule = { context throws(Diagnostic) in
    [context.inputs[0] ?? .unknown]
  }

  /// One result whose shape all operands broadcast to.
  static let broadcast: Schema.ShapeRule = { context throws(Diagnostic) in
    let element = context.commonElement(context.inputs.indices)
    return [context.result(element, try context.broadcastShape())]
  }
}

extension OperatorContext {
  /// The shape all operands broadcast to; nil if a rank is unknown.
  func broadcastShape() throws(Diagnostic) -> Shape? {
    var result: Shape = []
    for index in inputs.indices where inputs[index] != nil {
      guard let shape = shape(index) else { return nil }
      guard let wider = result.broadcast(with: shape) else {
        throw invalid("operand \(index) of shape \(shape) does not broadcast with \(result)")
      }
      result = wider
    }
    return result
  }
}

/// Shape-value rules that several operators share.
enum ShapeValueRules {
  /// Nothing is known of the results' elements.
  static let none: Schema.ShapeValueRule = { context in context.outputs.map { _ in nil } }

  /// The result has the elements of the first operand.
  static let same: Schema.ShapeValueRule = { context in [context.shapeValues[0]] }

  /// An elementwise operation on two integer vectors, one of which may be a scalar.
  static func binary(_ operation: @escaping @Sendable (Dim, Dim) -> Dim) -> Schema.ShapeValueRule {
    { context in
      guard let left = context.shapeValues[0], let right = context.shapeValues[1] else {
        return [nil]
      }
      if left.count == right.count { return [zip(left, right).map(operation)] }
      if left.count == 1 { return [right.map { operation(left[0], $0) }] }
      if right.count == 1 { return [left.map { operation($0, right[0]) }] }
      return [nil]
    }
  }
}

/// Cost, extent, response and border rules that say there is nothing to say.
enum Plain {
  static let noCost: Schema.CostRule = { _, _ in nil }
  static let noEdit: Schema.ExtentRule = { _, _ in .none }
  static let noBorders: Schema.BorderRule = { _ in false }
  static let linear: Schema.ResponseRule = { _ in .linear }
  static let positivelyHomogeneous: Schema.ResponseRule = { _ in .positivelyHomogeneous }
  static let zeroPreserving: Schema.ResponseRule = { _ in .zeroPreserving }
  static let otherResponse: Schema.ResponseRule = { _ in .other }
}
