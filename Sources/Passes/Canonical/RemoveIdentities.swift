import IR

/// Removes nodes that hand their first operand on unchanged.
///
///     %y = Dropout(%x); %z = Relu(%y)   ->   %z = Relu(%x)
///
/// An output of the graph keeps its name: the operand takes it over, or the node stays.
public struct RemoveIdentities: Pass {
  public static let name = "remove-identities"

  /// Creates the pass.
  public init() {}

  public func run(on model: inout Model, _ context: PassContext) throws(Diagnostic) -> Int {
    try model.editGraphs { graph throws(Diagnostic) in
      let facts = try GraphFacts(graph)
      var changes = 0
      for node in graph.nodes {
        guard let operand = graph[node].input(0), let result = graph[node].output(0),
          graph[node].outputs.dropFirst().allSatisfy({
            $0.map { graph.uses(of: $0).isEmpty } ?? true
          }),
          isIdentity(facts.context(of: node)),
          !graph.uses(of: result).isEmpty, graph.replace(result, with: operand)
        else { continue }
        graph.erase(node)
        changes += 1
      }
      return changes
    }
  }

  /// Whether the node's first result is certainly its first operand.
  private func isIdentity(_ context: OperatorContext) -> Bool {
    let node = context.node
    if node.op == .identity { return true }
    if node.op == .dropout { return Schema.dropsNothing(context) }
    guard let type = context.inputs.first.flatMap({ $0?.tensor }),
      let result = context.outputs.first.flatMap({ $0?.tensor }), type.element == result.element
    else { return false }
    if node.op == .cast { return true }
    if node.op == .concat { return context.inputs.count == 1 }
    guard let shape = type.shape, let other = result.shape, shape.count == other.count,
      zip(shape, other).allSatisfy({ $0.isCertainly($1) })
    else { return false }
    let keepsOrder: Set<Operator> = [.reshape, .flatten, .expand, .squeeze, .unsqueeze]
    if keepsOrder.contains(node.op) { return true }
    if node.op == .transpose {
      return (try? Schema.permutation(context, rank: shape.count)) == Array(shape.indices)
    }
    if node.op == .pad {
      return (try? Schema.padding(context))??.allSatisfy { $0 == (0, 0) } == true
    }
    return false
  }
}
