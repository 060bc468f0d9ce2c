/// Operators about shapes, and constants.
extension Schema {
  /// Shape returns the extents of its operand, from `start` to before `end`.
  static let shapeOf = Schema(
    inputs: .exactly(1), outputs: .exactly(1),
    attributes: [.derived("end", .int), .int("start", 0)],
    shape: { context throws(Diagnostic) in
      let count = shapeRange(context).map { Dim.known($0.count) } ?? .unknown
      return [.tensor(.int64, [count])]
    },
    shapeValues: { context in
      guard let shape = context.shape(0), let range = shapeRange(context) else { return [nil] }
      return [Array(shape[range])]
    },
    axes: AxisRules.blocked("has its extents read"), cost: Plain.noCost, extents: Plain.noEdit,
    response: Plain.otherResponse, hasBorders: Plain.noBorders)

  /// The axes whose extents Shape returns; nil if the rank is unknown.
  static func shapeRange(_ context: OperatorContext) -> Range<Int>? {
    guard let rank = context.shape(0)?.count else { return nil }
    func clamp(_ number: Int) -> Int { min(max(number < 0 ? number + rank : number, 0), rank) }
    let start = clamp(context.int("start", default: 0))
    let end = clamp(context.int("end", default: rank))
    return start..<max(start, end)
  }

  /// Constant nodes become constant values at import; one that remains has its attribute's type.
  static let constant = Schema(
    inputs: .exactly(0), outputs: .exactly(1),
    attributes: [
      .derived("value", .tensor), .derived("value_float", .float),
      .derived("value_floats", .floats),
      .derived("value_int", .int), .derived("value_ints", .ints),
      .derived("value_string", .string), .derived("value_strings", .strings),
    ],
    shape: { context throws(Diagnostic) in
      let attributes = context.node.attributes
      if let tensor = attributes.tensor("value") {
        return [.tensor(tensor.type, Shape(tensor.shape))]
      }
      if attributes.float("value_float") != nil { return [.tensor(.float32, [])] }
      if let list = attributes.floats("value_floats") {
        return [.tensor(.float32, [.known(list.count)])]
      }
      if attributes.int("value_int") != nil { return [.tensor(.int64, [])] }
      if let list = attributes.ints("value_ints") { return [.tensor(.int64, [.known(list.count)])] }
      if attributes.string("value_string") != nil { return [.tensor(.string, [])] }
      if case .strings(let list)? = attributes["value_strings"] {
        return [.tensor(.string, [.known(list.count)])]
      }
      throw context.invalid("no attribute gives the value")
    },
    shapeValues: { context in
      let attributes = context.node.attributes
      if let tensor = attributes.tensor("value") {
        return [OperatorContext.shapeValue(of: tensor)]
      }
      return [
        (attributes.ints("value_ints") ?? attributes.int("value_int").map { [$0] })
          .map { $0.map(Dim.known) }
      ]
    },
    axes: AxisRules.blocked("is a constant without an editable tensor"), cost: Plain.noCost,
    extents: Plain.noEdit, response: Plain.otherResponse, hasBorders: Plain.noBorders)

  /// ConstantOfShape fills a shape with one number.
  static let constantOfShape = Schema(
    inputs: .exactly(1), outputs: .exactly(1), attributes: [.derived("value", .tensor)],
    shape: { context throws(Diagnostic) in
      let fill = context.node.attributes.tensor("value")
      if let fill, fill.count != 1 {
        throw context.invalid("attribute 'value' has \(fill.count) elements, expected 1")
      }
      var shape = try extents(context, 0)
      if shape == nil { shape = try context.unknownShape(ofRank: context.length(0)) }
      return [.tensor(fill?.type ?? .float32, shape)]
    },
    shapeValues: { context in
      guard let fill = context.node.attributes.tensor("value"),
        let value = OperatorContext.shapeValue(of: fill), value.count == 1,
        let shape = context.integers(0), let count = Tensor.count(of: shape),
        shape.count <= 1, count <= 1024
      else { return [nil] }
      return [Array(repeating: value[0], count: count)]
    },
    axes: { context in
      guard let shape = context.resultShape(0) else {
        return AxisRules.blockAll(context, because: "takes its extents from a computed shape")
      }
      var signature = AxisSignature(operands: 1, results: 1)
      signature.results[0] = signature.free(shape)
      return signature
    },
    cost: Plain.noCost,
    extents: { context, _ in
      guard let shape = context.resultShape(0) else { return .none }
      guard let extents = shape.known, context.integers(0) != nil else {
        return context.patch(0, to: shape)
      }
      return extents == context.integers(0)
        ? .none : ExtentEdit(operands: [0: Tensor(extents.map(Int64.init))])
    },
    response: Plain.otherResponse, hasBorders: Plain.noBorders)

  /// The extents an operand lists; nil if nothing is known of them.
  static func extents(_ context: OperatorContext, _ index: Int) throws(Diagnostic) -> Shape? {
    guard let shape = context.dims(index) else { return nil }
    for case .known(let extent) in shape where extent < 0 {
      throw context.invalid("operand \(index) asks for an extent of \(extent)")
    }
    return shape
  }
}

extension OperatorContext {
  /// The largest rank pcc makes a shape of, so that a file cannot ask for billions of axes.
  static let rankLimit = 64

  /// A shape of so many unknown extents; nil if their number is not known.
  func unknownShape(ofRank rank: Int?) throws(Diagnostic) -> Shape? {
    guard let rank else { return nil }
    return try unknownShape(rank)
  }

  /// A shape of so many unknown extents.
  func unknownShape(_ rank: Int) throws(Diagnostic) -> Shape {
    guard rank <= OperatorContext.rankLimit else {
      throw .unsupported("a rank of \(rank), beyond \(OperatorContext.rankLimit)", at: site)
    }
    return Array(repeating: .unknown, count: rank)
  }
}
