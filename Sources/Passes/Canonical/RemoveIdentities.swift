import IR

/// Removes nodes that hand one operand on unchanged.
///
///     %y = Dropout(%x); %z = Relu(%y)   ->   %z = Relu(%x)
///     %y = Relu(%x); %z = Relu(%y)      ->   %z = Relu(%x)
///
/// An output of the graph keeps its name: the operand takes it over, or the node stays.
public struct RemoveIdentities: Pass {
  public static let name = "remove-identities"

  /// Creates the pass.
  public init() {}

  public func run(on model: inout Model, _ context: PassContext) throws(Diagnostic) -> Int {
    let names = ReservedNames(model)
    return try model.editGraphs { graph throws(Diagnostic) in
      let facts = try GraphFacts(graph)
      let ranges = ValueRanges(graph, facts)
      var changes = 0
      for node in graph.nodes {
        guard let index = operandHandedOn(facts.context(of: node), ranges),
          let operand = graph[node].input(index), let result = graph[node].output(0),
          graph[node].outputs.dropFirst().allSatisfy({
            $0.map { graph.uses(of: $0).isEmpty } ?? true
          }),
          !graph.uses(of: result).isEmpty, !names.isGated(result, of: graph),
          graph.replace(result, with: operand)
        else { continue }
        graph.erase(node)
        changes += 1
      }
      return changes
    }
  }

  /// The number of the operand that certainly is the node's first result; nil if there is none.
  private func operandHandedOn(_ context: OperatorContext, _ ranges: ValueRanges) -> Int? {
    let node = context.node
    if node.op == .identity || ranges.leavesAll(node) { return 0 }
    if node.op == .dropout { return Schema.dropsNothing(context) ? 0 : nil }
    guard let result = context.inferredResult else { return nil }
    if node.op == .concat {
      return context.inputs.indices.first { index in
        context.inputs.count == 1 || isSame(context.inputs[index]?.tensor, result)
      }
    }
    guard let type = context.inputs.first.flatMap({ $0?.tensor }), type.element == result.element
    else { return nil }
    if node.op == .cast || node.op == .castLike { return 0 }
    return isSame(type, result) && keepsPlaces(context) ? 0 : nil
  }

  private func isSame(_ type: TensorType?, _ other: TensorType) -> Bool {
    guard let type, type.element == other.element, let left = type.shape, let right = other.shape,
      left.count == right.count
    else { return false }
    return zip(left, right).allSatisfy { $0.isCertainly($1) }
  }

  /// Whether an operator whose result has its first operand's shape leaves all elements in their
  /// places.
  private func keepsPlaces(_ context: OperatorContext) -> Bool {
    let node = context.node
    let regrouping: Set<Operator> = [
      .reshape, .flatten, .squeeze, .unsqueeze, .expand, .tile, .split,
    ]
    if regrouping.contains(node.op) { return true }
    guard let shape = context.shape(0) else { return false }
    if node.op == .transpose {
      return (try? Schema.permutation(context, rank: shape.count)) == Array(shape.indices)
    }
    if node.op == .slice {
      return !context.has(4) || context.integers(4)?.allSatisfy { $0 > 0 } == true
    }
    if node.op == .gather {
      return context.integers(1).map { $0 == Array($0.indices) } ?? false
    }
    if node.op == .pad {
      return (try? Schema.padding(context))??.allSatisfy { $0 == (0, 0) } == true
    }
    return false
  }
}
