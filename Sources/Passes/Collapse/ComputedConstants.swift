import IR

/// Makes constants of weights that nodes compute from constants, so that they can be cut.
///
///     %w.t = Transpose(%w)                     %w.t = const
///     %y = MatMul(%x, %w.t)            =>      %y = MatMul(%x, %w.t)
///
/// Only operands that may lose channels are computed; a name for another constant is left out.
struct ComputedConstants {
  private let analysis: ChannelAnalysis
  private var evaluation: ConstantEvaluation
  /// The values that could not be computed.
  private(set) var failed: Set<ValueID> = []

  init(_ analysis: ChannelAnalysis, _ evaluator: any Evaluator) {
    self.analysis = analysis
    evaluation = ConstantEvaluation(evaluator)
  }

  /// Whether a node of a graph reads constants alone.
  static func finds(in graph: Graph) -> Bool {
    graph.nodes.contains { id in
      let operands = graph[id].inputs.compactMap { $0 }
      return !operands.isEmpty && operands.allSatisfy { graph[$0].constant != nil }
    }
  }

  /// Computes what can be; returns the number of values that became constants.
  mutating func fold(in graph: inout Graph) -> Int {
    var count = 0
    for id in graph.nodes where !isConstant(id, graph) {
      for (index, input) in graph[id].inputs.enumerated() {
        guard let value = input, graph[value].constant == nil,
          analysis.computedConstants.contains(value), loses(OperandSite(id, index), graph),
          !failed.contains(value)
        else { continue }
        if makeConstant(value, in: &graph) {
          count += 1
        } else {
          failed.insert(value)
        }
      }
    }
    if count > 0 { _ = graph.eraseDeadNodes() }
    return count
  }

  /// The values that follow from constants and that losing channels does nothing for: only what follows
  /// from constants reads them.
  func bound(in graph: Graph) -> Set<ValueID> {
    Set(
      analysis.computedConstants.filter { value in
        graph.contains(value) && graph[value].producer != nil
          && graph.consumers(of: value).allSatisfy { isConstant($0, graph) }
      })
  }

  private func isConstant(_ id: NodeID, _ graph: Graph) -> Bool {
    graph[id].outputs.contains { $0.map(analysis.constantValues.contains) ?? false }
  }

  /// Whether indices of an operand may leave.
  private func loses(_ site: OperandSite, _ graph: Graph) -> Bool {
    analysis.layouts(at: site, in: graph)?.contains { layout in
      layout.groups.contains { analysis[$0].isFree }
    } ?? false
  }

  private mutating func makeConstant(_ value: ValueID, in graph: inout Graph) -> Bool {
    if let producer = graph[value].producer, graph[producer].op == .identity,
      let source = graph[producer].input(0), graph[source].constant != nil,
      graph.replace(value, with: source)
    {
      return true
    }
    guard !graph.isOutput(value),
      let tensor = (try? evaluation.tensor(of: value, in: graph)) ?? nil
    else { return false }
    let name = graph[value].name
    graph.rename(value, graph.freshName(name + ".computed"))
    graph.replaceUses(of: value, with: graph.addConstant(name, tensor))
    return true
  }
}
