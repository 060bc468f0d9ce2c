/// Activations: functions of one tensor, some with parameters.
extension Schema {
  /// An activation with float attributes.
  static func activation(_ attributes: [AttributeSpec], _ response: Response) -> Schema {
    unary(response, attributes)
  }

  static let leakyRelu = activation([.float("alpha", 0.01)], .positivelyHomogeneous)
  static let hardSigmoid = activation([.float("alpha", 0.2), .float("beta", 0.5)], .other)
  static let selu = activation(
    [.float("alpha", 1.67326319), .float("gamma", 1.05070102)], .zeroPreserving)
  static let gelu = activation([.string("approximate", "none")], .zeroPreserving)

  /// FastGelu (com.microsoft), which keeps zero unless it adds a bias, operand 1, first.
  static let fastGelu: Schema = {
    var schema = broadcasting(.between(1...2))
    schema.response = { $0.has(1) ? .other : .zeroPreserving }
    return schema
  }()

  /// SwiGLU: Swish of operand 0 times operand 1, which do not broadcast.
  static let swiGLU: Schema = {
    var schema = broadcasting(.exactly(2), .other, [.float("alpha", 1)])
    schema.shape = { context throws(Diagnostic) in
      let element = context.commonElement(0...1)
      guard let gate = context.shape(0), let value = context.shape(1) else {
        return [context.result(element, context.shape(0) ?? context.shape(1))]
      }
      guard gate.count == value.count else {
        throw context.invalid("operands of shapes \(gate) and \(value), expected equal ones")
      }
      var shape: Shape = []
      for (left, right) in zip(gate, value) {
        shape.append(try context.merge(left, right, "an extent of the operands"))
      }
      return [context.result(element, shape)]
    }
    return schema
  }()

  /// ThresholdedRelu keeps zero unless the threshold is below it, where f(0) = 0 as well.
  static let thresholdedRelu = activation([.float("alpha", 1)], .zeroPreserving)

  /// Shrink keeps zero unless `lambd` is negative.
  static let shrink: Schema = {
    var schema = activation([.float("bias", 0), .float("lambd", 0.5)], .zeroPreserving)
    schema.response = { $0.float("lambd", default: 0.5) >= 0 ? .zeroPreserving : .other }
    return schema
  }()

  /// Clip's bounds are scalar operands.
  static let clip = Schema(
    inputs: .between(1...3), outputs: .exactly(1), attributes: [], shape: ShapeRules.unary,
    shapeValues: ShapeValueRules.none, axes: AxisRules.unary, cost: Plain.noCost,
    extents: Plain.noEdit,
    response: { context in
      guard let low = bound(context, 1, -.infinity), let high = bound(context, 2, .infinity) else {
        return .other
      }
      if (low == 0 || low == -.infinity) && (high == 0 || high == .infinity) {
        return .positivelyHomogeneous
      }
      return low <= 0 && high >= 0 ? .zeroPreserving : .other
    },
    hasBorders: Plain.noBorders)

  /// A bound of Clip: the default if it is left out, nil if it is not a constant.
  private static func bound(
    _ context: OperatorContext, _ index: Int, _ value: Double
  ) -> Double? {
    guard context.has(index) else { return value }
    guard let bound = context.constants[index]?.doubles, bound.count == 1 else { return nil }
    return abs(bound[0]) >= Double(Float.greatestFiniteMagnitude)
      ? (bound[0] < 0 ? -.infinity : .infinity) : bound[0]
  }

  /// Softmax and LogSoftmax; `pcc_flatten` is the form before opset 13, which takes all axes from
  /// `axis` on together.
  static let softmax = Schema(
    inputs: .exactly(1), outputs: .exactly(1),
    attributes: [.int("axis", -1), .int("pcc_flatten", 0)],
    shape: { context throws(Diagnostic) in
      _ = try softmaxAxes(context)
      return [context.inputs[0] ?? .unknown]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      guard let axes = try? softmaxAxes(context) else {
        return AxisRules.blockAll(context, because: "normalizes along an unknown axis")
      }
      return AxisRules.mapped(context, blocking: Set(axes), because: "normalizes along it")
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
    hasBorders: Plain.noBorders)

  /// The axes Softmax sums over.
  public static func softmaxAxes(_ context: OperatorContext) throws(Diagnostic) -> [Int] {
    guard let rank = context.shape(0)?.count else { return [] }
    let number = context.int("axis", default: -1)
    guard context.flag("pcc_flatten") else {
      return rank == 0 ? [] : [try context.axis(number, rank: rank)]
    }
    let first = number == rank ? rank : try context.axis(number, rank: rank)
    return Array(first..<rank)
  }
}
