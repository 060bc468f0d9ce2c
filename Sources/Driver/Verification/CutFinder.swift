import IR

/// Finds the nodes of a graph that cannot be run, and cuts them out.
struct CutFinder {
  private var cut: CutGraph
  private let shapes: [String: [Int]]
  /// The keys of conversions that stay.
  private let kept: Set<String>

  /// Cuts out of `graph` what cannot be run at these shapes of its inputs.
  ///
  /// Cut are opaque operators and conversions of computed numbers to integers, which are not
  /// continuous, unless their result has another shape in `other`, which then needs another stand-in. A
  /// result whose type nobody states is taken to be like the node's first operand.
  /// Throws an `invalid` diagnostic if the graph does not work at these shapes.
  static func cut(
    _ graph: Graph, beside other: Graph, shapes: [String: [Int]]
  ) throws(Diagnostic) -> CutGraph {
    var finder = CutFinder(
      cut: CutGraph(graph), shapes: shapes, kept: resized(graph, other, shapes))
    try finder.run()
    return finder.cut
  }

  /// The keys of conversions whose results have different shapes in two graphs.
  private static func resized(
    _ graph: Graph, _ other: Graph, _ shapes: [String: [Int]]
  ) -> Set<String> {
    guard graph.nodes.contains(where: { graph[$0].op == .cast }),
      let known = try? GraphFacts(graph, inputShapes: graph.identified(shapes)),
      let peers = try? GraphFacts(other, inputShapes: other.identified(shapes))
    else { return [] }
    func results(_ graph: Graph, _ facts: GraphFacts) -> [String: Shape] {
      var found: [String: Shape] = [:]
      for id in graph.nodes where graph[id].op == .cast {
        guard let value = graph[id].output(0) else { continue }
        found[CutGraph.key(of: id, in: graph)] = facts.shape(of: value)
      }
      return found
    }
    let own = results(graph, known)
    return Set(results(other, peers).filter { own[$0.key] != $0.value }.keys)
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
      && !kept.contains(CutGraph.key(of: id, in: cut.graph))
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
