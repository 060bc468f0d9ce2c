import IR

/// Finds the nodes of a graph that cannot be run, and cuts them out.
struct CutFinder {
  private var cut: CutGraph
  private let shapes: [String: [Int]]

  /// Cuts out of `graph` what cannot be run at these shapes of its inputs.
  ///
  /// Cut are opaque operators and conversions of computed numbers to integers, which are not
  /// continuous. A result whose type nobody states is taken to be like the node's first operand.
  /// Throws an `invalid` diagnostic if the graph does not work at these shapes.
  static func cut(_ graph: Graph, shapes: [String: [Int]]) throws(Diagnostic) -> CutGraph {
    var finder = CutFinder(cut: CutGraph(graph), shapes: shapes)
    try finder.run()
    return finder.cut
  }

  private mutating func run() throws(Diagnostic) {
    while true {
      let known: GraphFacts
      do {
        known = try GraphFacts(cut.graph, inputShapes: cut.graph.identified(shapes))
      } catch {
        guard !cut.cuts.isEmpty, let blamed = node(error.site) else { throw error }
        cut.cut(blamed, resultTypes: [])
        continue
      }
      let candidates = cut.graph.nodes.filter { needsCut($0, known) }
      if candidates.isEmpty {
        guard !cut.cuts.isEmpty, let open = firstOpen(known) else { return }
        cut.cut(open, resultTypes: [])
        continue
      }
      var progressed = false
      for id in candidates where cut.graph.contains(id) {
        guard let types = resultTypes(of: id, known) else { continue }
        cut.cut(id, resultTypes: types)
        progressed = true
      }
      if !progressed { cut.cut(candidates[0], resultTypes: []) }
    }
  }

  private func node(_ site: Site) -> NodeID? {
    guard let name = site.nodes.last, !name.isEmpty else { return nil }
    return cut.graph.nodes.first { cut.graph[$0].name == name }
  }

  private func needsCut(_ id: NodeID, _ known: GraphFacts) -> Bool {
    let node = cut.graph[id]
    if node.op == .opaque { return true }
    guard node.op == .cast, let from = node.input(0), let to = node.output(0) else { return false }
    let isToInteger = known.types[to]?.element?.isInteger ?? false
    let isFromReal = known.types[from]?.element?.isFloatingPoint ?? false
    return isToInteger && isFromReal && known.shapeValues[to] == nil
      && cut.graph[from].constant == nil
  }

  /// The first node with a result whose shape does not follow from the inputs' shapes.
  private func firstOpen(_ known: GraphFacts) -> NodeID? {
    cut.graph.nodes.first { id in
      cut.graph[id].outputs.contains { value in
        value.map { known.types[$0]?.shape?.known == nil } ?? false
      }
    }
  }

  /// The types of a node's results: stated by the model, or else those of its first operand; nil if
  /// neither is known yet.
  private func resultTypes(of id: NodeID, _ known: GraphFacts) -> [TensorType?]? {
    let node = cut.graph[id]
    let operand = CutGraph.operands(of: node).compactMap { $0 }.first.flatMap {
      known.types[$0]?.tensor
    }
    var types: [TensorType?] = []
    for case let result? in node.outputs {
      let stated = known.types[result]?.tensor
      let shape = stated?.shape?.known ?? operand?.shape?.known
      guard let shape, let element = stated?.element ?? operand?.element else { return nil }
      types.append(TensorType(element, Shape(shape)))
    }
    return types
  }
}
