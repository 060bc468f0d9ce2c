import IR

/// Makes constants of weights that nodes compute from constants, where channels may be removed from
/// them: aliases, transposed and standardised weights.
///
///     %b = Identity(%w)            uses of %b become uses of %w
///     %b = Transpose(%w)     =>    %b = const …
///
/// Left alone is what is drawn by chance, and what is larger than its operands, as dequantised
/// weights are.
struct ComputedWeights {
  private let evaluator: any Evaluator

  init(_ evaluator: any Evaluator) { self.evaluator = evaluator }

  /// Rewrites a graph; returns how many nodes went.
  func resolve(_ graph: inout Graph) throws(Diagnostic) -> Int {
    guard graph.nodes.contains(where: { isCandidate($0, graph) }) else { return 0 }
    let count = graph.nodeCount
    let facts = try GraphFacts(graph)
    let analysis = ChannelAnalysis(graph, facts)
    for id in graph.nodes where isCandidate(id, graph) {
      guard let result = graph[id].output(0), holdsFreeGroup(result, analysis) else { continue }
      if graph[id].op == .identity, let operand = graph[id].input(0) {
        _ = graph.bypass(id, with: operand)
        continue
      }
      let operands = graph[id].inputs.map { graph.tensor(of: $0) }
      guard let tensor = (try? evaluator.evaluate(graph[id], operands))?.first ?? nil,
        fits(tensor, operands)
      else { continue }
      let name = graph[result].name
      graph.rename(result, graph.freshName(name + ".computed"))
      graph.replaceUses(of: result, with: graph.addConstant(name, tensor))
      graph.eraseWithConstants(id)
    }
    return count - graph.nodeCount
  }

  /// Whether a node makes one floating-point value, which only nodes read, from constants.
  private func isCandidate(_ id: NodeID, _ graph: Graph) -> Bool {
    let node = graph[id]
    guard node.op != .opaque, node.domain != Operator.gradientDomain, node.subgraphs.isEmpty,
      !Operator.drawing.contains(node.op), node.op != .dropout, node.outputs.count == 1,
      let result = node.output(0), node.inputs.contains(where: { $0 != nil }),
      node.inputs.allSatisfy({ $0.map { graph.tensor(of: $0) != nil } ?? true }),
      graph[result].type == .unknown || graph[result].type.element?.isFloatingPoint == true
    else { return false }
    return graph.uses(of: result).allSatisfy {
      if case .operand = $0 { return true }
      return false
    }
  }

  private func holdsFreeGroup(_ value: ValueID, _ analysis: ChannelAnalysis) -> Bool {
    analysis.layouts(of: value)?.contains { layout in
      layout.groups.contains { analysis[$0].isFree }
    } ?? false
  }

  private func fits(_ tensor: Tensor, _ operands: [Tensor?]) -> Bool {
    let given = operands.reduce(0) { $0 + ($1.map { $0.type.byteCount(of: $0.count) ?? 0 } ?? 0) }
    guard let size = tensor.type.byteCount(of: tensor.count) else { return false }
    return tensor.type.isFloatingPoint && size <= given
  }
}
