/// The labels of an attention operator.
///
/// Queries `q[b, h·g, s, d]`, keys `k[b, h, t, d]`, values `v[b, h, t, e]` give `y[b, h·g, s, e]`: g
/// queries share each head of keys and values, d is summed over, positions are mixed. Operands of
/// rank 3 have heads and size in one axis, `q[b, s, h·g·d]`.
struct AttentionAxes {
  typealias Term = AxisSignature.Term

  /// What is said of positions.
  static let mixes = "attends along it"
  /// What is said of a size that is summed over and handed on as well.
  static let caches = "hands keys of it on as a cache"

  private(set) var signature: AxisSignature
  let batch: AxisSignature.Label
  let heads: AxisSignature.Label
  /// How many heads of queries share one of keys; nil for one.
  let share: AxisSignature.Label?
  /// The size of a head of queries and keys.
  let size: AxisSignature.Label
  /// The size of a head of values.
  let valueSize: AxisSignature.Label

  /// Makes the labels for queries, keys and values of shapes [batch, heads, positions, size]; nil
  /// where the number of heads or their ratio is not known.
  init?(_ context: OperatorContext, query: Shape, key: Shape, value: Shape) {
    guard let count = key[1].value, let queries = query[1].value, count > 0,
      queries % count == 0
    else { return nil }
    var signature = AxisSignature(operands: context.inputs.count, results: context.outputs.count)
    batch = signature.free(query[0])
    heads = signature.free(.known(count))
    share = queries == count ? nil : signature.free(.known(queries / count))
    size = signature.free(query[3].merged(with: key[3]) ?? query[3])
    valueSize = signature.free(value[3])
    self.signature = signature
  }

  /// The factors of an axis of all heads of queries.
  var queryHeads: [Term] { [.label(heads)] + (share.map { [.label($0)] } ?? []) }

  /// The terms of queries or of what they get, with heads of the given size.
  mutating func query(_ positions: Dim, _ size: AxisSignature.Label, rank: Int) -> [Term] {
    let place = Term.label(signature.blocked(positions, because: AttentionAxes.mixes))
    return rank == 4
      ? [.label(batch), AxisSignature.product(queryHeads), place, .label(size)]
      : [.label(batch), place, .product(queryHeads + [.label(size)])]
  }

  /// The terms of keys or values, with heads of the given size.
  mutating func key(_ positions: Dim, _ size: AxisSignature.Label, rank: Int) -> [Term] {
    let place = Term.label(signature.blocked(positions, because: AttentionAxes.mixes))
    return rank == 4
      ? [.label(batch), .label(heads), place, .label(size)]
      : [.label(batch), place, .product([.label(heads), .label(size)])]
  }

  /// The terms of a mask or bias of the scores, which broadcasts to [b, h·g, s, t] from the right.
  mutating func scores(_ shape: Shape) -> [Term] {
    var terms = signature.blocked(shape, AttentionAxes.mixes)
    for (place, extent) in shape.enumerated() where extent == .known(1) { terms[place] = .one }
    let place = shape.count - 3
    if place >= 0, shape[place] != .known(1) {
      if let count = shape[place].value,
        count == signature.extent(of: AxisSignature.product(queryHeads))
      {
        terms[place] = AxisSignature.product(queryHeads)
      } else {
        for term in queryHeads { signature.block(term, because: "may broadcast along it") }
      }
    }
    return terms
  }

  /// The terms of an input [b, positions, width] whose width does not change, for a reason.
  mutating func input(_ shape: Shape, because reason: String) -> [Term] {
    let place = Term.label(signature.blocked(shape[1], because: AttentionAxes.mixes))
    return [.label(batch), place, .label(signature.blocked(shape[2], because: reason))]
  }

  /// The axis of queries, keys and values one after the other.
  var packed: Term {
    let query = Term.product(queryHeads + [.label(size)])
    return .concatenation([
      query, .product([.label(heads), .label(size)]),
      .product([.label(heads), .label(valueSize)]),
    ])
  }

  /// Puts the terms of an operand.
  mutating func setOperand(_ index: Int, _ terms: [Term]?) { signature.operands[index] = terms }

  /// Puts the terms of a result, unless it is left out.
  mutating func setResult(_ index: Int, of context: OperatorContext, _ terms: [Term]) {
    if index < context.outputs.count, context.outputs[index] != nil {
      signature.results[index] = terms
    }
  }

  /// Blocks a label.
  mutating func block(_ label: AxisSignature.Label, because reason: String) {
    signature.block(label, because: reason)
  }
}

extension AxisSignature {
  /// The extents of an axis that is the product of heads of keys, perhaps how many of queries share
  /// one, and a size; nil where one is unknown.
  func headExtents(_ term: Term) -> (heads: Int, share: Int, size: Int)? {
    let labels = AxisSignature.labels(of: term).map { self[$0].extent.value }
    guard let heads = labels.first ?? nil, let size = labels.last ?? nil,
      labels.count == 2 || labels.count == 3
    else { return nil }
    guard labels.count == 3 else { return (heads, 1, size) }
    return labels[1].map { (heads, $0, size) }
  }
}

extension OperatorContext {
  /// Attributes that write a scale of 1/√size out where it follows from a size that is no longer
  /// `before`; nothing if `scale` is given, as 0 it may not count.
  func writtenScale(size: Int, before: Dim, zeroIsNone: Bool = false) -> Attributes {
    let given = node.attributes.float("scale")
    guard given == nil || zeroIsNone && given == 0, let old = before.value, old != size, old > 0
    else { return [:] }
    return ["scale": .float(Float(1 / Double(old).squareRoot()))]
  }

  /// What was known of the operands' types before their extents changed.
  var former: OperatorContext {
    OperatorContext(
      node: node, inputs: formerInputs, outputs: outputs, constants: constants,
      shapeValues: shapeValues)
  }
}

extension Schema.ExtentEdit {
  /// Sets an integer attribute unless it has that value.
  mutating func setCount(_ name: String, _ count: Int, in context: OperatorContext) {
    if context.node.attributes.int(name) != count { attributes[name] = .int(count) }
  }
}
