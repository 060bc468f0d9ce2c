import IR

/// Gives each node its own copy of the vectors it is trained by, so that parameters which were
/// equal when the model was exported, and therefore merged, may come to differ.
///
///     %a.bias = Identity(%b.bias)          %a.bias = const
///     %x = Conv(…, %b.bias)           =>   %x = Conv(…, %b.bias)
///     %y = Conv(…, %b.bias)                %y = Conv(…, %y.bias)
///
/// The function stays the same. Matrices that several nodes share stay shared: they may be tied on
/// purpose.
enum ParameterSeparation {
  /// The operands that are vectors to be trained, by operator, and what they are called.
  private static let roles: [Operator: [(index: Int, name: String)]] = [
    .batchNormalization: [(1, "scale"), (2, "bias"), (3, "mean"), (4, "var")],
    .layerNormalization: [(1, "scale"), (2, "bias")], .rmsNormalization: [(1, "scale")],
    .simplifiedLayerNormalization: [(1, "scale")],
    .instanceNormalization: [(1, "scale"), (2, "bias")],
    .groupNormalization: [(1, "scale"), (2, "bias")],
    .skipLayerNormalization: [(2, "scale"), (3, "bias"), (4, "skip.bias")],
    .skipSimplifiedLayerNormalization: [(2, "scale"), (3, "skip.bias")],
    .conv: [(2, "bias")], .convTranspose: [(2, "bias")], .gemm: [(2, "bias")],
    .fusedConv: [(2, "bias")], .biasGelu: [(1, "bias")], .fastGelu: [(1, "bias")],
    .projectedAttention: [(2, "bias")], .prelu: [(1, "slope")],
  ]

  /// Separates the parameters of a graph, and returns how many copies were made.
  @discardableResult
  static func run(on graph: inout Graph) -> Int {
    var copies = 0
    for id in graph.nodes where graph[id].op == .identity {
      guard let source = graph[id].input(0), let result = graph[id].output(0),
        let tensor = graph.tensor(of: source), tensor.type == .float32, tensor.rank <= 1,
        !graph.isOutput(result)
      else { continue }
      let name = graph[result].name
      let copy = graph.addConstant(graph.freshName(name + ".copy"), tensor)
      graph.replaceUses(of: result, with: copy)
      graph.erase(id)
      graph.rename(copy, name)
      copies += 1
    }
    var taken: Set<ValueID> = []
    for id in graph.nodes {
      for (index, role) in roles[graph[id].op] ?? [] {
        guard let operand = graph[id].input(index), let tensor = graph.tensor(of: operand),
          tensor.type == .float32, let result = graph[id].output(0)
        else { continue }
        if taken.insert(operand).inserted { continue }
        let copy = graph.addConstant(graph.freshName("\(graph[result].name).\(role)"), tensor)
        graph.setInput(id, index, copy)
        taken.insert(copy)
        copies += 1
      }
    }
    return copies
  }
}
