/// Matrix products.
extension Schema {
  /// Gemm: x[m, k] w[k, n] c -> y[m, n], either factor transposed, c broadcast.
  static let gemm = Schema(
    inputs: .between(2...3), outputs: .exactly(1),
    attributes: [
      .float("alpha", 1), .float("beta", 1), .int("transA", 0), .int("transB", 0),
    ],
    shape: { context throws(Diagnostic) in
      let a = try gemmFactor(context, 0, "transA")
      let b = try gemmFactor(context, 1, "transB")
      _ = try context.merge(a.columns, b.rows, "the extent to sum over")
      let result: Shape = [a.rows, b.columns]
      if let c = context.shape(2) {
        guard c.count <= 2, result.broadcast(with: c)?.isCompatible(with: result) == true else {
          throw context.invalid("operand 2 of shape \(c) does not broadcast to \(result)")
        }
      }
      return [context.result(context.commonElement([0, 1, 2]), result)]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      var signature = AxisSignature(operands: context.inputs.count, results: 1)
      guard let a = try? gemmFactor(context, 0, "transA"),
        let b = try? gemmFactor(context, 1, "transB")
      else { return signature }
      let rows = signature.free(a.rows)
      let inner = signature.free(a.columns.merged(with: b.rows) ?? a.columns)
      let columns = signature.free(b.columns)
      signature.operands[0] = order(rows, inner, context.flag("transA"))
      signature.operands[1] = order(inner, columns, context.flag("transB"))
      signature.results[0] = [.label(rows), .label(columns)]
      if let c = context.shape(2) {
        var terms: [AxisSignature.Term] = []
        for (extent, label) in zip(c.reversed(), [columns, rows]) {
          terms.insert(signature.addend(extent, along: label), at: 0)
        }
        signature.operands[2] = terms
      }
      return signature
    },
    cost: { _, signature in
      guard let a = signature.operands[0], let b = signature.operands[1] else { return nil }
      var labels: [AxisSignature.Label] = []
      for label in (a + b).flatMap(AxisSignature.labels(of:)) where !labels.contains(label) {
        labels.append(label)
      }
      return MACs(labels: labels, positions: [])
    },
    extents: Plain.noEdit,
    response: { context in context.has(2) ? .other : .linear }, hasBorders: Plain.noBorders)

  private static func order(
    _ first: AxisSignature.Label, _ second: AxisSignature.Label, _ isTransposed: Bool
  ) -> [AxisSignature.Term] {
    isTransposed ? [.label(second), .label(first)] : [.label(first), .label(second)]
  }

  /// The extents of a factor of Gemm, after transposition.
  private static func gemmFactor(
    _ context: OperatorContext, _ index: Int, _ flag: String
  ) throws(Diagnostic) -> (rows: Dim, columns: Dim) {
    guard let shape = context.shape(index) else { return (.unknown, .unknown) }
    guard shape.count == 2 else {
      throw context.invalid("operand \(index) of rank \(shape.count), expected 2")
    }
    return context.flag(flag) ? (shape[1], shape[0]) : (shape[0], shape[1])
  }

