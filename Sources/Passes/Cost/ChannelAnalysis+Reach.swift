import IR

extension ChannelAnalysis {
  /// The share of a node's multiply-accumulates that at least one prunable channel takes part in: what
  /// would go if all free groups could be emptied. Nil for a node that has none to speak of.
  public func prunableShare(of node: NodeID, _ facts: GraphFacts) -> Double? {
    guard let macs = facts.macs(of: node), facts.macCount(of: node) > 0 else { return nil }
    let emptied = Dictionary(
      uniqueKeysWithValues: freeGroups.map { ($0.id, Array(repeating: false, count: $0.size)) })
    var staying = 1.0
    for label in macs.labels {
      guard let mask = layout(of: label, in: node)?.mask(emptied), !mask.isEmpty else { continue }
      staying *= Double(mask.count { $0 }) / Double(mask.count)
    }
    return 1 - staying
  }
}
