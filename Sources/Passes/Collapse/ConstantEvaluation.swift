import IR

/// Computes values that follow from constants alone.
struct ConstantEvaluation {
  private let evaluator: any Evaluator
  private var known: [ValueID: Tensor] = [:]

  init(_ evaluator: any Evaluator) { self.evaluator = evaluator }

  /// The tensor of a value; nil if it depends on an input.
  ///
  /// Throws what the evaluator throws.
  mutating func tensor(of value: ValueID, in graph: Graph) throws(Diagnostic) -> Tensor? {
    if let tensor = graph.tensor(of: value) ?? known[value] { return tensor }
    guard case .node(let producer, _) = graph[value].definition, graph[producer].op != .opaque else {
      return nil
    }
    let node = graph[producer]
    var operands: [Tensor?] = []
    for input in node.inputs {
      guard let input else {
        operands.append(nil)
        continue
      }
      guard let tensor = try tensor(of: input, in: graph) else { return nil }
      operands.append(tensor)
    }
    let results = try evaluator.evaluate(node, operands)
    for (output, tensor) in zip(node.outputs, results) {
      if let output { known[output] = tensor }
    }
    return known[value]
  }
}
