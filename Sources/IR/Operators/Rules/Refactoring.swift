/// The common factors of two shapes with equal element counts, as Reshape and Flatten need them.
struct Refactoring {
  /// A factor list an axis is being taken apart into; known ones may be split further.
  private struct Axis {
    /// Factors found from the left, slowest first.
    var front: [AxisSignature.Term] = []
    /// Factors found from the right, slowest first.
    var back: [AxisSignature.Term] = []
    /// What is left in the middle; nil once nothing is.
    var rest: Dim?

    init(_ extent: Dim) { rest = extent == .known(1) ? nil : extent }

    var term: AxisSignature.Term {
      let factors = front + back
      return factors.count == 1 ? factors[0] : .product(factors)
    }
  }

  private static let reason = "regroups it in a way that has no common factors"

  /// Adds labels for the factors to `signature` and returns the terms of all axes.
  ///
  /// From both ends factors are split off as long as one extent divides the other. What remains in
  /// the middle is one axis made of many, or blocked.
  static func terms(
    from source: Shape, to target: Shape, _ signature: inout AxisSignature
  ) -> (source: [AxisSignature.Term], target: [AxisSignature.Term]) {
    if source.contains(.known(0)) || target.contains(.known(0)) {
      return (signature.blocked(source, reason), signature.blocked(target, reason))
    }
    var a = source.map(Axis.init)
    var b = target.map(Axis.init)
    matchFront(&a, &b, &signature)
    matchBack(&a, &b, &signature)
    closeMiddle(&a, &b, &signature)
    return (a.map(\.term), b.map(\.term))
  }

  private static func matchFront(
    _ a: inout [Axis], _ b: inout [Axis], _ signature: inout AxisSignature
  ) {
    while let i = a.firstIndex(where: { $0.rest != nil }),
      let j = b.firstIndex(where: { $0.rest != nil }), let left = a[i].rest, let right = b[j].rest,
      let factor = common(left, right)
    {
      let term = AxisSignature.Term.label(signature.free(factor))
      a[i].front.append(term)
      b[j].front.append(term)
      a[i].rest = remainder(left, factor)
      b[j].rest = remainder(right, factor)
    }
  }

  private static func matchBack(
    _ a: inout [Axis], _ b: inout [Axis], _ signature: inout AxisSignature
  ) {
    while let i = a.lastIndex(where: { $0.rest != nil }),
      let j = b.lastIndex(where: { $0.rest != nil }), let left = a[i].rest, let right = b[j].rest,
      let factor = common(left, right)
    {
      let term = AxisSignature.Term.label(signature.free(factor))
      a[i].back.insert(term, at: 0)
      b[j].back.insert(term, at: 0)
      a[i].rest = remainder(left, factor)
      b[j].rest = remainder(right, factor)
    }
  }

  /// The factor two extents share at the same place: the smaller one if it divides the other.
  private static func common(_ left: Dim, _ right: Dim) -> Dim? {
    if left.isCertainly(right) { return left }
    guard let a = left.value, let b = right.value else { return nil }
    let (small, large) = (min(a, b), max(a, b))
    return large % small == 0 ? .known(small) : nil
  }

  private static func remainder(_ whole: Dim, _ factor: Dim) -> Dim? {
    guard whole != factor, let a = whole.value, let b = factor.value else { return nil }
    return .known(a / b)
  }

  private static func closeMiddle(
    _ a: inout [Axis], _ b: inout [Axis], _ signature: inout AxisSignature
  ) {
    let left = a.indices.filter { a[$0].rest != nil }
    let right = b.indices.filter { b[$0].rest != nil }
    if left.count == 1, !right.isEmpty {
      split(&a[left[0]], into: right, of: &b, &signature)
    } else if right.count == 1, !left.isEmpty {
      split(&b[right[0]], into: left, of: &a, &signature)
    } else {
      for i in left { close(&a[i], with: [.label(signature.block(a[i].rest))]) }
      for j in right { close(&b[j], with: [.label(signature.block(b[j].rest))]) }
    }
  }

  /// One axis is the product of the others: their counts are equal, all else being matched.
  private static func split(
    _ axis: inout Axis, into parts: [Int], of others: inout [Axis],
    _ signature: inout AxisSignature
  ) {
    var factors: [AxisSignature.Term] = []
    for part in parts {
      let extent = others[part].rest ?? .unknown
      let known = parts.count == 1 ? extent.merged(with: axis.rest ?? .unknown) : extent
      factors.append(.label(signature.free(known ?? extent)))
      close(&others[part], with: [factors[factors.count - 1]])
    }
    close(&axis, with: factors)
  }

  private static func close(_ axis: inout Axis, with factors: [AxisSignature.Term]) {
    axis.front += factors
    axis.rest = nil
  }
}

extension AxisSignature {
  /// A label that a reshape cannot take apart.
  fileprivate mutating func block(_ extent: Dim?) -> Label {
    blocked(extent ?? .unknown, because: "regroups it in a way that has no common factors")
  }
}
