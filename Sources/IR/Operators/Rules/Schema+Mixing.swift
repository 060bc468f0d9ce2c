extension Schema {
  /// An operator that computes across all axes of its operands, for this reason, so that nothing of
  /// it may change; `positions` are the extents whose product is its multiply-accumulates.
  static func mixing(
    because reason: String, inputs: Arity, outputs: Arity, attributes: [AttributeSpec],
    positions: @escaping @Sendable (OperatorContext) -> [Dim]?, shape: @escaping ShapeRule
  ) -> Schema {
    Schema(
      inputs: inputs, outputs: outputs, attributes: attributes, shape: shape,
      shapeValues: ShapeValueRules.none, axes: AxisRules.blocked(reason),
      cost: { context, _ in positions(context).map { MACs(labels: [], positions: $0) } },
      extents: Plain.noEdit, response: Plain.otherResponse, hasBorders: Plain.borders)
  }

  /// An operator whose results keep the axes of its first operand: those that `mixed` names are
  /// computed across, for this reason, the others mapped. Other operands do not change.
  static func mapping(
    inputs: Arity, outputs: Arity, attributes: [AttributeSpec], because reason: String,
    mixed: @escaping @Sendable (OperatorContext, Int) -> Set<Int>
  ) -> Schema {
    Schema(
      inputs: inputs, outputs: outputs, attributes: attributes, shape: ShapeRules.unary,
      shapeValues: ShapeValueRules.none,
      axes: { context in
        guard let rank = context.shape(0)?.count else {
          return AxisRules.blockAll(context, because: reason)
        }
        return AxisRules.mapped(context, blocking: mixed(context, rank), because: reason)
      },
      cost: Plain.noCost, extents: Plain.noEdit, response: Plain.otherResponse,
      hasBorders: Plain.borders)
  }
}

extension Plain {
  /// Nothing to speak of is multiplied.
  static let noPositions: @Sendable (OperatorContext) -> [Dim]? = { _ in nil }
  /// Positions may differ.
  static let borders: Schema.BorderRule = { _ in true }
}

extension OperatorContext {
  /// The shape of an operand that must have `rank` axes, unknown extents where it has no known
  /// rank.
  func shape(_ index: Int, ofRank rank: Int) throws(Diagnostic) -> Shape {
    guard let shape = shape(index) else { return Array(repeating: .unknown, count: rank) }
    guard shape.count == rank else {
      throw invalid("operand \(index) of rank \(shape.count), expected \(rank)")
    }
    return shape
  }

  /// The element type an integer attribute names; nil if it is left out or 0.
  func elementType(_ name: String) throws(Diagnostic) -> ElementType? {
    let number = int(name, default: 0)
    if number == 0 { return nil }
    guard let code = Int32(exactly: number), let type = ElementType(rawValue: code) else {
      throw invalid("attribute '\(name)' is \(number), which is no element type")
    }
    return type
  }

  /// The types of all results: the given ones, and unknown ones where the node has more.
  func results(_ types: [ValueType]) -> [ValueType] {
    node.outputs.indices.map { $0 < types.count ? types[$0] : .unknown }
  }
}
