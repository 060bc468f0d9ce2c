import IR
import Passes

extension GateGoal {
  /// The block gates of a gated graph whose branch is added to something that does not lead to it: to a
  /// projection of the value that it leaves, instead of that value itself.
  static func projected(_ table: GateTable, in graph: Graph) -> Set<Int> {
    let blocks = table.gates.indices.filter { table.gates[$0].kind == .block }
    return Set(
      blocks.filter { block in
        guard let site = table.gates[block].sites.first,
          let branch = graph.value(named: site.value),
          let product = graph.value(named: site.value + ".gated")
        else { return false }
        let sources = ancestors(of: branch, in: graph)
        return graph.uses(of: product).contains { use in
          guard case .operand(let sum, _) = use, graph[sum].op == .add else { return false }
          return graph[sum].reads.contains { $0 != product && !sources.contains($0) }
        }
      })
  }

  /// The values that a value is computed from.
  private static func ancestors(of value: ValueID, in graph: Graph) -> Set<ValueID> {
    var found: Set<ValueID> = []
    var waiting = [value]
    while let next = waiting.popLast() {
      guard let producer = graph[next].producer else { continue }
      for operand in graph[producer].reads where found.insert(operand).inserted {
        waiting.append(operand)
      }
    }
    return found
  }
}
