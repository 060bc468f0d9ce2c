import IR

extension ChannelAnalysis {
  /// The analysis as text: a paragraph for each group, then the layout of every axis that holds one.
  public func description(in graph: Graph) -> String {
    var lines: [String] = []
    for group in groups {
      let state = group.isFree ? "free" : "blocked"
      lines.append("group \(name(group.id)) size \(group.size) \(state)")
      for reason in group.blocked { lines.append("  because \(reason)") }
      for form in group.compensations { lines.append("  where \(form)") }
      for producer in group.producers {
        let node = graph[producer.node]
        lines.append(
          "  produced by \(node.type) '\(node.name)' operand \(producer.operand) axis "
            + "\(producer.axis)")
      }
      for consumer in group.consumers {
        let node = graph[consumer.node]
        lines.append("  consumed by \(node.type) '\(node.name)' operand \(consumer.operand)")
      }
    }
    for value in graph.values where !constantValues.contains(value) {
      guard let layouts = layouts(of: value), layouts.contains(where: { !$0.groups.isEmpty }) else {
        continue
      }
      let axes = layouts.map { describe($0) }.joined(separator: ", ")
      lines.append("value \(graph[value].name) [\(axes)]")
    }
    return lines.joined(separator: "\n") + (lines.isEmpty ? "" : "\n")
  }

  private func name(_ group: GroupID) -> String { "'\(self[group].name)'" }

  private func describe(_ layout: Layout) -> String {
    switch layout {
    case .group(let group, _): name(group)
    case .plain(.known(let extent)): "\(extent)"
    case .plain(.named(let name)): name
    case .plain(.unknown): "?"
    case .product(let factors): "(" + factors.map(describe).joined(separator: " * ") + ")"
    case .concatenation(let segments): "(" + segments.map(describe).joined(separator: " ++ ") + ")"
    }
  }
}
