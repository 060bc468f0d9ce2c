import IR

extension Graph {
  /// Gives one operand of a node another tensor: in place if nothing else reads the constant, else as
  /// a new constant beside it.
  mutating func setConstant(_ tensor: Tensor, at site: OperandSite) {
    guard let value = self[site.node].input(site.operand) else { return }
    if let constant = self[value].constant, !constant.isOverridable, uses(of: value).count == 1,
      !inputs.contains(value)
    {
      setConstant(value, tensor)
      return
    }
    let name = freshName(self[value].name + ".own")
    setInput(site.node, site.operand, addConstant(name, tensor))
    eraseIfUnread(value)
  }

  /// Erases a constant that nothing reads, unless it is declared as an input.
  mutating func eraseIfUnread(_ value: ValueID) {
    guard contains(value), self[value].constant != nil, uses(of: value).isEmpty,
      !inputs.contains(value)
    else { return }
    erase(value)
  }

  /// Erases a node whose results nothing reads, and the constants only it read.
  mutating func eraseWithConstants(_ node: NodeID) {
    let operands = self[node].inputs.compactMap { $0 }
    erase(node)
    for operand in operands { eraseIfUnread(operand) }
  }

  /// Erases all nodes whose results lead to no output; returns how many there were.
  mutating func eraseDeadNodes() -> Int {
    var count = 0
    for node in nodes.reversed()
    where self[node].outputs.allSatisfy({ $0.map { uses(of: $0).isEmpty } ?? true }) {
      eraseWithConstants(node)
      count += 1
    }
    return count
  }

  /// Leaves a node out: its first result is replaced by `value`, under its own name if it is an
  /// output. False, and nothing changes, where that cannot be.
  mutating func bypass(_ node: NodeID, with value: ValueID) -> Bool {
    guard let result = self[node].output(0), replace(result, with: value) else { return false }
    eraseWithConstants(node)
    return true
  }
}
