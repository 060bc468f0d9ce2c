import IR

extension Planner {
  /// Plans ReduceMean over all spatial axes of an image in channels-last order.
  func planReduceMean(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0), isSpatial(x), isChannelsLast(x),
      let axes = node.input(1), let given = facts.constant(axes)?.integers
    else { return false }
    let rank = facts.shape(x).count
    guard Set(given.map { $0 < 0 ? $0 + rank : $0 }) == Set(2..<rank) else { return false }
    emitGlobalAverage(id, x, y)
    return true
  }
}
