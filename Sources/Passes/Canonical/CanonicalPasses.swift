import IR

/// The passes that bring a model into its simplest form.
public enum CanonicalPasses {
  /// All of them, in an order that lets each find what the ones before left: shapes become constants
  /// before constants are folded, and nodes are compared once their operands are.
  public static let all: [any Pass] = [
    InferShapes(), FoldShapes(), FoldConstants(), RemoveIdentities(), CombineMovements(),
    FoldBatchNormalization(), MergeEqualConstants(), MergeEqualNodes(), RemoveDeadNodes(),
  ]

  /// The passes in turn until none finds anything.
  public static let pipeline: [PassManager.Step] = [.fixpoint(all, limit: 16)]

  /// The pass of that name.
  public static func named(_ name: String) -> (any Pass)? {
    all.first { type(of: $0).name == name }
  }
}

extension Model {
  /// Runs `body` on the main graph and all graphs below it, inner ones first, and sums the changes.
  ///
  /// A graph of a node in which something is invalid may be a branch that is never taken: it stays as
  /// it is.
  mutating func editGraphs(
    _ body: (inout Graph) throws(Diagnostic) -> Int
  ) throws(Diagnostic) -> Int {
    try graph.editAll(body)
  }
}

extension OperatorContext {
  /// The type of the first result as it follows from the operands, whatever the file declares.
  var inferredResult: TensorType? {
    (try? node.op.schema.shape(self))?.first?.tensor
  }
}

extension Graph {
  /// Runs `body` on the graphs of all nodes, then on this one, and sums the changes.
  fileprivate mutating func editAll(
    _ body: (inout Graph) throws(Diagnostic) -> Int
  ) throws(Diagnostic) -> Int {
    var changes = 0
    for node in nodes where !self[node].subgraphs.isEmpty {
      editSubgraphs(of: node) { inner in
        var edited = inner
        guard let count = try? edited.editAll(body) else { return }
        inner = edited
        changes += count
      }
    }
    return changes + (try body(&self))
  }

  /// Whether nothing reads any result of the node.
  func isDead(_ node: NodeID) -> Bool {
    self[node].outputs.allSatisfy { $0.map { uses(of: $0).isEmpty } ?? true }
  }

  /// Erases a node that nothing reads.
  mutating func eraseIfDead(_ node: NodeID) {
    if isDead(node) { erase(node) }
  }

  /// Makes a result a constant: uses read the constant, which takes the result's name.
  ///
  /// - Precondition: the result is no output of the graph.
  mutating func makeConstant(_ result: ValueID, _ tensor: Tensor) {
    let name = self[result].name
    rename(result, freshName(name + ".replaced"))
    let constant = addConstant(name, tensor)
    replaceUses(of: result, with: constant)
  }
}
