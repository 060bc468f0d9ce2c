import IR

/// Moves the offsets of norms, where channels enter as zeros, into the biases of the contractions that
/// read them, so that these channels become multiples of one function.
struct NormOffsets {
  private let numbering: ChannelNumbering
  private let removable: RemovableIndices

  init(_ numbering: ChannelNumbering, _ removable: RemovableIndices) {
    self.numbering = numbering
    self.removable = removable
  }

  /// Rewrites a graph; returns how many offsets moved.
  func fold(in graph: inout Graph) -> Int {
    var count = 0
    for node in graph.nodes where graph.contains(node) {
      guard let column = VirtualColumn(node, graph, numbering.facts),
        let zeros = numbering.silence(of: node, axis: column.axis),
        let mayGo = removable.mask(of: column.result, axis: column.axis),
        let offsets = column.offsets(graph),
        offsets.count == zeros.count, mayGo.count == zeros.count
      else { continue }
      let moving = zeros.indices.filter { zeros[$0] && mayGo[$0] && offsets[$0] != 0 }
      if moving.isEmpty { continue }
      let added = column.readers.map { reader in
        let matrix = ContractionWeights(reader, graph)
        return (0..<reader.outputs).map { row in
          moving.reduce(0.0) { $0 + offsets[$1] * matrix.sum(row: row, input: $1) }
        }
      }
      guard added.contains(where: { $0.contains { $0 != 0 } }) else { continue }
      for (reader, values) in zip(column.readers, added) { add(values, to: reader, in: &graph) }
      clear(moving, column, offsets, in: &graph)
      count += moving.count
    }
    return count
  }

  private func clear(
    _ channels: [Int], _ column: VirtualColumn, _ offsets: [Double], in graph: inout Graph
  ) {
    guard let operand = column.offset,
      let tensor = graph.tensor(of: graph[column.node].input(operand))
    else { return }
    var values = offsets
    for channel in channels { values[channel] = 0 }
    graph.setConstant(
      Tensor(rounding: values, to: tensor.type, shape: tensor.shape),
      at: OperandSite(column.node, operand))
  }

  /// Adds to the bias of a contraction, or to the constant that is added to its result, or adds one.
  private func add(_ values: [Double], to reader: Contraction, in graph: inout Graph) {
    if reader.canSetBias(graph), let bias = reader.bias(graph) {
      reader.setBias(zip(bias, values).map(+), in: &graph)
      return
    }
    guard let result = graph[reader.node].output(0) else { return }
    if let use = graph.onlyUse(of: result), graph[use.node].op == .add,
      let tensor = graph.tensor(of: graph[use.node].input(1 - use.operand)),
      tensor.shape == [values.count], let old = tensor.doubles
    {
      graph.setConstant(
        Tensor(rounding: zip(old, values).map(+), to: tensor.type, shape: tensor.shape),
        at: OperandSite(use.node, 1 - use.operand))
      return
    }
    let name = graph[result].name
    let type = numbering.facts.type(of: result)
    let bias = graph.addConstant(
      graph.freshName(name + ".bias"),
      Tensor(rounding: values, to: type.element ?? .float32, shape: [values.count]))
    let sum = graph.add(
      .add, [bias, bias], result: graph.freshName(name + ".shifted"), type, at: .after(reader.node))
    guard let node = graph[sum].producer else { return }
    _ = graph.replace(result, with: sum)
    graph.setInput(node, 0, result)
  }
}
