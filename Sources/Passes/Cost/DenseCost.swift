import IR

/// The multiply-accumulates and parameters of a graph, for a batch of one.
public struct DenseCost: Hashable, Sendable {
  public var macs: Int
  public var params: Int

  /// Counts a graph; an extent that is not known counts as 1. Parameters are the elements of
  /// floating-point constants that a node reads, gates excepted.
  public init(_ graph: Graph, _ facts: GraphFacts, gates: GateTable? = nil) {
    macs = 0
    for node in graph.nodes {
      guard let count = facts.macs(of: node), let signature = facts.signature(of: node) else {
        continue
      }
      let factors = count.factors(signature)
      let (product, overflows) = factors.reduce((1, false)) { state, extent in
        let (next, overflow) = state.0.multipliedReportingOverflow(by: extent.value ?? 1)
        return (next, state.1 || overflow)
      }
      let (sum, overflow) = macs.addingReportingOverflow(product)
      macs = overflow || overflows ? Int.max : sum
    }
    let excluded = DenseCost.gateNames(gates)
    params = 0
    for value in graph.constants {
      guard let tensor = graph[value].constant?.tensor, tensor.type.isFloatingPoint,
        !graph.uses(of: value).isEmpty, !excluded.contains(graph[value].name)
      else { continue }
      params += tensor.count
    }
  }

  /// The names of initializers that gates consist of.
  static func gateNames(_ table: GateTable?) -> Set<String> {
    guard let table else { return [] }
    var names: Set<String> = [GateTable.sharpnessName]
    for gate in table.gates {
      names.formUnion([gate.scoreName, gate.weightName])
      for index in gate.sites.indices { names.insert(gate.weightName(at: index)) }
    }
    return names
  }
}
