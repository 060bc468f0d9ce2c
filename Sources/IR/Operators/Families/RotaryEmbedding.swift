/// RotaryEmbedding.
extension Schema {
  /// RotaryEmbedding turns pairs of elements by angles whose cosines and sines are operands 1 and
  /// 2, by position or, with operand 3, at the positions it lists. The first `rotary_embedding_dim`
  /// elements of each head are 2·p, or p·2 if the pairs are `interleaved`:
  ///
  ///     x[b, h, s, 2·p ++ r]  cos[b, s, p]  sin[b, s, p]  ->  y[b, h, s, 2·p ++ r]
  static let rotaryEmbedding = Schema(
    inputs: .between(3...4), outputs: .exactly(1),
    attributes: [.int("interleaved", 0), .int("num_heads", 0), .int("rotary_embedding_dim", 0)],
    shape: ShapeRules.unary, shapeValues: ShapeValueRules.none,
    axes: { context in
      let reason = "rotates pairs of it"
      let asked = context.int("rotary_embedding_dim", default: 0)
      guard let shape = context.shape(0), let table = context.shape(1), table == context.shape(2),
        let heads = rotatedHeads(context, shape), let size = rotatedSize(shape, heads),
        asked >= 0, asked <= size, (asked == 0 ? size : asked) % 2 == 0, size > 0,
        table.count == (context.has(3) ? 2 : 3)
      else { return AxisRules.blockAll(context, because: reason) }
      let width = asked == 0 ? size : asked
      var signature = AxisSignature(operands: context.inputs.count, results: 1)
      let batch = AxisSignature.Term.label(signature.free(shape[0]))
      let count = AxisSignature.Term.label(signature.free(heads))
      let place = AxisSignature.Term.label(
        signature.blocked(shape[shape.count - 2], because: "counts positions"))
      let two = AxisSignature.Term.label(signature.blocked(.known(2), because: reason))
      let pair = AxisSignature.Term.label(signature.free(.known(width / 2)))
      let turned = AxisSignature.Term.product(
        context.flag("interleaved") ? [pair, two] : [two, pair])
      let whole = signature.concatenation(before: 0, turned, after: size - width)
      let terms: [AxisSignature.Term] =
        shape.count == 4
        ? [batch, count, place, whole] : [batch, place, .product([count, whole])]
      signature.operands[0] = terms
      signature.results[0] = terms
      for index in 1...2 {
        let rows = signature.blocked(table.dropLast(), "is picked by positions")
        signature.operands[index] = (table.count == 3 ? [batch, rows[1]] : rows) + [pair]
      }
      if context.has(3) {
        signature.block(batch, because: "is numbered by positions")
      }
      return signature
    },
    cost: Plain.noCost,
    extents: { context, signature in
      guard let last = signature.operands[0]?.last, let pairs = signature.operands[1]?.last,
        let half = signature.extent(of: pairs)
      else { return .none }
      var edit = ExtentEdit.none
      if context.int("rotary_embedding_dim", default: 0) != 0 {
        edit.setCount("rotary_embedding_dim", 2 * half, in: context)
      }
      if context.int("num_heads", default: 0) != 0, context.shape(0)?.count == 3,
        let heads = AxisSignature.labels(of: last).first.flatMap({ signature[$0].extent.value })
      {
        edit.setCount("num_heads", heads, in: context)
      }
      return edit
    },
    response: Plain.linear, hasBorders: Plain.noBorders)

  /// The element that each of RotaryEmbedding's last axis is turned with, itself where it is not
  /// turned; nil if extents are not known.
  public static func rotatedPartners(_ context: OperatorContext) -> [Int]? {
    guard let shape = context.shape(0), let extent = shape.last?.value,
      let heads = rotatedHeads(context, shape), let size = rotatedSize(shape, heads)
    else { return nil }
    let asked = context.int("rotary_embedding_dim", default: 0)
    let width = asked == 0 ? size : asked
    guard width > 0, width <= size, width % 2 == 0 else { return nil }
    return (0..<extent).map { index in
      let place = index % size
      if place >= width { return index }
      let partner = context.flag("interleaved") ? place ^ 1 : (place + width / 2) % width
      return index - place + partner
    }
  }

  private static func rotatedHeads(_ context: OperatorContext, _ shape: Shape) -> Dim? {
    if shape.count == 4 { return shape[1] }
    let heads = context.int("num_heads", default: 0)
    return shape.count == 3 && heads > 0 ? .known(heads) : nil
  }

  private static func rotatedSize(_ shape: Shape, _ heads: Dim) -> Int? {
    guard let last = shape.last?.value else { return nil }
    if shape.count == 4 { return last }
    guard let count = heads.value, last % count == 0 else { return nil }
    return last / count
  }
}
