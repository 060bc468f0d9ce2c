import IR

/// Replacement of operators that have no gradient of their own by others that have one.
///
///     %y = com.microsoft::BiasGelu(%x, %b)   =>   %s = Add(%x, %b)
///                                                 %y = Gelu(%s)
///
/// Constants stay operands of the new nodes, so that what is trained is the model's own.
public enum Expansion {
  /// Expands the nodes between `targets` and `ends`, and returns what stands for each value that is
  /// gone; the new values take over the names.
  ///
  /// Throws `unsupported` for a form of an operator that has no expansion.
  @discardableResult
  public static func run(on graph: inout Graph, wrt targets: [ValueID], towards ends: [ValueID])
    throws(Diagnostic) -> [ValueID: ValueID]
  {
    let leading = nodes(leadingTo: ends, in: graph)
    var varying = Set(targets)
    var replaced: [ValueID: ValueID] = [:]
    var known = Set(graph.nodes)
    var builder = GradientBuilder(graph)
    var previous: NodeID?
    var next = graph.nodes.first
    while let id = next {
      let node = builder.graph[id]
      let reads = node.inputs.contains { $0.map(varying.contains) ?? false }
      if reads, !known.contains(id) || leading.contains(id),
        case .expansion(let expander) = node.op.gradient
      {
        for (old, new) in try expand(id, expander, &builder) { replaced[old] = new }
        next = previous.map { builder.graph.node(after: $0) } ?? builder.graph.nodes.first
        continue
      }
      if reads { varying.formUnion(builder.differentiableResults(of: node)) }
      known.insert(id)
      previous = id
      next = builder.graph.node(after: id)
    }
    graph = builder.graph
    return replaced
  }

  /// The nodes whose results some of `ends` depend on.
  private static func nodes(leadingTo ends: [ValueID], in graph: Graph) -> Set<NodeID> {
    var found: Set<NodeID> = []
    var pending = ends.compactMap { graph[$0].producer }
    while let id = pending.popLast() {
      guard found.insert(id).inserted else { continue }
      pending += graph[id].reads.compactMap { graph[$0].producer }
    }
    return found
  }

  /// Replaces one node, and returns its results with what stands for them now.
  private static func expand(
    _ id: NodeID, _ expander: GradientRule.Expander, _ builder: inout GradientBuilder
  ) throws(Diagnostic) -> [(old: ValueID, new: ValueID)] {
    let node = builder.graph[id]
    let site = builder.site(of: node)
    builder.position = .before(id)
    builder.scope = node.outputs.lazy.compactMap(\.self).first.map { builder.graph[$0].name } ?? ""
    let capacity = builder.graph.valueCapacity
    let results = try expander(&builder, node)
    var made: [(old: ValueID, new: ValueID)] = []
    for (index, old) in node.outputs.enumerated() {
      guard let old else { continue }
      guard index < results.count, var new = results[index] else {
        if builder.graph.uses(of: old).isEmpty { continue }
        throw .unsupported("no gradient: result \(index) is read", at: site)
      }
      let name = builder.graph[old].name
      let isOwn = new.index >= capacity && builder.graph[new].producer != nil
      if !isOwn || made.contains(where: { $0.new == new }) {
        builder.scope = name
        new = try builder.apply(.identity, [new])
      }
      if let before = builder.graph[old].type.shape?.known {
        let now = try builder.shape(new)
        guard before == now else {
          throw Diagnostic(kind: .bug, "'\(name)' of shape \(before) became \(now)", at: site)
        }
      }
      made.append((old, new))
    }
    for (old, new) in made {
      let name = builder.graph[old].name
      builder.graph.replaceUses(of: old, with: new)
      builder.graph.rename(old, builder.graph.freshName(name + ".expanded"))
      builder.graph.rename(new, name)
    }
    builder.graph.erase(id)
    builder.position = .atEnd
    return made
  }
}

extension GradientBuilder {
  /// The results of a node through which gradients may flow.
  func differentiableResults(of node: Node) -> [ValueID] {
    node.outputs.compactMap(\.self).filter { graph[$0].type.element?.isDifferentiable ?? true }
  }
}
