import IR

/// Along which axis a model's output tells classes apart.
enum ClassAxis {
  /// What is before a last Softmax or LogSoftmax over the classes of an output, and the axis of the
  /// classes: that of the Softmax, unless it takes several axes together; the last where a matrix product makes the output, as in language
  /// models; else axis 1.
  ///
  /// - Precondition: the output has at least two axes.
  static func logits(of output: ValueID, in graph: Graph) -> (value: ValueID, axis: Int) {
    let rank = graph[output].type.rank ?? 2
    if let producer = graph[output].producer, let operand = graph[producer].input(0),
      graph[producer].op == .softmax || graph[producer].op == .logSoftmax
    {
      let axis = graph[producer].axis("axis", -1, rank: rank)
      let rest = graph[output].type.shape?.dropFirst(axis + 1) ?? []
      let takesOne = !graph[producer].flag("pcc_flatten") || rest.allSatisfy { $0.value == 1 }
      if (1..<rank).contains(axis), takesOne { return (operand, axis) }
    }
    return (output, isProduct(output, in: graph) ? rank - 1 : 1)
  }

  /// Whether a value is a matrix product, with or without a constant added.
  private static func isProduct(_ value: ValueID, in graph: Graph) -> Bool {
    guard let producer = graph[value].producer else { return false }
    let node = graph[producer]
    if node.op == .matMul || node.op == .gemm { return true }
    guard [.add, .identity, .cast, .reshape].contains(node.op) else { return false }
    let operands = node.inputs.compactMap(\.self).filter { graph[$0].constant == nil }
    guard operands.count == 1,
      node.op != .reshape
        || graph[operands[0]].type.shape?.last?.value == graph[value].type.shape?.last?.value
    else { return false }
    return isProduct(operands[0], in: graph)
  }
}
