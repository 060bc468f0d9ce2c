import DenseRuntime
import IR

/// Computes once what every step would compute again: nodes that read only constants which training
/// leaves alone.
///
///     %m = Where(%c, dense[-100.0], dense[0.0])   =>   %m = const dense[-100.0, 0.0, …]
enum FixedValues {
  /// The size in bytes up to which a result becomes a constant.
  private static let limit = 64 << 20

  /// Folds the nodes of a graph, or only those that nothing but `readers` reads; `variables` change
  /// during training.
  static func fold(
    in graph: inout Graph, except variables: Set<ValueID>, for readers: Set<Operator>? = nil
  ) {
    for id in graph.nodes {
      let node = graph[id]
      if let readers, !isRead(node, in: graph, by: readers) { continue }
      guard node.op != .opaque, node.op != .dropout, !Operator.drawing.contains(node.op),
        !node.hasSubgraphs, node.outputs.contains(where: { $0 != nil })
      else { continue }
      let operands = node.inputs.map { value in
        value.flatMap { variables.contains($0) ? nil : graph.tensor(of: $0) }
      }
      guard zip(node.inputs, operands).allSatisfy({ $0 == nil || $1 != nil }),
        let results = try? Interpreter(maximumBytes: limit).evaluate(node, operands)
      else { continue }
      for (old, tensor) in zip(node.outputs, results) {
        guard let old, let tensor, !graph.isOutput(old) else { continue }
        let name = graph[old].name
        graph.rename(old, graph.freshName(name + ".computed"))
        graph.replaceUses(of: old, with: graph.addConstant(name, tensor))
      }
    }
  }

  /// Whether all that reads results of a node is one of `readers`.
  private static func isRead(_ node: Node, in graph: Graph, by readers: Set<Operator>) -> Bool {
    node.outputs.compactMap(\.self).allSatisfy { result in
      graph.consumers(of: result).allSatisfy { readers.contains(graph[$0].op) }
    }
  }
}
