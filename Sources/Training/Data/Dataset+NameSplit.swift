import IR

extension Dataset {
  /// Splits off a tenth of each class for the evaluation, at least one sample where there are five,
  /// chosen by a digest of the samples' names: the same at every time and for every seed.
  func splitByName() -> DataSource {
    var byClass: [Sample.Label: [(digest: UInt64, position: Int)]] = [:]
    for position in indices.indices {
      let label = (try? self.label(position)) ?? .none
      var digest: UInt64 = 0xCBF2_9CE4_8422_2325
      let name = store.site(of: indices[position]).split(separator: "/").last ?? ""
      for byte in name.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
      byClass[label, default: []].append((digest, position))
    }
    var held: Set<Int> = []
    for samples in byClass.values {
      let count = max(samples.count / 10, samples.count >= 5 ? 1 : 0)
      let order = samples.sorted { ($0.digest, $0.position) < ($1.digest, $1.position) }
      held.formUnion(order.prefix(count).map(\.position))
    }
    guard !held.isEmpty else { return DataSource(training: self, evaluation: nil) }
    return DataSource(
      training: selecting(indices.indices.filter { !held.contains($0) }),
      evaluation: selecting(held.sorted()))
  }
}
