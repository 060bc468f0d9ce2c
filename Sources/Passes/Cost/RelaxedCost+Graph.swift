import IR

extension RelaxedCost {
  /// What is counted.
  public enum Measure: Hashable, Sendable {
    case macs, params
  }

  /// The cost of a gated graph.
  ///
  /// A contracted and a produced axis each count, even of the same group; a mapped axis counts once.
  /// Channel gates act on every axis on which their group stands, block gates on every node that only
  /// their branch reads. Branch gates leave rows of zeros behind, so they do not change the cost.
  ///
  /// Throws an `invalid` diagnostic if the table does not fit the graph.
  public init(
    _ graph: Graph, _ facts: GraphFacts, _ analysis: ChannelAnalysis, _ table: GateTable,
    measure: Measure = .macs
  ) throws(Diagnostic) {
    let binding = try GateBinding(table, graph, analysis)
    var parts: [GroupID: [Part]] = [:]
    for (index, gate) in table.gates.enumerated() where gate.kind == .channel {
      for run in binding.runs[index] {
        parts[run.group, default: []].append(Part(gate: index, offset: run.offset))
      }
    }
    let blocks = RelaxedCost.blocks(table, graph)
    var terms: [Term] = []
    switch measure {
    case .macs:
      for node in graph.nodes {
        guard let macs = facts.macs(of: node) else { continue }
        let coefficient = macs.positions.reduce(1.0) { $0 * Double($1.value ?? 1) }
        let sizes = { (labels: [AxisSignature.Label]) in
          labels.compactMap { analysis.layout(of: $0, in: node) }
            .map { RelaxedCost.size($0, parts) }
        }
        let sum = macs.summed.enumerated().flatMap { index, label in
          sizes([label]).map {
            Size.product([.constant(Double(macs.times(index).value ?? 1)), $0])
          }
        }
        terms.append(
          Term(
            coefficient: coefficient, sizes: sizes(macs.labels) + (sum.isEmpty ? [] : [.sum(sum)]),
            blocks: blocks[node] ?? []))
      }
    case .params:
      let excluded = DenseCost.gateNames(table)
      for value in graph.constants {
        guard let tensor = graph[value].constant?.tensor, tensor.type.isFloatingPoint,
          !excluded.contains(graph[value].name),
          case .operand(let node, _)? = graph.uses(of: value).first
        else { continue }
        let layouts =
          analysis.layouts(ofConstant: value, in: graph)
          ?? tensor.shape.map { .plain(.known($0)) }
        terms.append(
          Term(
            coefficient: 1, sizes: layouts.map { RelaxedCost.size($0, parts) },
            blocks: blocks[node] ?? []))
      }
    }
    self.init(gateSizes: table.gates.map(\.size), terms: terms)
  }

  private static func size(_ layout: Layout, _ parts: [GroupID: [Part]]) -> Size {
    switch layout {
    case .plain(let dim): .constant(Double(dim.value ?? 1))
    case .group(let group, let extent):
      parts[group].map { .channels($0, count: extent) } ?? .constant(Double(extent))
    case .product(let factors): .product(factors.map { size($0, parts) })
    case .concatenation(let segments): .sum(segments.map { size($0, parts) })
    }
  }

  /// For every node the block gates round it.
  private static func blocks(_ table: GateTable, _ graph: Graph) -> [NodeID: [Int]] {
    var blocks: [NodeID: [Int]] = [:]
    for (index, gate) in table.gates.enumerated() where gate.kind == .block {
      for site in gate.sites {
        guard let value = graph.value(named: site.value), let use = graph.onlyUse(of: value) else {
          continue
        }
        for node in graph.exclusiveRegion(of: value, readBy: use.node) {
          blocks[node, default: []].append(index)
        }
      }
    }
    return blocks
  }
}
