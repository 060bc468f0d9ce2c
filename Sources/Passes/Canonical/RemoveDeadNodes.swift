import IR

/// Removes nodes, constants and captures that nothing reads, and leaves unread optional results
/// out.
///
///     %a = Relu(%x); %y = Neg(%x); return %y   ->   %y = Neg(%x); return %y
public struct RemoveDeadNodes: Pass {
  public static let name = "remove-dead-nodes"

  /// Creates the pass.
  public init() {}

  public func run(on model: inout Model, _ context: PassContext) throws(Diagnostic) -> Int {
    try model.editGraphs { graph throws(Diagnostic) in
      var changes = 0
      for node in graph.nodes.reversed() {
        if graph.isDead(node) {
          graph.erase(node)
          changes += 1
        } else {
          changes += omitResults(of: node, in: &graph)
        }
      }
      for value in graph.values where graph.uses(of: value).isEmpty {
        switch graph[value].definition {
        case .constant(let constant):
          if constant.isOverridable { continue }
        case .capture: break
        case .input, .node: continue
        }
        graph.erase(value)
        changes += 1
      }
      return changes
    }
  }

  private func omitResults(of node: NodeID, in graph: inout Graph) -> Int {
    let op = graph[node].op
    guard op != .opaque else { return 0 }
    var changes = 0
    for index in graph[node].outputs.indices where index >= op.schema.outputs.minimum {
      guard let value = graph[node].output(index), graph.uses(of: value).isEmpty,
        op.schema.outputs.maximum != nil
      else { continue }
      graph.omitResult(node, index)
      changes += 1
    }
    return changes
  }
}
