/// Products that onnxruntime fuses with what follows them (com.microsoft).
extension Schema {
  /// FusedMatMul: alpha · A' · B', where ' swaps the last two axes (`transA`) or moves the first
  /// axis behind the batch axes (`transBatchA`).
  static let fusedMatMul = Schema(
    inputs: .exactly(2), outputs: .exactly(1),
    attributes: [
      .float("alpha", 1), .int("transA", 0), .int("transB", 0), .int("transBatchA", 0),
      .int("transBatchB", 0),
    ],
    shape: { context throws(Diagnostic) in
      let element = context.commonElement([0, 1])
      guard let a = turned(context, 0, "A"), let b = turned(context, 1, "B") else {
        return [context.result(element, nil)]
      }
      guard a.count >= 2, b.count >= 2 else {
        throw context.invalid("operands of ranks \(a.count) and \(b.count), expected 2 or more")
      }
      _ = try context.merge(a[a.count - 1], b[b.count - 2], "the extent to sum over")
      guard let batch = a.dropLast(2).broadcast(with: b.dropLast(2)) else {
        throw context.invalid("shapes \(a) and \(b) do not broadcast")
      }
      return [context.result(element, batch + [a[a.count - 2], b[b.count - 1]])]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      guard let a = turned(context, 0, "A"), let b = turned(context, 1, "B"), a.count >= 2,
        b.count >= 2
      else { return AxisRules.blockAll(context, because: "is a fused product") }
      var signature = AxisSignature.product(a, b)
      for (index, side) in ["A", "B"].enumerated() {
        let terms = signature.operands[index] ?? []
        var placed = terms
        for (axis, source) in fusedOrder(
          rank: terms.count, context.node.attributes, side
        ).enumerated() {
          placed[source] = terms[axis]
        }
        signature.operands[index] = placed
      }
      return signature
    },
    cost: { context, signature in
      guard let a = turned(context, 0, "A"), let terms = signature.operands[0],
        let result = signature.results[0],
        let inner = fusedOrder(rank: a.count, context.node.attributes, "A").last
      else { return nil }
      let labels =
        AxisSignature.labels(of: terms[inner]) + result.flatMap(AxisSignature.labels(of:))
      return MACs(labels: labels, positions: [])
    },
    extents: Plain.noEdit, response: Plain.linear, hasBorders: Plain.noBorders)

  /// The shape of a factor of FusedMatMul after its transpositions; nil if its rank is unknown.
  private static func turned(_ context: OperatorContext, _ index: Int, _ side: String) -> Shape? {
    guard let shape = context.shape(index) else { return nil }
    return fusedOrder(
      rank: shape.count, context.node.attributes, side
    ).map { shape[$0] }
  }

  /// Which axis of a factor of FusedMatMul each axis is after its transpositions.
  public static func fusedOrder(rank: Int, _ attributes: Attributes, _ side: String) -> [Int] {
    var order = Array(0..<rank)
    if attributes.int("transBatch\(side)") ?? 0 != 0, rank > 2 {
      order = Array(1..<(rank - 1)) + [0, rank - 1]
    }
    if attributes.int("trans\(side)") ?? 0 != 0, rank > 1 { order.swapAt(rank - 1, rank - 2) }
    return order
  }
}

extension [Dim].SubSequence {
  /// The shape that operands of these shapes broadcast to; nil if they cannot.
  func broadcast(with other: [Dim].SubSequence) -> [Dim]? {
    Array(self).broadcast(with: Array(other))
  }
}
