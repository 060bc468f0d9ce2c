import IR

/// Computes nodes whose operands are all constants.
///
///     %b = Add(dense[1.0], dense[2.0])   ->   %b = const dense[3.0]
///
/// Left alone are outputs of the graph, constants a caller may override or gates are trained by,
/// operators that cannot be computed, that draw by chance or that hold graphs, and results beyond
/// the context's limit or much larger than their operands.
public struct FoldConstants: Pass {
  public static let name = "fold-constants"

  /// The size in bytes up to which a result may be larger than its operands.
  private static let growthLimit = 1 << 16

  /// Creates the pass.
  public init() {}

  public func run(on model: inout Model, _ context: PassContext) throws(Diagnostic) -> Int {
    let names = ReservedNames(model)
    return try model.editGraphs { graph throws(Diagnostic) in
      var changes = 0
      for id in graph.nodes {
        let node = graph[id]
        let operands = node.inputs.map { graph.tensor(of: $0) }
        guard isFoldable(node, operands, in: graph),
          !node.inputs.contains(where: { $0.map { names.isGated($0, of: graph) } ?? false }),
          fits(node, operands, context.foldingLimit),
          let results = try? context.evaluator.evaluate(node, operands)
        else { continue }
        for (output, tensor) in zip(node.outputs, results) {
          guard let output, let tensor else { continue }
          graph.makeConstant(output, tensor)
        }
        graph.eraseIfDead(id)
        changes += 1
      }
      return changes
    }
  }

  private func isFoldable(_ node: Node, _ operands: [Tensor?], in graph: Graph) -> Bool {
    guard node.op != .opaque, node.domain != Operator.gradientDomain, !node.hasSubgraphs,
      zip(node.inputs, operands).allSatisfy({ $0 == nil || $1 != nil }),
      node.outputs.contains(where: { $0 != nil })
    else { return false }
    if node.op == .dropout || Operator.drawing.contains(node.op) { return false }
    return node.outputs.allSatisfy { output in
      output.map { !graph.isOutput($0) } ?? true
    }
  }

  /// Whether the results are known to be small enough before they are computed.
  private func fits(_ node: Node, _ operands: [Tensor?], _ limit: Int) -> Bool {
    let context = OperatorContext(node, operands: operands)
    guard (try? node.op.schema.check(node)) != nil,
      let types = try? node.op.schema.shape(context)
    else { return false }
    var size = 0
    for type in types {
      guard let tensor = type.tensor, let shape = tensor.shape?.known,
        let bytes = Tensor.count(of: shape).flatMap(tensor.element.byteCount), bytes <= limit
      else { return false }
      size += bytes
    }
    let given = operands.reduce(0) { sum, tensor in
      sum + (tensor.flatMap { $0.type.byteCount(of: $0.count) } ?? 0)
    }
    return size <= limit && size <= max(FoldConstants.growthLimit, given)
  }
}
