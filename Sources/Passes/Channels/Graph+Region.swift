import IR

extension Graph {
  /// The nodes whose every result serves only operands of `reader` that hold `value`: what would be
  /// dead without them.
  func exclusiveRegion(of value: ValueID, readBy reader: NodeID) -> Set<NodeID> {
    guard consumers(of: value) == [reader], !isOutput(value) else { return [] }
    var region: Set<NodeID> = []
    for id in nodes.reversed() where id != reader {
      var isUsed = false
      var isInside = true
      for case let result? in self[id].outputs {
        for use in uses(of: result) {
          isUsed = true
          switch use {
          case .operand(let node, _):
            if !region.contains(node), !(node == reader && result == value) { isInside = false }
          case .capture, .output: isInside = false
          }
        }
      }
      if isUsed, isInside { region.insert(id) }
    }
    return region
  }

  /// The values that the nodes of a region read from outside, those in `ignoring` left out.
  func entries(of region: Set<NodeID>, ignoring: Set<ValueID>) -> Set<ValueID> {
    var entries: Set<ValueID> = []
    for id in region {
      for case let value? in self[id].inputs where !ignoring.contains(value) {
        if let producer = self[value].producer, region.contains(producer) { continue }
        entries.insert(value)
      }
    }
    return entries
  }

  /// The only place where a value is read; nil if there are several, none, or it is an output.
  func onlyUse(of value: ValueID) -> OperandSite? {
    let uses = uses(of: value)
    guard uses.count == 1, case .operand(let node, let index) = uses[0] else { return nil }
    return OperandSite(node, index)
  }
}
