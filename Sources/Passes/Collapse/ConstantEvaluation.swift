import IR

/// Computes values that follow from constants alone, and from known extents if facts are given.
struct ConstantEvaluation {
  private let evaluator: any Evaluator
  private let facts: GraphFacts?
  private var known: [ValueID: Tensor] = [:]
  private var unknown: Set<ValueID> = []

  init(_ evaluator: any Evaluator, _ facts: GraphFacts? = nil) {
    self.evaluator = evaluator
    self.facts = facts
  }

  /// The tensor of a value; nil if it depends on an input.
  ///
  /// Throws what the evaluator throws.
  mutating func tensor(of value: ValueID, in graph: Graph) throws(Diagnostic) -> Tensor? {
    if let tensor = graph.tensor(of: value) ?? known[value] { return tensor }
    if unknown.contains(value) { return nil }
    if let tensor = extents(value) { return tensor }
    unknown.insert(value)
    guard case .node(let producer, _) = graph[value].definition, graph[producer].op != .opaque
    else {
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
    unknown.remove(value)
    return known[value]
  }

  /// The tensor of a value whose elements are known extents.
  private func extents(_ value: ValueID) -> Tensor? {
    guard let facts, let numbers = facts.shapeValues[value]?.known,
      facts.types[value]?.element == .int64, let shape = facts.shape(of: value)?.known,
      Tensor.count(of: shape) == numbers.count
    else { return nil }
    return Tensor(numbers.map { Int64($0) }, shape: shape)
  }
}
