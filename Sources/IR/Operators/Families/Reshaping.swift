/// Operators that keep all elements in their order, or permute whole axes.
extension Schema {
  static let transpose = Schema(
    inputs: .exactly(1), outputs: .exactly(1), attributes: [.derived("perm", .ints)],
    shape: { context throws(Diagnostic) in
      guard let shape = context.shape(0) else {
        return [context.result(context.element(0), nil)]
      }
      let order = try permutation(context, rank: shape.count)
      return [context.result(context.element(0), order.map { shape[$0] })]
    },
    shapeValues: { context in
      guard let values = context.shapeValues[0], let shape = context.shape(0)?.known,
        shape.count <= 2, Tensor.count(of: shape) == values.count,
        let order = try? permutation(context, rank: shape.count)
      else { return [nil] }
      guard order == [1, 0] else { return [values] }
      return [
        (0..<shape[1]).flatMap { column in
          (0..<shape[0]).map { row in values[row * shape[1] + column] }
        }
      ]
    },
    axes: { context in
      var signature = AxisSignature(operands: 1, results: 1)
      guard let shape = context.shape(0),
        let order = try? permutation(context, rank: shape.count)
      else { return signature }
      let terms = signature.free(shape)
      signature.operands[0] = terms
      signature.results[0] = order.map { terms[$0] }
      return signature
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.linear,
    hasBorders: Plain.noBorders)

  /// Which operand axis each result axis of a Transpose is; the reverse order by default.
  public static func permutation(
    _ context: OperatorContext, rank: Int
  ) throws(Diagnostic) -> [Int] {
    guard let given = context.node.attributes.ints("perm") else { return (0..<rank).reversed() }
    let order = try context.axes(given, rank: rank)
    guard order.count == rank else {
      throw context.invalid("perm \(given), expected a permutation of \(rank) axes")
    }
    return order
  }

  /// Flatten: the axes before `axis` become one, those from it on another.
  static let flatten = Schema(
    inputs: .exactly(1), outputs: .exactly(1), attributes: [.int("axis", 1)],
    shape: { context throws(Diagnostic) in
      guard let shape = context.shape(0) else {
        return [context.result(context.element(0), [.unknown, .unknown])]
      }
      let number = context.int("axis", default: 1)
      let axis = number == shape.count ? number : try context.axis(number, rank: shape.count)
      return [
        context.result(
          context.element(0),
          [shape[..<axis].reduce(.known(1), *), shape[axis...].reduce(.known(1), *)])
      ]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      var signature = AxisSignature(operands: 1, results: 1)
      guard let shape = context.shape(0) else { return signature }
      let number = context.int("axis", default: 1)
      let axis = number < 0 ? number + shape.count : number
      guard axis >= 0, axis <= shape.count else { return signature }
      let terms = signature.free(shape)
      signature.operands[0] = terms
      signature.results[0] = [
        AxisSignature.product(Array(terms[..<axis])), AxisSignature.product(Array(terms[axis...])),
      ]
      return signature
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.linear,
    hasBorders: Plain.noBorders)

  /// Unsqueeze inserts axes of extent 1 at the places that operand 1 names in the result.
  static let unsqueeze = Schema(
    inputs: .exactly(2), outputs: .exactly(1), attributes: [],
    shape: { context throws(Diagnostic) in
      guard let shape = context.shape(0),
        let count = context.integers(1)?.count ?? context.length(1)
      else { return [context.result(context.element(0), nil)] }
      guard let result = try unsqueezed(context, shape.map { $0 }, one: .known(1)) else {
        return [context.result(context.element(0), try context.unknownShape(shape.count + count))]
      }
      return [context.result(context.element(0), result)]
    },
    shapeValues: { context in
      [
        context.shape(0)?.count == 0 && context.integers(1)?.count == 1
          ? context.shapeValues[0] : nil
      ]
    },
    axes: { context in
      var signature = AxisSignature(operands: 2, results: 1)
      guard let shape = context.shape(0) else { return signature }
      let terms = signature.free(shape)
      guard let result = try? unsqueezed(context, terms, one: .one) else {
        return AxisRules.blockAll(context, because: "inserts axes at places that are not constant")
      }
      signature.operands[0] = terms
      signature.results[0] = result
      return signature
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.linear,
    hasBorders: Plain.noBorders)

  /// The items of a shape's axes with `one` at the inserted places; nil if those are unknown.
  private static func unsqueezed<Item>(
    _ context: OperatorContext, _ items: [Item], one: Item
  ) throws(Diagnostic) -> [Item]? {
    guard let numbers = context.integers(1) else { return nil }
    let rank = items.count + numbers.count
    _ = try context.unknownShape(rank)
    let places = try context.axes(numbers, rank: rank)
    var rest = items[...]
    return (0..<rank).map { places.contains($0) ? one : rest.removeFirst() }
  }

  /// Squeeze removes axes of extent 1: those operand 1 names, or all of them.
  static let squeeze = Schema(
    inputs: .between(1...2), outputs: .exactly(1), attributes: [],
    shape: { context throws(Diagnostic) in
      guard let shape = context.shape(0), let axes = try squeezed(context) else {
        guard let shape = context.shape(0), let count = context.length(1) else {
          return [context.result(context.element(0), nil)]
        }
        return [
          context.result(context.element(0), try context.unknownShape(max(shape.count - count, 0)))
        ]
      }
      for axis in axes {
        if let extent = shape[axis].value, extent != 1 {
          throw context.invalid("axis \(axis) has extent \(extent), expected 1")
        }
      }
      return [
        context.result(
          context.element(0), shape.indices.filter { !axes.contains($0) }.map { shape[$0] })
      ]
    },
    shapeValues: { context in
      guard let values = context.shapeValues[0], values.count == 1, context.shape(0)?.count == 1
      else { return [nil] }
      return [values]
    },
    axes: { context in
      var signature = AxisSignature(operands: context.inputs.count, results: 1)
      guard let shape = context.shape(0), let axes = try? squeezed(context) else {
        return AxisRules.blockAll(context, because: "removes axes that are not known")
      }
      let terms = shape.enumerated().map { axis, extent -> AxisSignature.Term in
        axes.contains(axis) ? .one : .label(signature.free(extent))
      }
      signature.operands[0] = terms
      signature.results[0] = shape.indices.filter { !axes.contains($0) }.map { terms[$0] }
      return signature
    },
    cost: Plain.noCost,
    extents: { context, signature in
      guard !context.has(1), let terms = signature.operands[0] else { return .none }
      let axes = terms.indices.filter { terms[$0] == .one }
      return ExtentEdit(operands: [1: Tensor(axes.map(Int64.init))])
    },
    response: Plain.linear, hasBorders: Plain.noBorders)

  /// The axes Squeeze removes; nil if they are not known.
  static func squeezed(_ context: OperatorContext) throws(Diagnostic) -> Set<Int>? {
    guard let shape = context.shape(0) else { return nil }
    if context.has(1) {
      guard let numbers = context.integers(1) else { return nil }
      return Set(try context.axes(numbers, rank: shape.count))
    }
    guard shape.known != nil else { return nil }
    return Set(shape.indices.filter { shape[$0] == .known(1) })
  }
}

extension AxisSignature {
  /// A product of terms; the term itself if there is one.
  static func product(_ terms: [Term]) -> Term {
    terms.count == 1 ? terms[0] : .product(terms)
  }
}
