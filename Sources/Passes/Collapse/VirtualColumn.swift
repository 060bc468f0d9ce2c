import IR

/// A standardizing norm that nothing but contractions read, so that the channels which enter it as
/// zeros need not leave it: all are multiples of one function, and one column for all of them does.
///
/// With F = −μ / √(variance + epsilon) a zero channel c leaves as γ_c·F + β_c. A contraction that reads
/// it gets Σ β_c·W_c into its bias, and one more input, a zero that is normalized with scale 1, with the
/// weights Σ γ_c·W_c.
struct VirtualColumn {
  let node: NodeID
  let result: ValueID
  /// The axis that is normalized over, the last one.
  let axis: Int
  /// The operands that hold γ and β.
  let scale: Int
  let offset: Int?
  let readers: [Contraction]

  /// Recognises a node; nil if its channels have to leave as they are.
  init?(_ node: NodeID, _ graph: Graph, _ facts: GraphFacts) {
    guard let signature = facts.signature(of: node), let terms = signature.results.first ?? nil,
      let last = terms.last, let result = graph[node].output(0), !graph.isOutput(result),
      case .standardization(_, let scale?, let offset)? = signature.compensation(of: last)
    else { return nil }
    var readers: [Contraction] = []
    for use in graph.uses(of: result) {
      guard case .operand(let reader, 0) = use, [.gemm, .matMul].contains(graph[reader].op),
        let contraction = Contraction(reader, graph, facts),
        contraction.dataAxis == terms.count - 1, contraction.resultAxis != nil,
        contraction.groups == 1, contraction.alpha != 0
      else { return nil }
      readers.append(contraction)
    }
    if readers.isEmpty { return nil }
    self.node = node
    self.result = result
    axis = terms.count - 1
    self.scale = scale
    self.offset = offset
    self.readers = readers
  }

  /// γ of every channel.
  func scales(_ graph: Graph) -> [Double]? { graph.tensor(of: graph[node].input(scale))?.doubles }

  /// β of every channel.
  func offsets(_ graph: Graph) -> [Double]? {
    guard let offset, graph[node].input(offset) != nil else {
      return scales(graph)?.map { _ in 0 }
    }
    return graph.tensor(of: graph[node].input(offset))?.doubles
  }

  /// What each reader multiplies the virtual column by, one number an output that stays, when of the
  /// channels only those that `mask` marks stay.
  func weights(
    without mask: [Bool], _ graph: Graph, _ analysis: ChannelAnalysis,
    keeping keeps: [GroupID: [Bool]]
  ) -> [(reader: NodeID, weights: [Double])] {
    guard let scales = scales(graph), scales.count == mask.count else { return [] }
    return readers.map { reader in
      let matrix = ContractionWeights(reader, graph)
      let isTransposed =
        graph[reader.node].op == .gemm && graph[reader.node].attributes.int("transB") ?? 0 != 0
      let layouts = analysis.layouts(at: OperandSite(reader.node, 1), in: graph)
      let outputs = layouts?[isTransposed ? 0 : 1].mask(keeps)
      var weights: [Double] = []
      for row in 0..<reader.outputs where outputs?[row] != false {
        let sum = mask.indices.reduce(0.0) { sum, channel in
          mask[channel] ? sum : sum + scales[channel] * matrix.sum(row: row, input: channel)
        }
        weights.append(sum / reader.alpha)
      }
      return (reader.node, weights)
    }
  }
}