  /// MatMul as numpy defines it: x[…, m, k] y[…, k, n] -> z[…, m, n]; a factor of rank 1 has no m
  /// or no n.
  static let matMul = Schema(
    inputs: .exactly(2), outputs: .exactly(1), attributes: [],
    shape: { context throws(Diagnostic) in
      let element = context.commonElement([0, 1])
      guard let a = context.shape(0), let b = context.shape(1) else {
        return [context.result(element, nil)]
      }
      guard !a.isEmpty, !b.isEmpty else { throw context.invalid("a factor has no axes") }
      let inner = b.count == 1 ? b[0] : b[b.count - 2]
      _ = try context.merge(a[a.count - 1], inner, "the extent to sum over")
      guard let batch = a.dropLast(2).map({ $0 }).broadcast(with: b.dropLast(2).map { $0 }) else {
        throw context.invalid("shapes \(a) and \(b) do not broadcast")
      }
      return [
        context.result(
          element,
          batch + (a.count > 1 ? [a[a.count - 2]] : []) + (b.count > 1 ? [b[b.count - 1]] : []))
      ]
    },
    shapeValues: ShapeValueRules.none,
    axes: { context in
      guard let a = context.shape(0), let b = context.shape(1), !a.isEmpty, !b.isEmpty else {
        return AxisSignature(operands: 2, results: 1)
      }
      return .product(a, b)
    },
    cost: { _, signature in
      guard let a = signature.operands[0], let b = signature.operands[1],
        let result = signature.results[0]
      else { return nil }
      let contracted = AxisSignature.labels(of: a[a.count - 1])
      let labels = contracted + result.flatMap(AxisSignature.labels(of:))
      _ = b
      return MACs(labels: labels, positions: [])
    },
    extents: Plain.noEdit, response: Plain.linear, hasBorders: Plain.noBorders)
}

extension AxisSignature {
  /// The signature of x[…, m, k] y[…, k, n] -> z[…, m, n] for factors of these shapes.
  static func product(_ a: Shape, _ b: Shape) -> AxisSignature {
    var signature = AxisSignature(operands: 2, results: 1)
    let inner = b.count == 1 ? b[0] : b[b.count - 2]
    let label = signature.free(a[a.count - 1].merged(with: inner) ?? inner)
    let rows = a.count > 1 ? [Term.label(signature.free(a[a.count - 2]))] : []
    let columns = b.count > 1 ? [Term.label(signature.free(b[b.count - 1]))] : []
    let batch = signature.batch(a.dropLast(2).map { $0 }, b.dropLast(2).map { $0 })
    signature.operands[0] = batch.left + rows + [.label(label)]
    signature.operands[1] = batch.right + [.label(label)] + columns
    signature.results[0] = batch.result + rows + columns
    return signature
  }

  /// The term of an addend's axis that may broadcast along `label`; blocks the label if that is
  /// open.
  fileprivate mutating func addend(_ extent: Dim, along label: Label) -> Term {
    let whole = self[label].extent
    if extent.isCertainly(whole) { return .label(label) }
    if extent == .known(1) { return .one }
    if let a = extent.value, whole.value == nil, a > 1 { return .label(label) }
    block(label, because: "may broadcast along it")
    return .label(blocked(extent, because: "may broadcast along it"))
  }

  /// The terms of axes along which two factors broadcast.
  fileprivate mutating func batch(
    _ left: Shape, _ right: Shape
  ) -> (left: [Term], right: [Term], result: [Term]) {
    var terms: (left: [Term], right: [Term], result: [Term]) = ([], [], [])
    for fromEnd in 1...max(left.count, right.count, 1) {
      let extents = [left, right].filter { $0.count >= fromEnd }.map { $0[$0.count - fromEnd] }
      guard !extents.isEmpty else { break }
      let sharing = AxisRules.broadcast(
        extents, to: extents.reduce(.known(1)) { $0.broadcast(with: $1) ?? .unknown })
      var held: [Term] = []
      switch sharing {
      case .label(let extent, let isHeld):
        let label = Term.label(free(extent))
        held = isHeld.map { $0 ? label : .one }
        terms.result.insert(label, at: 0)
      case .undecided(let reason):
        held = extents.map { $0 == .known(1) ? .one : .label(blocked($0, because: reason)) }
        terms.result.insert(.label(blocked(.unknown, because: reason)), at: 0)
      }
      if left.count >= fromEnd { terms.left.insert(held.removeFirst(), at: 0) }
      if right.count >= fromEnd { terms.right.insert(held.removeFirst(), at: 0) }
    }
    return terms
  }
}

extension [Dim] {
  /// Whether two shapes of equal rank can be the same.
  func isCompatible(with other: [Dim]) -> Bool {
    count == other.count && zip(self, other).allSatisfy { $0.merged(with: $1) != nil }
  }
}
