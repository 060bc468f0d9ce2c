extension Graph {
  /// Checks what every pass must leave intact, and names the first violation: SSA and order, use
  /// lists, the name table, captures, and the declared arity of each operator.
  public func verify() throws(Diagnostic) {
    try verify(outer: nil)
  }

  private func verify(outer: Graph?) throws(Diagnostic) {
    func fail(_ message: String, _ site: Site = .unknown) -> Diagnostic {
      Diagnostic(kind: .bug, "graph '\(name)': \(message)", at: site)
    }
    var defined = [Bool](repeating: false, count: valueSlots.count)
    for value in values {
      let content = self[value]
      if valuesByName[content.name] != value { throw fail("name table lacks '\(content.name)'") }
      switch content.definition {
      case .input:
        if !inputs.contains(value) { throw fail("'\(content.name)' is missing from the inputs") }
        defined[value.index] = true
      case .constant(let constant):
        let type = ValueType.tensor(constant.tensor.type, Shape(constant.tensor.shape))
        if content.type != type { throw fail("type of constant '\(content.name)' is stale") }
        defined[value.index] = true
      case .capture:
        guard let capture = captures.first(where: { $0.inner == value }) else {
          throw fail("'\(content.name)' captures nothing")
        }
        if let outer, !outer.contains(capture.outer) {
          throw fail("'\(content.name)' captures an erased value")
        }
        defined[value.index] = true
      case .node(let node, let output):
        if !contains(node) || self[node].output(output) != value {
          throw fail("'\(content.name)' is no result of its node")
        }
      }
    }
    if valuesByName.count != values.count { throw fail("name table holds erased values") }
    var uses = [[Use]](repeating: [], count: valueSlots.count)
    for id in nodes {
      let node = self[id]
      let site = Site(nodes: [node.name], op: node.type)
      for (index, input) in node.inputs.enumerated() {
        guard let value = input else { continue }
        if !contains(value) { throw fail("operand \(index) was erased", site) }
        if !defined[value.index] {
          throw fail("operand '\(self[value].name)' is used before it is defined", site)
        }
        uses[value.index].append(.operand(id, index: index))
      }
      for graph in node.subgraphs {
        for capture in graph.captures {
          if !contains(capture.outer) || !defined[capture.outer.index] {
            throw fail("a subgraph captures a value that is not defined", site)
          }
          uses[capture.outer.index].append(.capture(id))
        }
        try graph.verify(outer: self)
      }
      for case let value? in node.outputs {
        if !contains(value) { throw fail("a result was erased", site) }
        if defined[value.index] { throw fail("'\(self[value].name)' is defined twice", site) }
        defined[value.index] = true
      }
    }
    for (index, output) in outputs.enumerated() {
      if !contains(output) || !defined[output.index] { throw fail("output \(index) is undefined") }
      uses[output.index].append(.output(index: index))
    }
    for value in values
    where Dictionary(grouping: uses[value.index], by: { $0 }).mapValues(\.count)
      != Dictionary(grouping: useSlots[value.index], by: { $0 }).mapValues(\.count)
    {
      throw fail("use list of '\(self[value].name)' is wrong")
    }
  }
}
