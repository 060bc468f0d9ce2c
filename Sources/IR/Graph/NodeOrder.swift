/// The order of a graph's nodes: a doubly linked list over node numbers.
struct NodeOrder: Sequence, Sendable {
  private var nexts: [Int] = []
  private var previouses: [Int] = []
  private var first = -1
  private var last = -1
  private(set) var count = 0

  /// Inserts `node` before `other`, or last.
  mutating func insert(_ node: NodeID, before other: NodeID?) {
    while nexts.count <= node.index {
      nexts.append(-1)
      previouses.append(-1)
    }
    let next = other?.index ?? -1
    let previous = next == -1 ? last : previouses[next]
    nexts[node.index] = next
    previouses[node.index] = previous
    if previous == -1 { first = node.index } else { nexts[previous] = node.index }
    if next == -1 { last = node.index } else { previouses[next] = node.index }
    count += 1
  }

  /// Takes `node` out.
  mutating func remove(_ node: NodeID) {
    let next = nexts[node.index]
    let previous = previouses[node.index]
    if previous == -1 { first = next } else { nexts[previous] = next }
    if next == -1 { last = previous } else { previouses[next] = previous }
    count -= 1
  }

  /// The node after `node`.
  func next(_ node: NodeID) -> NodeID? {
    let next = nexts[node.index]
    return next == -1 ? nil : NodeID(next)
  }

  struct Iterator: IteratorProtocol {
    let order: NodeOrder
    var position: Int

    mutating func next() -> NodeID? {
      guard position != -1 else { return nil }
      defer { position = order.nexts[position] }
      return NodeID(position)
    }
  }

  func makeIterator() -> Iterator { Iterator(order: self, position: first) }
}
