extension Graph {
  /// Checks that pcc knows the operators of all nodes that the outputs need; graphs of nodes, which
  /// may never run, are not looked into.
  ///
  /// Throws an `unsupported` diagnostic that names the first node whose operator it does not know.
  public func requireKnownOperators() throws(Diagnostic) {
    var needed = Set(outputs)
    var found: Diagnostic?
    for id in nodes.reversed() {
      let node = self[id]
      guard node.outputs.contains(where: { $0.map(needed.contains) ?? false }) else { continue }
      needed.formUnion(node.reads)
      if node.op == .opaque { found = .unknownOperator(node) }
    }
    if let found { throw found }
  }
}

extension Diagnostic {
  /// An error about a node that cannot be computed because pcc does not know its operator.
  public static func unknownOperator(_ node: Node) -> Diagnostic {
    let domain = node.domain.isEmpty ? "ai.onnx" : node.domain
    return .unsupported(
      "operator '\(node.type)' of domain '\(domain)' has no kernel",
      at: Site(nodes: [node.name], op: node.type))
  }
}
