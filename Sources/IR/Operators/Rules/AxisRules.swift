/// Axis signatures that several operators share.
enum AxisRules {
  /// The signature in which every axis is blocked.
  static func blocked(_ reason: String) -> Schema.AxisRule {
    { context in blockAll(context, because: reason) }
  }

  /// A signature in which every axis of every operand and result is blocked.
  static func blockAll(_ context: OperatorContext, because reason: String) -> AxisSignature {
    var signature = AxisSignature(operands: context.inputs.count, results: context.outputs.count)
    for index in context.inputs.indices {
      signature.operands[index] = context.shape(index).map { signature.blocked($0, reason) }
    }
    for index in context.outputs.indices {
      signature.results[index] = context.resultShape(index).map { signature.blocked($0, reason) }
    }
    return signature
  }

  /// Result index c depends on index c of the operands alone, which broadcast.
  static let elementwise: Schema.AxisRule = { context in
    elementwise(context, operands: Array(context.inputs.indices))
  }

  /// The first operand and the results have the same axes; further operands are scalars.
  static let unary: Schema.AxisRule = { context in elementwise(context, operands: [0]) }

  /// An axis signature in which the given operands broadcast to every result.
  ///
  /// An axis on which one operand may or may not have extent 1 is blocked on all of them.
  static func elementwise(_ context: OperatorContext, operands: [Int]) -> AxisSignature {
    var signature = AxisSignature(operands: context.inputs.count, results: context.outputs.count)
    guard let result = context.resultShape(0) else { return signature }
    let shapes = operands.compactMap { index in context.shape(index).map { (index, $0) } }
    for (index, shape) in shapes {
      signature.operands[index] = Array(repeating: .one, count: shape.count)
    }
    var terms: [AxisSignature.Term] = []
    for axis in result.indices {
      let fromEnd = result.count - axis
      let holders = shapes.filter { $0.1.count >= fromEnd }
      let extents = holders.map { $0.1[$0.1.count - fromEnd] }
      switch broadcast(extents, to: result[axis]) {
      case .label(let extent, let isHeld):
        let label = signature.free(extent)
        for (holder, held) in zip(holders, isHeld) where held {
          signature.operands[holder.0]?[holder.1.count - fromEnd] = .label(label)
        }
        terms.append(.label(label))
      case .undecided(let reason):
        for (holder, extent) in zip(holders, extents) where extent != .known(1) {
          let term = AxisSignature.Term.label(signature.blocked(extent, because: reason))
          signature.operands[holder.0]?[holder.1.count - fromEnd] = term
        }
        terms.append(.label(signature.blocked(result[axis], because: reason)))
      }
    }
    for index in context.outputs.indices where context.outputs[index] != nil {
      signature.results[index] = terms
    }
    return signature
  }

  /// How operands share an axis they broadcast along.
  enum Sharing {
    /// One set of indices; `isHeld` says of each operand whether it has it or broadcasts.
    case label(Dim, isHeld: [Bool])
    case undecided(String)
  }

  /// Decides who shares an axis of extent `result` among operands of the given extents there.
  static func broadcast(_ extents: [Dim], to result: Dim) -> Sharing {
    if extents.count == 1 { return .label(extents[0], isHeld: [true]) }
    if extents.allSatisfy({ $0 == .known(1) }) {
      return .label(.known(1), isHeld: extents.map { _ in true })
    }
    let others = extents.filter { $0 != .known(1) }
    guard let first = others.first, others.count == 1 || others.allSatisfy(first.isCertainly)
    else { return .undecided("may broadcast along it") }
    return .label(first, isHeld: extents.map { $0 != .known(1) })
  }

  /// Every axis of operand 0 is that of the result, except for the blocked ones.
  static func mapped(
    _ context: OperatorContext, blocking axes: Set<Int>, because reason: String
  ) -> AxisSignature {
    var signature = AxisSignature(operands: context.inputs.count, results: context.outputs.count)
    guard let shape = context.shape(0) else { return signature }
    let terms = shape.enumerated().map { axis, extent -> AxisSignature.Term in
      .label(
        axes.contains(axis) ? signature.blocked(extent, because: reason) : signature.free(extent))
    }
    signature.operands[0] = terms
    for index in context.outputs.indices where context.outputs[index] != nil {
      signature.results[index] = terms
    }
    return signature
  }
}

extension AxisSignature {
  /// Blocked labels for all axes of a shape.
  mutating func blocked(_ shape: some Sequence<Dim>, _ reason: String) -> [Term] {
    var terms: [Term] = []
    for extent in shape { terms.append(.label(blocked(extent, because: reason))) }
    return terms
  }

  /// Free labels for all axes of a shape.
  mutating func free(_ shape: some Sequence<Dim>) -> [Term] {
    var terms: [Term] = []
    for extent in shape { terms.append(.label(free(extent))) }
    return terms
  }

  /// The signature with all labels of a term blocked.
  mutating func block(_ term: Term, because reason: String) {
    for label in AxisSignature.labels(of: term) { block(label, because: reason) }
  }
}

extension OperatorContext {
  /// The shape of a result, if its rank is known.
  public func resultShape(_ index: Int) -> Shape? {
    index < outputs.count ? outputs[index]?.shape : nil
  }
}
