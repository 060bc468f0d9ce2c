/// How constant indices pick from an axis, as terms of the axis and of what is picked.
///
///     3 4 5 0 1 2        a ++ b    ->  b ++ a         runs, some left out, some picked twice
///     0 2 4 1 3 5        a·b       ->  b·a            a channel shuffle
///     0 0 1 1 2 2        a         ->  a·2            each repeated
///     0 1 2 0 1 2        a         ->  2·a            all repeated
///     0 2 4              a·2       ->  a              every other one
struct IndexPattern {
  let source: AxisSignature.Term
  let picked: AxisSignature.Term

  /// The longest list of indices that is taken apart.
  private static let limit = 1 << 14

  /// Finds the pattern of `indices` into an axis of a known extent, and adds its labels to
  /// `signature`; nil, and nothing is added, if they follow none.
  init?(_ indices: [Int], extent: Int, _ signature: inout AxisSignature) {
    guard !indices.isEmpty, indices.count <= IndexPattern.limit, extent <= IndexPattern.limit,
      indices.allSatisfy({ $0 >= 0 && $0 < extent })
    else { return nil }
    for form in IndexPattern.forms(indices, extent) {
      var trial = signature
      let terms = IndexPattern.terms(form, &trial)
      guard trial.indices(of: terms.picked, in: terms.source) == indices else { continue }
      signature = trial
      (source, picked) = terms
      return
    }
    return nil
  }

  /// A pattern to try.
  private enum Form {
    case runs([Range<Int>], order: [Int])
    case shuffle(slow: Int, fast: Int)
    case each(Int, count: Int)
    case all(Int, count: Int)
    case strided(Int, count: Int)
  }

  private static func forms(_ indices: [Int], _ extent: Int) -> [Form] {
    var forms: [Form] = []
    if let (pieces, order) = runs(indices, extent), pieces.count * 2 <= max(extent, 2) {
      forms.append(.runs(pieces, order: order))
    }
    if indices.count == extent, indices.count > 2, let fast = indices.dropFirst().first,
      fast > 1, extent % fast == 0
    {
      forms.append(.shuffle(slow: extent / fast, fast: fast))
    }
    if indices.count > extent, extent > 0, indices.count % extent == 0 {
      let repeats = indices.count / extent
      forms.append(.each(repeats, count: extent))
      forms.append(.all(repeats, count: extent))
    }
    if indices.count > 1, extent % indices.count == 0, extent > indices.count {
      forms.append(.strided(extent / indices.count, count: indices.count))
    }
    return forms
  }

  /// The pieces of the axis between the ends of runs, and which of them are picked in turn.
  private static func runs(_ indices: [Int], _ extent: Int) -> ([Range<Int>], order: [Int])? {
    var cuts: Set<Int> = [0, extent]
    var runs: [Range<Int>] = []
    var start = 0
    for place in 1...indices.count
    where place == indices.count || indices[place] != indices[place - 1] + 1 {
      let run = indices[start]..<(indices[place - 1] + 1)
      runs.append(run)
      cuts.formUnion([run.lowerBound, run.upperBound])
      start = place
    }
    let bounds = cuts.sorted()
    let pieces = zip(bounds, bounds.dropFirst()).map { $0..<$1 }
    var order: [Int] = []
    for run in runs {
      for (number, piece) in pieces.enumerated() where run.overlaps(piece) { order.append(number) }
      if order.count > limit { return nil }
    }
    return (pieces, order)
  }

  private static func terms(
    _ form: Form, _ signature: inout AxisSignature
  ) -> (source: AxisSignature.Term, picked: AxisSignature.Term) {
    switch form {
    case .runs(let pieces, let order):
      let labels = signature.free(pieces.map { Dim.known($0.count) })
      return (
        AxisSignature.concatenation(labels), AxisSignature.concatenation(order.map { labels[$0] })
      )
    case .shuffle(let slow, let fast):
      let factors = signature.free([.known(slow), .known(fast)])
      return (.product(factors), .product(factors.reversed()))
    case .each(let repeats, let count):
      let whole = AxisSignature.Term.label(signature.free(.known(count)))
      return (whole, .product([whole] + signature.blocked([.known(repeats)], "counts repeats")))
    case .all(let repeats, let count):
      let whole = AxisSignature.Term.label(signature.free(.known(count)))
      return (whole, .product(signature.blocked([.known(repeats)], "counts repeats") + [whole]))
    case .strided(let step, let count):
      let taken = AxisSignature.Term.label(signature.free(.known(count)))
      return (.product([taken] + signature.blocked([.known(step)], "is stepped over")), taken)
    }
  }
}

extension AxisSignature {
  /// For every index of `target` the first index of `source` at which the labels that both have are
  /// the same; nil if there is none or an extent is not known.
  func indices(of target: Term, in source: Term) -> [Int]? {
    let shared = Set(AxisSignature.labels(of: target))
      .intersection(AxisSignature.labels(of: source))
    guard let from = coordinates(source, shared), let to = coordinates(target, shared) else {
      return nil
    }
    var places: [[Int: Int]: Int] = [:]
    for (index, key) in from.enumerated() where places[key] == nil { places[key] = index }
    var result: [Int] = []
    for key in to {
      guard let place = places[key] else { return nil }
      result.append(place)
    }
    return result
  }

  /// At every index of a term the indices of the given labels, by label.
  private func coordinates(_ term: Term, _ labels: Set<Label>) -> [[Int: Int]]? {
    switch term {
    case .label(let label):
      guard let extent = self[label].extent.value else { return nil }
      return (0..<extent).map { labels.contains(label) ? [label.index: $0] : [:] }
    case .product(let terms):
      var result: [[Int: Int]] = [[:]]
      for term in terms {
        guard let inner = coordinates(term, labels) else { return nil }
        result = result.flatMap { outer in inner.map { outer.merging($0) { first, _ in first } } }
      }
      return result
    case .concatenation(let terms):
      var result: [[Int: Int]] = []
      for term in terms {
        guard let part = coordinates(term, labels) else { return nil }
        result += part
      }
      return result
    }
  }
}
