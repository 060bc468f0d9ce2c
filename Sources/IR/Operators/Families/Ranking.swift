/// Operators that order the elements along an axis, or add them up one after the other.
extension Schema {
  /// ArgMax and ArgMin: the place of the largest or smallest element along `axis`.
  static let argument = Schema(
    inputs: .exactly(1), outputs: .exactly(1),
    attributes: [.int("axis", 0), .int("keepdims", 1), .int("select_last_index", 0)],
    shape: { context throws(Diagnostic) in
      guard var shape = context.shape(0) else { return [.tensor(.int64, nil)] }
      if shape.isEmpty { return [.tensor(.int64, [])] }
      let axis = try context.axis(context.int("axis", default: 0), rank: shape.count)
      if context.int("keepdims", default: 1) != 0 {
        shape[axis] = .known(1)
      } else {
        shape.remove(at: axis)
      }
      return [.tensor(.int64, shape)]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      guard let shape = context.shape(0), !shape.isEmpty,
        let axis = try? context.axis(context.int("axis", default: 0), rank: shape.count)
      else { return AxisRules.blockAll(context, because: "searches an unknown axis") }
      var signature = AxisRules.mapped(context, blocking: [axis], because: "is searched along it")
      if context.int("keepdims", default: 1) != 0 {
        signature.results[0]?[axis] = .one
      } else {
        signature.results[0]?.remove(at: axis)
      }
      return signature
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
    hasBorders: Plain.noBorders)

  /// TopK: the so many largest or smallest elements along `axis`, and their places.
  static let topK = Schema(
    inputs: .exactly(2), outputs: .exactly(2),
    attributes: [.int("axis", -1), .int("largest", 1), .int("sorted", 1)],
    shape: { context throws(Diagnostic) in
      guard var shape = context.shape(0) else {
        return [context.result(context.element(0), nil), .tensor(.int64, nil)]
      }
      let axis = try context.axis(context.int("axis", default: -1), rank: shape.count)
      let count = context.dims(1)?.first ?? .unknown
      if let count = count.value, count < 0 || count > shape[axis].value ?? .max {
        throw context.invalid("the \(count) first of \(shape[axis]) elements are asked for")
      }
      shape[axis] = count
      return [context.result(context.element(0), shape), .tensor(.int64, shape)]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      guard let shape = context.shape(0), let result = context.resultShape(0),
        result.count == shape.count,
        let axis = try? context.axis(context.int("axis", default: -1), rank: shape.count)
      else { return AxisRules.blockAll(context, because: "is ordered along an unknown axis") }
      var signature = AxisRules.mapped(context, blocking: [axis], because: "is ordered along it")
      let kept = signature.blocked(result[axis], because: "is ordered along it")
      for index in signature.results.indices { signature.results[index]?[axis] = .label(kept) }
      return signature
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
    hasBorders: Plain.noBorders)

  /// CumSum and CumProd along the axis that operand 1 names.
  static let cumulation = Schema(
    inputs: .exactly(2), outputs: .exactly(1),
    attributes: [.int("exclusive", 0), .int("reverse", 0)],
    shape: { context throws(Diagnostic) in
      _ = try cumulatedAxis(context)
      return [context.inputs[0] ?? .unknown]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      guard let axis = try? cumulatedAxis(context) else {
        return AxisRules.blockAll(context, because: "runs along an unknown axis")
      }
      return AxisRules.mapped(context, blocking: [axis], because: "runs along it")
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
    hasBorders: Plain.noBorders)

  private static func cumulatedAxis(_ context: OperatorContext) throws(Diagnostic) -> Int? {
    guard let rank = context.shape(0)?.count, let number = context.integers(1)?.first else {
      return nil
    }
    return try context.axis(number, rank: rank)
  }

  /// Unique: the different elements, or the different slices along `axis`, with the places of the
  /// first of each, the number of each element's kind, and how many there are of each.
  static let unique = Schema(
    inputs: .exactly(1), outputs: .between(1...4),
    attributes: [.derived("axis", .int), .int("sorted", 1)],
    shape: { context throws(Diagnostic) in
      var shape: Shape? = [.unknown]
      if let number = context.node.attributes.int("axis") {
        shape = context.shape(0)
        if let rank = shape?.count { shape?[try context.axis(number, rank: rank)] = .unknown }
      }
      let list = ValueType.tensor(.int64, [.unknown])
      return [context.result(context.element(0), shape), list, list, list]
    },
    shapeValues: ShapeValueRules.none, axes: AxisRules.blocked("is compared as a whole"),
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
    hasBorders: Plain.noBorders)

  /// Compress: the indices of `axis`, or of all elements, at which operand 1 is true.
  static let compress = Schema(
    inputs: .exactly(2), outputs: .exactly(1), attributes: [.derived("axis", .int)],
    shape: { context throws(Diagnostic) in
      guard let number = context.node.attributes.int("axis") else {
        return [context.result(context.element(0), [.unknown])]
      }
      guard var shape = context.shape(0) else { return [context.result(context.element(0), nil)] }
      shape[try context.axis(number, rank: shape.count)] = .unknown
      return [context.result(context.element(0), shape)]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      guard let shape = context.shape(0), let result = context.resultShape(0),
        let number = context.node.attributes.int("axis"),
        let axis = try? context.axis(number, rank: shape.count), result.count == shape.count
      else { return AxisRules.blockAll(context, because: "is picked from by computed places") }
      var signature = AxisRules.mapped(
        context, blocking: [axis], because: "is picked from by computed places")
      let kept = signature.blocked(result[axis], because: "is picked from by computed places")
      signature.results[0]?[axis] = .label(kept)
      return signature
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
    hasBorders: Plain.noBorders)

  /// NonZero: the coordinates of elements that are not zero, one a column.
  static let nonZero = Schema(
    inputs: .exactly(1), outputs: .exactly(1), attributes: [],
    shape: { context throws(Diagnostic) in
      [.tensor(.int64, [context.shape(0).map { .known($0.count) } ?? .unknown, .unknown])]
    },
    shapeValues: ShapeValueRules.none, axes: AxisRules.blocked("is searched for zeros"),
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
    hasBorders: Plain.noBorders)
}
