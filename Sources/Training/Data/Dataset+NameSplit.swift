import IR

extension Dataset {
  /// Splits off a tenth for the evaluation, of each class where a sample has one, at least one sample
  /// where there are five, chosen by a hash of the samples' names: the same at every time and for every
  /// seed.
  func splitByName() -> DataSource {
    var byClass: [Sample.Label: [(hash: UInt64, position: Int)]] = [:]
    for position in indices.indices {
      let label: Sample.Label =
        labels == .classes(positions: 1) ? (try? self.label(position)) ?? .none : .none
      var hash = FNV1a()
      hash.add((store.site(of: indices[position]).split(separator: "/").last ?? "").utf8)
      byClass[label, default: []].append((hash.value, position))
    }
    var held: Set<Int> = []
    for samples in byClass.values {
      let count = max(samples.count / 10, samples.count >= 5 ? 1 : 0)
      let order = samples.sorted { ($0.hash, $0.position) < ($1.hash, $1.position) }
      held.formUnion(order.prefix(count).map(\.position))
    }
    guard !held.isEmpty else { return DataSource(training: self, evaluation: nil) }
    return DataSource(
      training: selecting(indices.indices.filter { !held.contains($0) }),
      evaluation: selecting(held.sorted()))
  }
}
