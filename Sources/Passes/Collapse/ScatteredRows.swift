import IR

/// Computes fewer outputs of a contraction and scatters them where others are zero but must stand,
/// as in a sum whose branches have different dead channels.
///
///     %y: f32[1, 8, 6, 6] = Conv(%x, %w)         rows 0 to 3 of %w are zero
///
/// becomes
///
///     %y.live: f32[1, 4, 6, 6] = Conv(%x, w[4...])
///     %y: f32[1, 8, 6, 6] = Pad(%y.live, [0, 4, 0, 0, 0, 0, 0, 0])
///
/// Rows in no one piece are followed by a zero, which Gather puts where they were. Only where that
/// moves little beside what it saves.
struct ScatteredRows {
  private let facts: GraphFacts
  /// The axes that channels which were reopened stand on.
  private let pinned: Set<ValueAxis>

  /// How many multiply-accumulates moving an element counts for.
  private static let movingCost = 16.0

  /// Groups of which channels were reopened keep their rows.
  init(_ facts: GraphFacts, pinned: [ValueAxis: [Bool]]) {
    self.facts = facts
    let places = pinned.filter { $0.value.contains(true) }.keys
    if places.isEmpty {
      self.pinned = []
      return
    }
    let analysis = ChannelAnalysis(facts.graph, facts)
    let groups = Set(places.flatMap { analysis.layouts(of: $0.value)?[$0.axis].groups ?? [] })
    self.pinned = Set(
      groups.flatMap { analysis[$0].members }.map { ValueAxis(value: $0.value, axis: $0.axis) })
  }

  /// Rewrites a graph; returns the number of contractions that have fewer outputs.
  func rewrite(_ graph: inout Graph) -> Int {
    var count = 0
    for id in graph.nodes {
      guard let contraction = Contraction(id, graph, facts), contraction.groups == 1,
        let axis = contraction.resultAxis, let result = graph[id].output(0),
        let live = liveRows(contraction, graph), live.contains(true), live.contains(false),
        !pinned.contains(ValueAxis(value: result, axis: axis)), pays(id, result, live),
        graph.uses(of: result).allSatisfy({ if case .capture = $0 { false } else { true } })
      else { continue }
      cut(contraction, live, in: &graph)
      scatter(id, result, axis, live, in: &graph)
      count += 1
    }
    return count
  }

  /// Of every output of a contraction whether it is more than zero; nil if that is not known.
  private func liveRows(_ contraction: Contraction, _ graph: Graph) -> [Bool]? {
    guard let weight = graph.tensor(of: graph[contraction.node].input(1)),
      let bias = contraction.bias(graph)
    else { return nil }
    let used = contraction.usage(weight)
    return (0..<contraction.outputs).map { row in
      let start = row * contraction.inputs
      return bias[row] != 0 || used[start..<(start + contraction.inputs)].contains(true)
    }
  }

  /// Whether fewer outputs save more than moving them costs.
  private func pays(_ id: NodeID, _ result: ValueID, _ live: [Bool]) -> Bool {
    let dead = live.count { !$0 }
    let saved = Double(facts.macCount(of: id)) * Double(dead) / Double(live.count)
    let elements = (facts.shape(of: result) ?? []).reduce(1) { $0 * Double($1.value ?? 1) }
    return saved >= ScatteredRows.movingCost * elements * (isOnePiece(live) ? 1 : 2)
  }

  private func isOnePiece(_ live: [Bool]) -> Bool {
    guard let first = live.firstIndex(of: true), let last = live.lastIndex(of: true) else {
      return false
    }
    return live[first...last].allSatisfy { $0 }
  }

  /// Leaves rows out of the weight and the bias.
  private func cut(_ contraction: Contraction, _ live: [Bool], in graph: inout Graph) {
    let node = graph[contraction.node]
    let rows = live.indices.filter { live[$0] }
    guard let weight = graph.tensor(of: node.input(1)) else { return }
    let isFirst =
      node.op == .conv || node.op == .gemm && node.attributes.int("transB") ?? 0 != 0
    graph.setConstant(
      weight.gathering(rows, axis: isFirst ? 0 : 1), at: OperandSite(contraction.node, 1))
    guard let bias = graph.tensor(of: node.input(contraction.biasOperand)),
      bias.count == live.count, bias.count > 1
    else { return }
    graph.setConstant(
      bias.gathering(rows, axis: bias.rank - 1),
      at: OperandSite(contraction.node, contraction.biasOperand))
  }

  /// Puts zeros in the place of the rows that are left out.
  private func scatter(
    _ id: NodeID, _ result: ValueID, _ axis: Int, _ live: [Bool], in graph: inout Graph
  ) {
    let full = facts.type(of: result)
    guard let tensor = full.tensor, var shape = tensor.shape,
      let first = live.firstIndex(of: true), let last = live.lastIndex(of: true)
    else { return }
    let name = graph[result].name
    let uses = graph.uses(of: result)
    let count = live.count { $0 }
    shape[axis] = .known(count)
    graph.rename(result, graph.freshName(name + ".live"))
    graph.setType(result, .tensor(tensor.element, shape))
    let isWhole = isOnePiece(live)
    var pads = [Int64](repeating: 0, count: 2 * shape.count)
    pads[axis] = isWhole ? Int64(first) : 0
    pads[shape.count + axis] = isWhole ? Int64(live.count - 1 - last) : 1
    shape[axis] = .known(isWhole ? live.count : count + 1)
    let amounts = graph.addConstant(graph.freshName(name + ".pads"), Tensor(pads))
    var scattered = graph.add(
      .pad, [result, amounts], result: graph.freshName(isWhole ? name : name + ".padded"),
      isWhole ? full : .tensor(tensor.element, shape), at: .after(id))
    if !isWhole, let pad = graph[scattered].producer {
      var next = 0
      let places = live.map { isLive -> Int64 in
        if !isLive { return Int64(count) }
        defer { next += 1 }
        return Int64(next)
      }
      let indices = graph.addConstant(graph.freshName(name + ".places"), Tensor(places))
      scattered = graph.add(
        .gather, [scattered, indices], attributes: ["axis": .int(axis)],
        result: graph.freshName(name), full, at: .after(pad))
    }
    for use in uses {
      switch use {
      case .operand(let node, let index): graph.setInput(node, index, scattered)
      case .output(let index): graph.setOutput(index, scattered)
      case .capture: break
      }
    }
  }
}
