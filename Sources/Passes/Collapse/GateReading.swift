import IR

/// The relaxation weights of a gated model and where in the graph they stand.
struct GateReading {
  let table: GateTable
  /// The float32 weights of each gate.
  private(set) var weights: [[Float]] = []

  /// Reads all gates.
  ///
  /// A gate's weights are the value `NAME.w`, or an initializer `NAME.w@i` where another tool folded
  /// it. Throws an `invalid` diagnostic if there is neither, or of another size.
  init(_ table: GateTable, _ graph: Graph, _ evaluator: any Evaluator) throws(Diagnostic) {
    self.table = table
    var evaluation = ConstantEvaluation(evaluator)
    for gate in table.gates {
      if let value = graph.value(named: gate.weightName) {
        guard let tensor = try evaluation.tensor(of: value, in: graph), tensor.count == gate.size,
          let values = tensor.floats
        else {
          throw .invalid(
            "'\(gate.weightName)' is not \(gate.size) numbers that follow from constants")
        }
        weights.append(values)
      } else {
        weights.append(try GateReading.folded(gate, graph))
      }
    }
    for (gate, values) in zip(table.gates, weights) where values.contains(where: { !$0.isFinite }) {
      throw .invalid("the weights of gate '\(gate.name)' are not all finite")
    }
  }

  private static func folded(_ gate: Gate, _ graph: Graph) throws(Diagnostic) -> [Float] {
    for (index, site) in gate.sites.enumerated() {
      guard let tensor = graph.tensor(of: graph.value(named: gate.weightName(at: index))),
        let values = tensor.floats
      else { continue }
      if values.count == gate.size { return values }
      let fast = site.repeats?[1] ?? 1
      guard values.count == (site.repeats ?? [1, 1]).reduce(gate.size, *) else { continue }
      return (0..<gate.size).map { values[$0 * fast] }
    }
    throw .invalid("gate '\(gate.name)' has no weights '\(gate.weightName)'")
  }

  /// The graph with each node that makes a `NAME.w` replaced by an initializer of the given weights;
  /// initializers `NAME.w` and `NAME.w@i` get them as well.
  func substituting(_ weights: [[Float]], in graph: Graph) -> Graph {
    var graph = graph
    for (gate, values) in zip(table.gates, weights) {
      if let old = graph.value(named: gate.weightName) {
        replace(old, Tensor(values), in: &graph)
        continue
      }
      for (index, site) in gate.sites.enumerated() {
        guard let value = graph.value(named: gate.weightName(at: index)),
          let tensor = graph.tensor(of: value)
        else { continue }
        let fast = tensor.count == gate.size ? 1 : site.repeats?[1] ?? 1
        let repeated = (0..<tensor.count).map { Double(values[$0 / fast % gate.size]) }
        graph.setConstant(value, Tensor(rounding: repeated, to: tensor.type, shape: tensor.shape))
      }
    }
    return graph
  }

  private func replace(_ old: ValueID, _ tensor: Tensor, in graph: inout Graph) {
    guard let node = graph[old].producer else {
      let shape = graph.tensor(of: old)?.shape ?? tensor.shape
      graph.setConstant(old, tensor.reshaped(to: shape))
      return
    }
    let name = graph[old].name
    graph.rename(old, graph.freshName(name + ".computed"))
    let constant = graph.addConstant(name, tensor)
    graph.replaceUses(of: old, with: constant)
    graph.erase(node)
  }
}
