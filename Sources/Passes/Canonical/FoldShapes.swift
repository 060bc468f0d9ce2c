import IR

/// Replaces integers that follow from shapes by constants, and shape operands of which all but the
/// places copied or derived is known.
///
///     %s: i64[4] = Shape(%x: f32[1, 8, 4, 4])   ->   %s: i64[4] = const dense[1, 8, 4, 4]
///     %y = Reshape(%x: f32[N, 8, 4], %t)        ->   %y = Reshape(%x, dense[0, 32])
public struct FoldShapes: Pass {
  public static let name = "fold-shapes"

  /// Creates the pass.
  public init() {}

  public func run(on model: inout Model, _ context: PassContext) throws(Diagnostic) -> Int {
    try model.editGraphs { graph throws(Diagnostic) in
      let facts = try GraphFacts(graph)
      return foldValues(in: &graph, facts) + foldOperands(in: &graph, facts)
    }
  }

  private func foldValues(in graph: inout Graph, _ facts: GraphFacts) -> Int {
    var changes = 0
    for value in graph.values {
      guard graph.contains(value), let node = graph[value].producer, !graph.isOutput(value),
        !graph.uses(of: value).isEmpty,
        let numbers = facts.shapeValues[value]?.known, let type = facts.type(of: value).tensor,
        let rank = type.shape?.count, let tensor = tensor(numbers, type.element, rank: rank)
      else { continue }
      graph.makeConstant(value, tensor)
      graph.eraseIfDead(node)
      changes += 1
    }
    return changes
  }

  private func tensor(_ numbers: [Int], _ type: ElementType, rank: Int) -> Tensor? {
    guard rank <= 1, rank == 1 || numbers.count == 1 else { return nil }
    let shape = rank == 0 ? [] : [numbers.count]
    if type == .int64 { return Tensor(numbers.map(Int64.init), shape: shape) }
    let narrow = numbers.compactMap { Int32(exactly: $0) }
    guard type == .int32, narrow.count == numbers.count else { return nil }
    return Tensor(narrow, shape: shape)
  }

  private func foldOperands(in graph: inout Graph, _ facts: GraphFacts) -> Int {
    var changes = 0
    for node in graph.nodes {
      let isOpen = graph[node].inputs.contains { value in
        guard let value else { return false }
        return facts.shapeValues[value] != nil && graph[value].constant == nil
      }
      guard isOpen, let signature = facts.signature(of: node) else { continue }
      let edit = graph[node].op.schema.extents(facts.context(of: node), signature)
      let name = graph[node].outputs.first.flatMap { $0 }.map { graph[$0].name } ?? "shape"
      for (index, tensor) in edit.operands.sorted(by: { $0.key < $1.key }) {
        guard let old = graph[node].input(index), graph[old].constant == nil else { continue }
        let constant = graph.addConstant(graph.freshName("\(name).shape"), tensor)
        graph.setInput(node, index, constant)
        changes += 1
      }
    }
    return changes
  }
}
