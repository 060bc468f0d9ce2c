import IR

/// Replaces operands whose every channel is constant, and leaves out sums with zero and products
/// with one.
///
///     %y = Add(%dead, %x)                 uses of %y become uses of %x
///     %y = Add(%constant, %x)      =>     %y = Add(%constant.value, %x)
struct ConstantOperands {
  private let numbering: ChannelNumbering
  private let facts: GraphFacts

  init(_ numbering: ChannelNumbering) {
    self.numbering = numbering
    self.facts = numbering.facts
  }

  /// Rewrites a graph; returns the number of nodes that changed or went, and how many of these were
  /// sums that no longer read what is computed from the graph's inputs: branches that went.
  func rewrite(_ graph: inout Graph) -> (nodes: Int, branches: Int) {
    var count = (nodes: 0, branches: 0)
    for node in graph.nodes
    where graph.contains(node) && [.add, .sub, .mul, .div].contains(graph[node].op) {
      let isSum = graph[node].op == .add || graph[node].op == .sub
      guard let operand = rewrite(node, &graph) else { continue }
      count.nodes += 1
      if isSum, !numbering.analysis.constantValues.contains(operand) { count.branches += 1 }
    }
    return count
  }

  /// Rewrites a node; returns the operand that it no longer reads, nil if nothing changes.
  private func rewrite(_ node: NodeID, _ graph: inout Graph) -> ValueID? {
    let content = graph[node]
    guard let a = content.input(0), let b = content.input(1), let result = content.output(0),
      let shape = facts.types[result]?.shape, facts.types[result]?.element?.isFloatingPoint == true
    else { return nil }
    let constants = [a, b].map { constant($0, graph) }
    for side in [0, 1] {
      let other = [a, b][1 - side]
      guard let constant = constants[side], isSame(facts.types[other]?.shape, shape),
        graph[other].constant == nil
      else { continue }
      let operand = [a, b][side]
      if isNeutral(content.op, constant, side: side) {
        if graph.bypass(node, with: other) { return operand }
        continue
      }
      guard graph[operand].constant == nil else { continue }
      let value = graph.addConstant(graph.freshName(graph[operand].name + ".value"), constant)
      graph.setInput(node, side, value)
      return operand
    }
    return nil
  }

  private func isSame(_ left: Shape?, _ right: Shape) -> Bool {
    guard let left, left.count == right.count else { return false }
    return zip(left, right).allSatisfy { $0.isCertainly($1) }
  }

  private func isNeutral(_ op: Operator, _ constant: Tensor, side: Int) -> Bool {
    guard let values = constant.doubles else { return false }
    if op == .add || (op == .sub && side == 1) { return values.allSatisfy { $0 == 0 } }
    if op == .mul || (op == .div && side == 1) { return values.allSatisfy { $0 == 1 } }
    return false
  }

  /// The tensor that a value equals up to broadcasting: a constant itself, or one element a channel.
  private func constant(_ value: ValueID, _ graph: Graph) -> Tensor? {
    if let tensor = graph.tensor(of: value) { return tensor.type.isFloatingPoint ? tensor : nil }
    guard let type = facts.types[value]?.tensor, let shape = type.shape,
      [.float32, .float64, .float16, .bfloat16].contains(type.element)
    else { return nil }
    for axis in numbering.axes(of: value) {
      guard let classes = numbering.classes[ValueAxis(value: value, axis: axis)] else { continue }
      let values = classes.compactMap(\.constant)
      guard values.count == classes.count else { continue }
      var extents = [Int](repeating: 1, count: shape.count)
      extents[axis] = values.count
      return Tensor(rounding: values, to: type.element, shape: extents)
    }
    return nil
  }
}
