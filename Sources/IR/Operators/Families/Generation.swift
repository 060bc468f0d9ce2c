/// Operators that make tensors from numbers, shapes or chance.
extension Schema {
  /// A generator whose result nothing may be removed from.
  private static func generator(
    _ inputs: Arity, _ attributes: [AttributeSpec], because reason: String,
    shapeValues: @escaping ShapeValueRule = ShapeValueRules.none, _ shape: @escaping ShapeRule
  ) -> Schema {
    Schema(
      inputs: inputs, outputs: .exactly(1), attributes: attributes, shape: shape,
      shapeValues: shapeValues, axes: AxisRules.blocked(reason), cost: Plain.noCost,
      extents: Plain.noEdit, response: Plain.otherResponse, hasBorders: Plain.noBorders)
  }

  /// The element type an attribute names; nil where it is left out.
  private static func named(_ context: OperatorContext, _ attribute: String)
    throws(Diagnostic) -> ElementType?
  {
    guard let number = context.node.attributes.int(attribute) else { return nil }
    guard let code = Int32(exactly: number), let type = ElementType(rawValue: code) else {
      throw context.invalid("attribute '\(attribute)' is \(number), which is no element type")
    }
    return type
  }

  /// Range counts from operand 0 to before operand 1 in steps of operand 2.
  static let range = generator(
    .exactly(3), [.int("stash_type", 1)], because: "is counted",
    shapeValues: { context in
      guard let start = context.shapeValues[0]?.first?.value,
        let step = context.shapeValues[2]?.first?.value,
        let count = rangeCount(context)?.value, count <= 1024
      else { return [nil] }
      return [(0..<count).map { .known(start) + .known($0) * .known(step) }]
    },
    { context throws(Diagnostic) in
      if context.shapeValues[2]?.first == .known(0) {
        throw context.invalid("the step is 0")
      }
      return [
        context.result(context.commonElement(0..<3), [rangeCount(context) ?? .unknown])
      ]
    })

  /// How many numbers Range makes; nil if that is not known.
  private static func rangeCount(_ context: OperatorContext) -> Dim? {
    guard let start = context.shapeValues[0]?.first, let end = context.shapeValues[1]?.first,
      let step = context.shapeValues[2]?.first?.value, step != 0
    else { return nil }
    if start == .known(0), step == 1, end.value == nil { return end }
    guard let first = start.value, let last = end.value,
      let span = (CheckedInt(last) - CheckedInt(first)).value, step != -1 || span != .min
    else { return nil }
    let (quotient, rest) = span.quotientAndRemainder(dividingBy: step)
    return .known(max(0, rest != 0 && (rest < 0) == (step < 0) ? quotient + 1 : quotient))
  }

  /// EyeLike: ones on diagonal `k` of zeros in the shape of operand 0.
  static let eyeLike = generator(
    .exactly(1), [.derived("dtype", .int), .int("k", 0)], because: "has its extents read"
  ) { context throws(Diagnostic) in
    if let rank = context.shape(0)?.count, rank != 2 {
      throw context.invalid("operand 0 has a rank of \(rank), expected 2")
    }
    return [context.result(try named(context, "dtype") ?? context.element(0), context.shape(0))]
  }

  /// RandomNormal and RandomUniform, between them the attributes `first` and `second`.
  static func random(_ first: AttributeSpec, _ second: AttributeSpec) -> Schema {
    generator(
      .exactly(0),
      [.int("dtype", 1), first, second, .derived("seed", .float), .required("shape", .ints)],
      because: "is drawn by chance"
    ) { context throws(Diagnostic) in
      let shape = context.node.attributes.ints("shape") ?? []
      guard Tensor.count(of: shape) != nil else {
        throw context.invalid("shape \(shape) has no element count")
      }
      return [.tensor(try named(context, "dtype") ?? .float32, Shape(shape))]
    }
  }

  /// RandomNormalLike, RandomUniformLike and Bernoulli, in the shape of operand 0.
  static func randomLike(_ parameters: [AttributeSpec]) -> Schema {
    generator(
      .exactly(1), [.derived("dtype", .int), .derived("seed", .float)] + parameters,
      because: "is drawn by chance"
    ) { context throws(Diagnostic) in
      [context.result(try named(context, "dtype") ?? context.element(0), context.shape(0))]
    }
  }

  /// Multinomial draws `sample_size` classes for each row of log-probabilities.
  static let multinomial = generator(
    .exactly(1), [.int("dtype", 6), .int("sample_size", 1), .derived("seed", .float)],
    because: "is drawn by chance"
  ) { context throws(Diagnostic) in
    let count = context.int("sample_size", default: 1)
    guard count >= 0 else { throw context.invalid("sample_size is \(count)") }
    if let rank = context.shape(0)?.count, rank != 2 {
      throw context.invalid("operand 0 has a rank of \(rank), expected 2")
    }
    let rows = context.shape(0)?.first ?? .unknown
    return [.tensor(try named(context, "dtype") ?? .int32, [rows, .known(count)])]
  }

  /// BlackmanWindow, HannWindow and HammingWindow of a size that operand 0 gives.
  static let windowFunction = generator(
    .exactly(1), [.int("output_datatype", 1), .int("periodic", 1)], because: "is counted"
  ) { context throws(Diagnostic) in
    let size = context.dims(0)?.first ?? .unknown
    if let count = size.value, count < 0 {
      throw context.invalid("operand 0 asks for an extent of \(count)")
    }
    return [.tensor(try named(context, "output_datatype") ?? .float32, [size])]
  }

  /// Size: the number of elements.
  static let size = generator(
    .exactly(1), [], because: "has its extents read",
    shapeValues: { context in [context.shape(0).map { [$0.reduce(.known(1), *)] }] },
    { _ throws(Diagnostic) in [.tensor(.int64, [])] })

  /// CastLike: Cast to the element type of operand 1.
  static let castLike = Schema(
    inputs: .exactly(2), outputs: .exactly(1),
    attributes: [.string("round_mode", "up"), .int("saturate", 1)],
    shape: { context throws(Diagnostic) in [context.result(context.element(1), context.shape(0))] },
    shapeValues: { context in
      let wide: Set<ElementType?> = [.int32, .int64]
      return [
        wide.contains(context.element(0)) && context.element(1) == .int64
          ? context.shapeValues[0] : nil
      ]
    },
    axes: AxisRules.unary, cost: Plain.noCost, extents: Plain.noEdit,
    response: Plain.otherResponse, hasBorders: Plain.noBorders)

  /// BitCast reads elements as those of a type of the same width.
  static let bitCast = Schema(
    inputs: .exactly(1), outputs: .exactly(1), attributes: [.required("to", .int)],
    shape: { context throws(Diagnostic) in
      let target = try castTarget(context)
      if let source = context.element(0), source.bitWidth != target.bitWidth || source == .string {
        throw context.invalid("bits of \(source.textName) cannot be read as \(target.textName)")
      }
      return [.tensor(target, context.shape(0))]
    },
    shapeValues: ShapeValueRules.none, axes: AxisRules.unary, cost: Plain.noCost,
    extents: Plain.noEdit, response: Plain.otherResponse, hasBorders: Plain.noBorders)
}
