import IR

/// Replaces two operators that move elements, one after the other, by one or by none.
///
///     %a = Transpose(%x) {perm: [0, 2, 1]}; %y = Transpose(%a) {perm: [0, 2, 1]}   ->   %y = %x
///     %a = Reshape(%x, dense[0, 32]); %y = Reshape(%a, dense[0, 4, 8])
///     ->   %y = Reshape(%x, dense[0, 4, 8])
///     %a = Unsqueeze(%x, dense[1]); %y = Squeeze(%a, dense[1])   ->   %y = %x
///
/// Two that do not cancel become one only if nothing else reads the first, and, where they regroup
/// axes, if a constant shape says what the second returned, whatever the extents that are not known.
public struct CombineMovements: Pass {
  public static let name = "combine-movements"
  /// Operators that keep the order of elements.
  private static let regrouping: Set<Operator> = [.reshape, .flatten, .squeeze, .unsqueeze]

  /// Creates the pass.
  public init() {}

  public func run(on model: inout Model, _ context: PassContext) throws(Diagnostic) -> Int {
    let names = ReservedNames(model)
    return try model.editGraphs { graph throws(Diagnostic) in
      let facts = try GraphFacts(graph)
      var changes = 0
      for node in graph.nodes {
        guard let pair = Pair(node, in: graph), !names.isGated(pair.middle, of: graph),
          !names.isGated(pair.result, of: graph)
        else { continue }
        if combine(pair, in: &graph, facts) { changes += 1 }
      }
      return changes
    }
  }

  /// Two operators of one kind, the second of which reads the first's result.
  private struct Pair {
    var first: NodeID
    var second: NodeID
    var source: ValueID
    var middle: ValueID
    var result: ValueID

    init?(_ second: NodeID, in graph: Graph) {
      guard let middle = graph[second].input(0), let result = graph[second].output(0),
        let first = graph[middle].producer, let source = graph[first].input(0),
        !graph.uses(of: result).isEmpty
      else { return nil }
      let ops = [graph[first].op, graph[second].op]
      guard ops == [.transpose, .transpose] || ops.allSatisfy(regrouping.contains) else {
        return nil
      }
      self.first = first
      self.second = second
      self.source = source
      self.middle = middle
      self.result = result
    }
  }

  private func combine(_ pair: Pair, in graph: inout Graph, _ facts: GraphFacts) -> Bool {
    guard let source = facts.shape(of: pair.source),
      let target = facts.context(of: pair.second).inferredResult?.shape
    else { return false }
    if graph[pair.second].op == .transpose {
      guard let inner = permutation(graph[pair.first], rank: source.count),
        let outer = permutation(graph[pair.second], rank: source.count)
      else { return false }
      let order = outer.map { inner[$0] }
      if order == Array(order.indices), cancel(pair, in: &graph) { return true }
      guard graph.uses(of: pair.middle).count == 1 else { return false }
      graph.setInput(pair.second, 0, pair.source)
      graph.setAttribute(pair.second, "perm", .ints(order))
    } else {
      let isSame =
        source.count == target.count && zip(source, target).allSatisfy { $0.isCertainly($1) }
      if isSame, cancel(pair, in: &graph) { return true }
      guard graph.uses(of: pair.middle).count == 1,
        let shape = Schema.shapeOperand(from: source, to: target)
      else { return false }
      let name = graph.freshName(graph[pair.result].name + ".shape")
      let constant = graph.addConstant(name, Tensor(shape.map(Int64.init)))
      graph.setOperator(pair.second, .reshape)
      graph.setAttributes(pair.second, [:])
      graph.setInputs(pair.second, [pair.source, constant])
    }
    graph.eraseIfDead(pair.first)
    return true
  }

  /// Leaves both operators out; false, and nothing changes, where the source cannot take the name of
  /// an output.
  private func cancel(_ pair: Pair, in graph: inout Graph) -> Bool {
    guard graph.replace(pair.result, with: pair.source) else { return false }
    graph.erase(pair.second)
    graph.eraseIfDead(pair.first)
    return true
  }

  /// Which operand axis each result axis of a Transpose is.
  private func permutation(_ node: Node, rank: Int) -> [Int]? {
    guard let given = node.attributes.ints("perm") else { return (0..<rank).reversed() }
    let order = given.map { $0 < 0 ? $0 + rank : $0 }
    return order.sorted() == Array(0..<rank) ? order : nil
  }
}
