import IR

/// Differentiation of a graph by source transformation.
public enum Backward {
  /// Appends the nodes that compute the gradient of `loss` with respect to each of `targets`, and
  /// returns these gradients; nil where the loss does not depend on a target. Operators on the way
  /// that have no gradient of their own are expanded first.
  ///
  /// The graph's values between the targets and the loss must have types with known extents.
  /// Throws `unsupported` for an operator on the way that has no gradient.
  ///
  /// - Precondition: `loss` is a floating-point scalar.
  public static func append(to graph: inout Graph, loss: ValueID, wrt targets: [ValueID])
    throws(Diagnostic) -> [ValueID?]
  {
    let replaced = try Expansion.run(on: &graph, wrt: targets, towards: [loss])
    var loss = loss
    while let other = replaced[loss] { loss = other }
    let needed = dependents(of: targets, in: graph)
    guard needed.contains(loss) else { return targets.map { _ in nil } }
    var builder = GradientBuilder(graph)
    let element = try builder.element(loss)
    let seed = builder.scalar(1, element, name: builder.gradientName(loss))
    var gradients: [ValueID: ValueID] = [loss: seed]
    for id in graph.nodes.reversed() {
      let node = graph[id]
      let results = node.outputs.map { $0.flatMap { gradients[$0] } }
      guard results.contains(where: { $0 != nil }) else { continue }
      let needs = node.inputs.map { $0.map(needed.contains) ?? false }
      let captured = node.subgraphs.flatMap(\.captures).contains { needed.contains($0.outer) }
      guard needs.contains(true) || captured else { continue }
      let site = Site(nodes: [node.name], op: node.type)
      switch node.op.gradient {
      case .zero: continue
      case .unsupported(let reason):
        throw .unsupported("no gradient: \(node.type) \(reason)", at: site)
      case .expansion:
        throw Diagnostic(kind: .bug, "\(node.type) is left to be expanded", at: site)
      case .rule(let build):
        let request = GradientRequest(node: node, results: results, needs: needs)
        let first = node.outputs.lazy.compactMap(\.self).first
        builder.scope = first.map(builder.gradientName) ?? node.name
        let contributions = try build(&builder, request)
        for (index, isNeeded) in needs.enumerated() where isNeeded {
          guard index < contributions.count, contributions[index] != nil else {
            throw .unsupported(
              "no gradient: \(node.type) with respect to operand \(index)", at: site)
          }
        }
        for case (let operand?, let contribution?) in zip(node.inputs, contributions)
        where needed.contains(operand) {
          guard let sum = gradients[operand] else {
            gradients[operand] = contribution
            continue
          }
          let name = builder.gradientName(operand) + ".sum"
          gradients[operand] = builder.sum(sum, contribution, name: name)
        }
      }
    }
    graph = builder.graph
    return targets.map { gradients[$0] }
  }

  /// Whether an operator has a gradient that is not zero everywhere.
  public static func isDifferentiable(_ op: Operator) -> Bool {
    switch op.gradient {
    case .rule, .expansion: true
    case .zero, .unsupported: false
    }
  }

  /// Why gradients do not flow through an operator, a phrase that continues "X ..."; nil if they
  /// do, or are zero everywhere.
  public static func refusal(of op: Operator) -> String? {
    switch op.gradient {
    case .rule, .expansion, .zero: nil
    case .unsupported(let reason): reason
    }
  }

  /// The values that vary continuously with one of `sources`, these included.
  private static func dependents(of sources: [ValueID], in graph: Graph) -> Set<ValueID> {
    var found = Set(sources)
    for id in graph.nodes {
      let node = graph[id]
      let reads =
        node.inputs.contains { $0.map(found.contains) ?? false }
        || node.subgraphs.flatMap(\.captures).contains { found.contains($0.outer) }
      guard reads else { continue }
      for case let result? in node.outputs {
        if graph[result].type.element?.isDifferentiable ?? true { found.insert(result) }
      }
    }
    return found
  }
}

extension ElementType {
  /// Whether values of the type vary continuously and gradients are computed in it.
  var isDifferentiable: Bool {
    switch self {
    case .float32, .float64, .float16, .bfloat16: true
    case .uint8, .int8, .uint16, .int16, .int32, .int64, .string, .bool, .uint32, .uint64,
      .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
      .uint4, .int4, .float4e2m1, .float6e2m3, .float6e3m2, .float8e8m0, .uint2, .int2:
      false
    }
  }
}
