/// Operators on sequences of tensors and on optionals, whose types are as the file declares them.
extension Schema {
  static let sequenceConstruct = sequence(.atLeast(1))
  static let sequenceEmpty = sequence(.exactly(0), [.derived("dtype", .int)])
  static let sequenceAt = sequence(.exactly(2))
  static let sequenceInsert = sequence(.between(2...3))
  static let sequenceErase = sequence(.between(1...2))
  static let sequenceLength = sequence(.exactly(1), result: .tensor(.int64, []))
  static let splitToSequence = sequence(
    .between(1...2), [.int("axis", 0), .int("keepdims", 1)])
  static let concatFromSequence = sequence(
    .exactly(1), [.required("axis", .int), .int("new_axis", 0)])

  /// SequenceMap runs a graph on the tensors of sequences.
  static let sequenceMap = sequence(
    .atLeast(1), [.required("body", .graph)], outputs: .atLeast(1))

  /// Optional: what a node without an operand could hold stands in attribute `type`.
  static let optional = sequence(.between(0...1), [.derived("type", .type)])
  static let optionalHasElement = sequence(.between(0...1), result: .tensor(.bool, []))
  static let optionalGetElement = Schema(
    inputs: .exactly(1), outputs: .exactly(1), attributes: [],
    shape: { context throws(Diagnostic) in
      let type = context.inputs[0] ?? .unknown
      return [type.tensor == nil ? .unknown : type]
    },
    shapeValues: ShapeValueRules.none, axes: AxisRules.blocked(reason), cost: Plain.noCost,
    extents: Plain.noEdit, response: Plain.otherResponse, hasBorders: { _ in true })

  private static let reason = "is part of a sequence or an optional"

  private static func sequence(
    _ inputs: Arity, _ attributes: [AttributeSpec] = [], outputs: Arity = .exactly(1),
    result: ValueType = .unknown
  ) -> Schema {
    Schema(
      inputs: inputs, outputs: outputs, attributes: attributes,
      shape: { context throws(Diagnostic) in context.node.outputs.map { _ in result } },
      shapeValues: ShapeValueRules.none, axes: AxisRules.blocked(reason), cost: Plain.noCost,
      extents: Plain.noEdit, response: Plain.otherResponse, hasBorders: { _ in true })
  }
}
