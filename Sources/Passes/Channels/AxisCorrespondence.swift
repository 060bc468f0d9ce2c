import IR

/// Which indices of an operand's axis travel to which indices of a result's axis.
struct AxisCorrespondence {
  /// For every index of the result's axis the indices of the operand's axis it depends on.
  let sources: [[Int]]

  /// Derives the correspondence from two terms of one signature; nil if they share no label or an
  /// extent is unknown. Where the terms overlap in an unforeseen manner every index depends on every
  /// one. With `chosen`, every index depends on all that have the same place along these labels, and
  /// nil is returned where an index has none.
  init?(
    from operand: AxisSignature.Term, to result: AxisSignature.Term, _ signature: AxisSignature,
    along chosen: Set<AxisSignature.Label>? = nil
  ) {
    let left = Set(AxisSignature.labels(of: operand))
    let right = Set(AxisSignature.labels(of: result))
    var shared = left.intersection(right)
    if let chosen { shared.formIntersection(chosen) }
    if shared.isEmpty { return nil }
    if operand == result, case .label(let label) = operand {
      guard let extent = signature[label].extent.value else { return nil }
      sources = (0..<extent).map { [$0] }
      return
    }
    guard let from = AxisCorrespondence.positions(operand, signature),
      let to = AxisCorrespondence.positions(result, signature)
    else { return nil }
    let sourceKeys = from.map { $0.filter { shared.contains($0.label) } }
    let targetKeys = to.map { $0.filter { shared.contains($0.label) } }
    if chosen != nil, (sourceKeys + targetKeys).contains(where: \.isEmpty) { return nil }
    let sourceSets = Set(sourceKeys.map { Set($0.map(\.label)) })
    let targetSets = Set(targetKeys.map { Set($0.map(\.label)) })
    guard sourceSets.subtracting([[]]) == targetSets.subtracting([[]]) else {
      sources = to.map { _ in Array(from.indices) }
      return
    }
    var table: [[Coordinate]: [Int]] = [:]
    for (index, key) in sourceKeys.enumerated() where !key.isEmpty {
      table[key.sorted(), default: []].append(index)
    }
    sources = targetKeys.map { $0.isEmpty ? [] : table[$0.sorted()] ?? [] }
  }

  /// One label's index at a position.
  private struct Coordinate: Hashable, Comparable {
    var label: AxisSignature.Label
    var index: Int

    static func < (left: Coordinate, right: Coordinate) -> Bool {
      (left.label.index, left.index) < (right.label.index, right.index)
    }
  }

  private static let positionLimit = 1 << 22

  /// The coordinates of every index of a term; nil if an extent is unknown or too large.
  private static func positions(
    _ term: AxisSignature.Term, _ signature: AxisSignature
  ) -> [[Coordinate]]? {
    switch term {
    case .label(let label):
      guard let extent = signature[label].extent.value, extent <= positionLimit else { return nil }
      return (0..<extent).map { [Coordinate(label: label, index: $0)] }
    case .product(let terms):
      var result: [[Coordinate]] = [[]]
      for term in terms {
        guard let inner = positions(term, signature), result.count * inner.count <= positionLimit
        else { return nil }
        result = result.flatMap { outer in inner.map { outer + $0 } }
      }
      return result
    case .concatenation(let terms):
      var result: [[Coordinate]] = []
      for term in terms {
        guard let part = positions(term, signature) else { return nil }
        result += part
      }
      return result
    }
  }
}
