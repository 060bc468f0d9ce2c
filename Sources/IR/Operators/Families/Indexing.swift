/// Operators that read or write elements at computed places.
extension Schema {
  /// GatherElements: result element i is the element of operand 0 at i, with the index in operand 1
  /// for its place along `axis`.
  static let gatherElements = Schema(
    inputs: .exactly(2), outputs: .exactly(1), attributes: [.int("axis", 0)],
    shape: { context throws(Diagnostic) in
      if let rank = context.shape(0)?.count {
        _ = try context.axis(context.int("axis", default: 0), rank: rank)
        if let indices = context.shape(1), indices.count != rank {
          throw context.invalid("indices have rank \(indices.count), the data \(rank)")
        }
      }
      return [context.result(context.element(0), context.shape(1))]
    },
    shapeValues: ShapeValueRules.none, axes: AxisRules.blocked("is read at computed places"),
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
    hasBorders: Plain.noBorders)

  /// GatherND: the last axis of operand 1 holds the leading coordinates of the slices to take.
  static let gatherND = Schema(
    inputs: .exactly(2), outputs: .exactly(1), attributes: [.int("batch_dims", 0)],
    shape: { context throws(Diagnostic) in
      let batch = context.int("batch_dims", default: 0)
      guard let data = context.shape(0), let indices = context.shape(1),
        let depth = indices.last?.value
      else { return [context.result(context.element(0), nil)] }
      guard batch >= 0, batch < min(data.count, indices.count), depth >= 0,
        depth <= data.count - batch
      else {
        throw context.invalid(
          "indices of shape \(indices) for \(batch) batch axes and data of rank \(data.count)")
      }
      return [context.result(context.element(0), indices.dropLast() + data[(batch + depth)...])]
    },
    shapeValues: ShapeValueRules.none, axes: AxisRules.blocked("is read at computed places"),
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
    hasBorders: Plain.noBorders)

  /// ScatterElements: operand 0 with the elements of operand 2 put, or reduced into, the places
  /// that operand 1 names along `axis`.
  static let scatterElements = scatter([.int("axis", 0), .string("reduction", "none")])

  /// ScatterND: operand 0 with the slices of operand 2 put, or reduced into, the places whose
  /// leading coordinates the last axis of operand 1 holds.
  static let scatterND = scatter([.string("reduction", "none")])

  private static func scatter(_ attributes: [AttributeSpec]) -> Schema {
    Schema(
      inputs: .exactly(3), outputs: .exactly(1), attributes: attributes, shape: ShapeRules.unary,
      shapeValues: ShapeValueRules.none, axes: AxisRules.blocked("is written at computed places"),
      cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
      hasBorders: { _ in true })
  }

  /// ReverseSequence reverses the first elements along `time_axis`, of each batch as many as operand
  /// 1 says.
  static let reverseSequence = Schema(
    inputs: .exactly(2), outputs: .exactly(1),
    attributes: [.int("batch_axis", 1), .int("time_axis", 0)], shape: ShapeRules.unary,
    shapeValues: ShapeValueRules.none,
    axes: { context in
      guard let rank = context.shape(0)?.count,
        let batch = try? context.axis(context.int("batch_axis", default: 1), rank: rank),
        let time = try? context.axis(context.int("time_axis", default: 0), rank: rank)
      else { return AxisRules.blockAll(context, because: "reverses parts of it") }
      return AxisRules.mapped(context, blocking: [batch, time], because: "reverses parts of it")
    },
    cost: Plain.noCost, extents: Plain.noEdit, response: Plain.linear,
    hasBorders: Plain.noBorders)
}
