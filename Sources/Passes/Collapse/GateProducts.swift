import IR

/// The nodes that multiply values by gates.
struct GateProducts {
  private let products: [NodeID]
  /// The values that follow from gates and constants alone.
  private let derived: Set<ValueID>

  /// Finds the products of a table's gates in a graph whose `NAME.w` are constants.
  init(_ table: GateTable, _ graph: Graph) {
    var sources: Set<ValueID> = []
    var products: [NodeID] = []
    for gate in table.gates {
      if let value = graph.value(named: gate.weightName) { sources.insert(value) }
      for index in gate.sites.indices {
        if let value = graph.value(named: gate.weightName(at: index)) { sources.insert(value) }
      }
    }
    var derived = sources
    for id in graph.nodes {
      let node = graph[id]
      let operands = node.inputs.compactMap { $0 }
      guard operands.contains(where: derived.contains) else { continue }
      let isConstant = operands.allSatisfy { derived.contains($0) || graph[$0].constant != nil }
      if isConstant, node.subgraphs.isEmpty, !operands.isEmpty {
        derived.formUnion(node.outputs.compactMap { $0 })
      }
      let data = node.input(0)
      let isGated = node.op == .mul && node.input(1).map(derived.contains) == true
      if isGated, let data, !derived.contains(data) { products.append(id) }
    }
    self.products = products
    self.derived = derived
  }

  /// The graph in which every operand that follows from gates and constants alone is a constant.
  func withConstants(in graph: Graph, _ evaluator: any Evaluator) throws(Diagnostic) -> Graph {
    var graph = graph
    var evaluation = ConstantEvaluation(evaluator)
    for id in graph.nodes
    where !graph[id].outputs.contains(where: { $0.map(derived.contains) ?? false }) {
      for (operand, input) in graph[id].inputs.enumerated() {
        guard let value = input, derived.contains(value), graph[value].constant == nil,
          let tensor = try evaluation.tensor(of: value, in: graph)
        else { continue }
        let name = graph.freshName(graph[value].name + ".value")
        graph.setInput(id, operand, graph.addConstant(name, tensor))
      }
    }
    _ = graph.eraseDeadNodes()
    return graph
  }

  /// The products that are left in a graph, in order.
  func nodes(in graph: Graph) -> [NodeID] { products.filter(graph.contains) }
}
