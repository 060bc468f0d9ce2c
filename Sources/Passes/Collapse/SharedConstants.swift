import IR

/// Lets the readers of one weight share it again where all edits left them equal copies.
struct SharedConstants {
  /// The constants that several operands read, and these operands.
  private let readers: [(value: ValueID, sites: [OperandSite])]

  /// Notes which constants of a graph are shared.
  init(_ graph: Graph) {
    readers = graph.constants.compactMap { value in
      guard let tensor = graph.tensor(of: value), tensor.rank > 0 else { return nil }
      let sites = graph.uses(of: value).compactMap { use -> OperandSite? in
        if case .operand(let node, let index) = use { return OperandSite(node, index) }
        return nil
      }
      return sites.count > 1 ? (value, sites) : nil
    }
  }

  /// Joins the copies that are equal bit for bit; the constant itself stays rather than a copy.
  func join(in graph: inout Graph) {
    for (original, sites) in readers {
      var firsts = graph.contains(original) && graph.tensor(of: original) != nil ? [original] : []
      for site in sites where graph.contains(site.node) {
        guard let value = graph[site.node].input(site.operand),
          let tensor = graph.tensor(of: value)
        else { continue }
        guard let first = firsts.first(where: { graph.tensor(of: $0) == tensor }) else {
          firsts.append(value)
          continue
        }
        if first == value { continue }
        graph.setInput(site.node, site.operand, first)
        graph.eraseIfUnread(value)
      }
    }
  }
}
