/// Makes graphs of parsed text: resolves names and checks that each is defined once.
struct GraphBuilder {
  /// Where error messages take line and column from.
  let scanner: TextScanner

  /// Builds a graph; captures are resolved in `outer`.
  func build(_ syntax: GraphSyntax, in outer: Graph?) throws(Diagnostic) -> Graph {
    var graph = Graph(name: syntax.name)
    let constants = Set(syntax.constants.map(\.definition.name))
    for input in syntax.inputs where !constants.contains(input.name) {
      try define(input, in: graph)
      graph.addInput(input.name, input.type)
    }
    for capture in syntax.captures {
      try define(capture.inner, in: graph)
      guard let source = outer?.value(named: capture.outer) else {
        throw scanner.error("no value '\(capture.outer)' outside", at: capture.inner.position)
      }
      graph.addCapture(of: source, capture.inner.name, capture.inner.type)
    }
    for line in syntax.constants {
      try define(line.definition, in: graph)
      graph.addConstant(
        line.definition.name,
        Constant(line.tensor, origin: .initializer(overridable: line.isOverridable)))
    }
    try declare(syntax, in: &graph)
    for node in syntax.nodes { try add(node, to: &graph) }
    for output in syntax.outputs {
      guard let value = graph.value(named: output.name) else {
        throw scanner.error("no value '\(output.name)' to return", at: output.position)
      }
      if output.type != .unknown, output.type != graph[value].type {
        guard graph[value].type == .unknown else {
          throw scanner.error("'\(output.name)' has two types", at: output.position)
        }
        graph.setType(value, output.type)
      }
      graph.addOutput(value)
    }
    return graph
  }

  /// Lists constants among the inputs, in the order of the header.
  private func declare(_ syntax: GraphSyntax, in graph: inout Graph) throws(Diagnostic) {
    var seen: Set<String> = []
    var order: [ValueID] = []
    for input in syntax.inputs {
      guard let value = graph.value(named: input.name), seen.insert(input.name).inserted else {
        throw scanner.error("input '\(input.name)' is named twice", at: input.position)
      }
      order.append(value)
    }
    graph.inputs = order
  }

  private func define(_ value: GraphSyntax.Definition, in graph: Graph) throws(Diagnostic) {
    guard !value.name.isEmpty else {
      throw scanner.error("a value needs a name", at: value.position)
    }
    guard graph.value(named: value.name) == nil else {
      throw scanner.error("'\(value.name)' is defined twice", at: value.position)
    }
  }

  private func add(_ node: NodeSyntax, to graph: inout Graph) throws(Diagnostic) {
    var operands: [ValueID?] = []
    for operand in node.operands {
      guard let name = operand.name else {
        operands.append(nil)
        continue
      }
      guard let value = graph.value(named: name) else {
        throw scanner.error("no value '\(name)' is defined before", at: operand.position)
      }
      operands.append(value)
    }
    var attributes: Attributes = [:]
    for entry in node.attributes {
      let name = entry.name
      switch entry.value {
      case .plain(let attribute): attributes[name] = attribute
      case .graph(let inner): attributes[name] = .graph(try build(inner, in: graph))
      case .graphs(let inners):
        var graphs: [Graph] = []
        for inner in inners { graphs.append(try build(inner, in: graph)) }
        attributes[name] = .graphs(graphs)
      }
    }
    var names: Set<String> = []
    for case let result? in node.results {
      try define(result, in: graph)
      guard names.insert(result.name).inserted else {
        throw scanner.error("'\(result.name)' is defined twice", at: result.position)
      }
    }
    let op =
      node.isOpaque
      ? .opaque : GraphParser.knownOperator(domain: node.domain, name: node.type) ?? .opaque
    let first = node.results.first.flatMap { $0 }?.name ?? ""
    let id = graph.addNode(
      op, operands, attributes: attributes, name: node.name ?? first,
      opaqueType: op == .opaque ? node.type : "",
      results: node.results.map { $0.map { ($0.name, $0.type) } })
    graph.annotate(id, domain: node.domain, overload: node.overload, residue: Residue())
  }
}
