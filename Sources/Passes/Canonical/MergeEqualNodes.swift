import IR

/// Computes once what several nodes compute alike.
///
///     %a = Relu(%x); %b = Relu(%x); %y = Add(%a, %b)   ->   %a = Relu(%x); %y = Add(%a, %a)
///
/// Nodes are alike if operator, attributes and operands are equal. Left alone are nodes that draw by
/// chance, that pcc does not know or that hold graphs, and nodes both of whose results are outputs,
/// which keep their names.
public struct MergeEqualNodes: Pass {
  public static let name = "merge-equal-nodes"

  /// Creates the pass.
  public init() {}

  public func run(on model: inout Model, _ context: PassContext) throws(Diagnostic) -> Int {
    let names = ReservedNames(model)
    return try model.editGraphs { graph throws(Diagnostic) in
      var firsts: [Key: [NodeID]] = [:]
      var changes = mergeCaptures(in: &graph)
      for node in graph.nodes where isRepeatable(graph[node]) {
        let key = Key(op: graph[node].op, inputs: graph[node].inputs)
        let alike = firsts[key]?.first { isSame(graph[node], graph[$0]) }
        if let alike {
          if merge(node, into: alike, in: &graph, names) { changes += 1 }
        } else {
          firsts[key, default: []].append(node)
        }
      }
      return changes
    }
  }

  /// Reads a value of the enclosing graph, which others have become, under one name only.
  private func mergeCaptures(in graph: inout Graph) -> Int {
    var firsts: [ValueID: ValueID] = [:]
    var changes = 0
    for capture in graph.captures {
      guard let first = firsts[capture.outer] else {
        firsts[capture.outer] = capture.inner
        continue
      }
      guard !graph.isOutput(capture.inner) else { continue }
      graph.replaceUses(of: capture.inner, with: first)
      graph.erase(capture.inner)
      changes += 1
    }
    return changes
  }

  private struct Key: Hashable {
    var op: Operator
    var inputs: [ValueID?]
  }

  /// Whether the node gives the same results for the same operands whenever it runs.
  private func isRepeatable(_ node: Node) -> Bool {
    node.op != .opaque && node.op != .dropout && !Operator.drawing.contains(node.op)
      && !node.hasSubgraphs && node.outputs.contains { $0 != nil }
  }

  /// Replaces the results of a node by those of one that computes the same, and erases it. False,
  /// and nothing changes, where a name would go that somebody needs.
  private func merge(
    _ node: NodeID, into first: NodeID, in graph: inout Graph, _ names: ReservedNames
  ) -> Bool {
    let pairs = zip(graph[node].outputs, graph[first].outputs).compactMap { old, new in
      old.flatMap { old in new.map { (old: old, new: $0) } }
    }
    let isFree = pairs.allSatisfy { old, new in
      !names.isGated(old, of: graph)
        && (!graph.isOutput(old) || !graph.isOutput(new) && !names.isGated(new, of: graph))
    }
    guard isFree else { return false }
    for (old, new) in pairs where !graph.uses(of: old).isEmpty {
      guard graph.replace(old, with: new) else { return false }
    }
    graph.erase(node)
    return true
  }

  /// Whether attributes and results of nodes of one operator agree: a result may be left out of the
  /// first only.
  private func isSame(_ node: Node, _ first: Node) -> Bool {
    guard node.outputs.count == first.outputs.count,
      zip(node.outputs, first.outputs).allSatisfy({ $0 == nil || $1 != nil })
    else { return false }
    let names = Set(node.attributes.names).union(first.attributes.names)
    return names.allSatisfy { name in
      guard let left = value(of: name, node), let right = value(of: name, first) else {
        return false
      }
      return isSame(left, right)
    }
  }

  /// An attribute, or what holds without it; nil if that is derived.
  private func value(of name: String, _ node: Node) -> Attribute? {
    if let given = node.attributes[name] { return given }
    let spec = node.op.schema.attributes.first { $0.name == name }
    if case .equals(let value)? = spec?.absence { return value }
    return nil
  }

  /// Whether two attributes are equal, bit for bit; references and graphs never are.
  private func isSame(_ left: Attribute, _ right: Attribute) -> Bool {
    switch (left, right) {
    case (.float(let a), .float(let b)): a.bitPattern == b.bitPattern
    case (.int(let a), .int(let b)): a == b
    case (.string(let a), .string(let b)): a == b
    case (.tensor(let a), .tensor(let b)): a == b
    case (.floats(let a), .floats(let b)): a.map(\.bitPattern) == b.map(\.bitPattern)
    case (.ints(let a), .ints(let b)): a == b
    case (.strings(let a), .strings(let b)): a == b
    case (.tensors(let a), .tensors(let b)): a == b
    case (.opaque(let a), .opaque(let b)): a == b
    case (.float, _), (.int, _), (.string, _), (.tensor, _), (.floats, _), (.ints, _),
      (.strings, _), (.tensors, _), (.opaque, _), (.graph, _), (.graphs, _), (.reference, _):
      false
    }
  }
}
