/// Operators that repeat, mask or mark elements by their places.
extension Schema {
  /// Tile repeats the operand along every axis as often as operand 1 says.
  static let tile = Schema(
    inputs: .exactly(2), outputs: .exactly(1), attributes: [],
    shape: { context throws(Diagnostic) in
      guard let repeats = context.dims(1) else {
        return [
          context.result(
            context.element(0), try context.unknownShape(ofRank: context.shape(0)?.count))
        ]
      }
      for case .known(let count) in repeats where count < 0 {
        throw context.invalid("operand 1 asks for \(count) repeats")
      }
      guard let shape = context.shape(0) else {
        return [context.result(context.element(0), try context.unknownShape(repeats.count))]
      }
      guard shape.count == repeats.count else {
        throw context.invalid("\(repeats.count) repeats for a rank of \(shape.count)")
      }
      return [context.result(context.element(0), zip(shape, repeats).map { $0 * $1 })]
    },
    shapeValues: { context in
      guard let values = context.shapeValues[0], context.shape(0)?.count == 1,
        let repeats = context.integers(1), repeats.count == 1, (0...1024).contains(repeats[0]),
        values.count * repeats[0] <= 1024
      else { return [nil] }
      return [Array(repeating: values, count: repeats[0]).flatMap { $0 }]
    },
    axes: { context in
      guard let shape = context.shape(0), let repeats = context.integers(1),
        repeats.count == shape.count
      else { return AxisRules.blockAll(context, because: "is repeated unknown times") }
      var signature = AxisSignature(operands: context.inputs.count, results: 1)
      let terms = signature.free(shape)
      signature.operands[0] = terms
      signature.results[0] = zip(terms, repeats).map { term, count in
        if count == 1 { return term }
        return .product([
          .label(signature.blocked(.known(count), because: "counts repeats")), term,
        ])
      }
      return signature
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
    hasBorders: Plain.noBorders)

  /// Trilu keeps a triangle of the last two axes.
  static let trilu = Schema(
    inputs: .between(1...2), outputs: .exactly(1), attributes: [.int("upper", 1)],
    shape: { context throws(Diagnostic) in
      if let rank = context.shape(0)?.count, rank < 2 {
        throw context.invalid("operand 0 has a rank of \(rank), expected 2 or more")
      }
      return [context.inputs[0] ?? .unknown]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      let rank = context.shape(0)?.count ?? 0
      return AxisRules.mapped(
        context, blocking: [rank - 2, rank - 1], because: "is masked by places along it")
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
    hasBorders: Plain.noBorders)

  /// OneHot puts an axis at `axis` on which operand 2's second element marks each index.
  static let oneHot = Schema(
    inputs: .exactly(3), outputs: .exactly(1), attributes: [.int("axis", -1)],
    shape: { context throws(Diagnostic) in
      guard var shape = context.shape(0) else { return [context.result(context.element(2), nil)] }
      let axis = try context.axis(context.int("axis", default: -1), rank: shape.count + 1)
      shape.insert(try depth(context), at: axis)
      return [context.result(context.element(2), shape)]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      guard let shape = context.shape(0), let result = context.resultShape(0),
        let axis = try? context.axis(context.int("axis", default: -1), rank: shape.count + 1),
        axis < result.count
      else { return AxisRules.blockAll(context, because: "is marked along an unknown axis") }
      var signature = AxisSignature(operands: context.inputs.count, results: 1)
      var terms = signature.free(shape)
      signature.operands[0] = terms
      terms.insert(.label(signature.blocked(result[axis], because: "is numbered")), at: axis)
      signature.results[0] = terms
      return signature
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
    hasBorders: Plain.noBorders)

  /// The extent of OneHot's new axis.
  private static func depth(_ context: OperatorContext) throws(Diagnostic) -> Dim {
    if let depth = context.dims(1)?.first {
      if let count = depth.value, count < 0 { throw context.invalid("the depth is \(count)") }
      return depth
    }
    guard let number = context.constants[1]?.doubles?.first else { return .unknown }
    guard let count = Int(exactly: number.rounded(.towardZero)), count >= 0 else {
      throw context.invalid("the depth is \(number)")
    }
    return .known(count)
  }

  /// Det of the matrices in the last two axes.
  static let det = Schema(
    inputs: .exactly(1), outputs: .exactly(1), attributes: [],
    shape: { context throws(Diagnostic) in
      guard let shape = context.shape(0) else { return [context.result(context.element(0), nil)] }
      guard shape.count >= 2 else {
        throw context.invalid("operand 0 has a rank of \(shape.count), expected 2 or more")
      }
      _ = try context.merge(shape[shape.count - 2], shape[shape.count - 1], "the matrix")
      return [context.result(context.element(0), Array(shape.dropLast(2)))]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      let rank = context.shape(0)?.count ?? 0
      var signature = AxisRules.mapped(
        context, blocking: [rank - 2, rank - 1], because: "is multiplied out along it")
      signature.results[0]?.removeLast(min(2, rank))
      return signature
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
    hasBorders: Plain.noBorders)
}
