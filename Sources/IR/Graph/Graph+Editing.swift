/// The only way to change a graph. Use lists, the name table and the node order follow each edit.
extension Graph {
  /// Where a node is inserted.
  public enum Position: Sendable {
    case atEnd
    case before(NodeID)
    case after(NodeID)
  }

  /// A name for a new value that no value of this graph or its subgraphs bears: `base` itself, or
  /// `base.2`, `base.3` and so on.
  public func freshName(_ base: String) -> String {
    if valuesByName[base] == nil, !isNameUsedBelow(base) { return base }
    var number = 2
    while valuesByName["\(base).\(number)"] != nil || isNameUsedBelow("\(base).\(number)") {
      number += 1
    }
    return "\(base).\(number)"
  }

  private func isNameUsedBelow(_ name: String) -> Bool {
    for case let node? in nodeSlots where !node.attributes.isEmpty {
      for graph in node.subgraphs
      where graph.valuesByName[name] != nil || graph.isNameUsedBelow(name) { return true }
    }
    return false
  }

  private mutating func addValue(
    _ name: String, _ type: ValueType, _ definition: Value.Definition
  ) -> ValueID {
    precondition(valuesByName[name] == nil, "two values named '\(name)'")
    let id = ValueID(valueSlots.count)
    valueSlots.append(Value(name: name, type: type, definition: definition))
    useSlots.append([])
    valuesByName[name] = id
    return id
  }

  /// Adds a graph input.
  ///
  /// - Precondition: no value bears the name.
  @discardableResult
  public mutating func addInput(_ name: String, _ type: ValueType) -> ValueID {
    let id = addValue(name, type, .input)
    inputs.append(id)
    return id
  }

  /// Adds a constant; its type follows from the tensor.
  ///
  /// - Precondition: no value bears the name.
  @discardableResult
  public mutating func addConstant(_ name: String, _ constant: Constant) -> ValueID {
    let type = ValueType.tensor(constant.tensor.type, Shape(constant.tensor.shape))
    return addValue(name, type, .constant(constant))
  }

  /// Adds a constant initializer.
  ///
  /// - Precondition: no value bears the name.
  @discardableResult
  public mutating func addConstant(_ name: String, _ tensor: Tensor) -> ValueID {
    addConstant(name, Constant(tensor))
  }

  /// Lists a constant among the graph's inputs as well, as models below IR version 4 do.
  public mutating func declareInput(_ constant: ValueID) {
    precondition(self[constant].constant != nil, "only constants are declared as inputs")
    inputs.append(constant)
  }

  /// Adds the value that stands for `outer` of the enclosing graph.
  ///
  /// The enclosing graph's use list follows when the subgraph is set as an attribute there.
  @discardableResult
  public mutating func addCapture(of outer: ValueID, _ name: String, _ type: ValueType) -> ValueID {
    let id = addValue(name, type, .capture)
    captures.append(Capture(outer: outer, inner: id))
    return id
  }

  /// Adds a graph output.
  public mutating func addOutput(_ value: ValueID) {
    useSlots[value.index].append(.output(index: outputs.count))
    outputs.append(value)
  }

  /// Adds a node, with new values for its results; nil leaves an optional result out.
  ///
  /// An opaque operator is named by `opaqueType`.
  ///
  /// - Precondition: the operands come before `position`, no value bears a result's name.
  @discardableResult
  public mutating func addNode(
    _ op: Operator, _ inputs: [ValueID?], attributes: Attributes = [:], name: String = "",
    opaqueType: String = "", results: [(name: String, type: ValueType)?],
    at position: Position = .atEnd
  ) -> NodeID {
    let id = NodeID(nodeSlots.count)
    nodeSlots.append(nil)
    var outputs: [ValueID?] = []
    for (index, result) in results.enumerated() {
      outputs.append(result.map { addValue($0.name, $0.type, .node(id, output: index)) })
    }
    nodeSlots[id.index] = Node(
      op: op, name: name, inputs: inputs, outputs: outputs, attributes: attributes,
      opaqueType: opaqueType, domain: op.domain, overload: "", residue: Residue())
    switch position {
    case .atEnd: links.insert(id, before: nil)
    case .before(let other): links.insert(id, before: other)
    case .after(let other): links.insert(id, before: links.next(other))
    }
    addUses(of: id)
    return id
  }

  /// Adds a node with one result and returns that.
  @discardableResult
  public mutating func add(
    _ op: Operator, _ inputs: [ValueID?], attributes: Attributes = [:], name: String? = nil,
    result: String, _ type: ValueType, at position: Position = .atEnd
  ) -> ValueID {
    let node = addNode(
      op, inputs, attributes: attributes, name: name ?? result, results: [(result, type)],
      at: position)
    guard let value = self[node].outputs[0] else { preconditionFailure("the result was named") }
    return value
  }

  /// Changes what a node holds besides operands, results and attributes.
  public mutating func annotate(_ node: NodeID, domain: String, overload: String, residue: Residue)
  {
    calls.touch(node)
    nodeSlots[node.index]?.domain = domain
    nodeSlots[node.index]?.overload = overload
    nodeSlots[node.index]?.residue = residue
  }

  /// Sets the annotation of a value.
  public mutating func annotate(_ value: ValueID, _ annotation: ValueAnnotation?) {
    valueSlots[value.index]?.annotation = annotation
  }

  /// Replaces a node's operator; operands, results and attributes stay.
  public mutating func setOperator(_ node: NodeID, _ op: Operator) {
    calls.touch(node)
    nodeSlots[node.index]?.op = op
    nodeSlots[node.index]?.domain = op.domain
  }

  /// Replaces one operand; appends omitted operands if there are too few.
  public mutating func setInput(_ node: NodeID, _ index: Int, _ value: ValueID?) {
    calls.touch(node)
    while self[node].inputs.count <= index { nodeSlots[node.index]?.inputs.append(nil) }
    if let old = self[node].inputs[index] { removeUse(of: old, .operand(node, index: index)) }
    nodeSlots[node.index]?.inputs[index] = value
    if let value { useSlots[value.index].append(.operand(node, index: index)) }
  }

  /// Replaces all operands.
  public mutating func setInputs(_ node: NodeID, _ values: [ValueID?]) {
    removeUses(of: node)
    nodeSlots[node.index]?.inputs = values
    addUses(of: node)
  }

  /// Sets or, with nil, removes an attribute; subgraphs' captures become uses.
  public mutating func setAttribute(_ node: NodeID, _ name: String, _ attribute: Attribute?) {
    removeUses(of: node)
    nodeSlots[node.index]?.attributes[name] = attribute
    addUses(of: node)
  }

  /// Replaces all attributes.
  public mutating func setAttributes(_ node: NodeID, _ attributes: Attributes) {
    removeUses(of: node)
    nodeSlots[node.index]?.attributes = attributes
    addUses(of: node)
  }

  /// Replaces every read of `old` by `new`, graph outputs and captures of subgraphs included.
  ///
  /// A graph output then bears the name of `new`: use `replace` where outputs must keep their names.
  public mutating func replaceUses(of old: ValueID, with new: ValueID) {
    precondition(old != new, "a value replaced by itself")
    let moved = useSlots[old.index]
    useSlots[old.index] = []
    useSlots[new.index] += moved
    for use in moved {
      switch use {
      case .operand(let node, let index):
        calls.touch(node)
        nodeSlots[node.index]?.inputs[index] = new
      case .output(let index): outputs[index] = new
      case .capture(let node):
        calls.touch(node)
        nodeSlots[node.index]?.mapSubgraphs { graph in
          for index in graph.captures.indices where graph.captures[index].outer == old {
            graph.captures[index].outer = new
          }
        }
      }
    }
  }

  /// Replaces every read of `old` by `new` and keeps the names of graph outputs: if `old` is an
  /// output, `new` takes over its name and its declared type. Returns false, and changes nothing, where `new` cannot
  /// because it is an input, a constant or an output itself.
  public mutating func replace(_ old: ValueID, with new: ValueID) -> Bool {
    if isOutput(old) {
      guard self[new].producer != nil, !isOutput(new) else { return false }
      let name = self[old].name
      let annotation = self[old].annotation
      rename(old, freshName(name + ".replaced"))
      rename(new, name)
      valueSlots[new.index]?.annotation = annotation
      if self[old].type != .unknown { setType(new, self[old].type) }
    }
    replaceUses(of: old, with: new)
    return true
  }

  /// Gives a value another name.
  ///
  /// - Precondition: no other value bears the name.
  public mutating func rename(_ value: ValueID, _ name: String) {
    precondition(valuesByName[name] == nil || valuesByName[name] == value, "name is taken")
    valuesByName[self[value].name] = nil
    valuesByName[name] = value
    valueSlots[value.index]?.name = name
  }

  /// Gives a value another type.
  public mutating func setType(_ value: ValueID, _ type: ValueType) {
    valueSlots[value.index]?.type = type
  }

  /// Replaces the tensor of a constant; its type follows, its encoding and origin stay.
  ///
  /// - Precondition: the value is a constant.
  public mutating func setConstant(_ value: ValueID, _ tensor: Tensor) {
    guard var constant = self[value].constant else {
      preconditionFailure("'\(self[value].name)' is no constant")
    }
    constant.tensor = tensor
    setConstant(value, constant)
  }

  /// Replaces a constant as a whole.
  ///
  /// - Precondition: the value is a constant.
  public mutating func setConstant(_ value: ValueID, _ constant: Constant) {
    precondition(self[value].constant != nil, "'\(self[value].name)' is no constant")
    calls.touch(value)
    valueSlots[value.index]?.definition = .constant(constant)
    setType(value, .tensor(constant.tensor.type, Shape(constant.tensor.shape)))
  }

  /// Replaces graph output number `index`.
  public mutating func setOutput(_ index: Int, _ value: ValueID) {
    removeUse(of: outputs[index], .output(index: index))
    outputs[index] = value
    useSlots[value.index].append(.output(index: index))
  }

  /// Leaves a result of a node out.
  ///
  /// - Precondition: nothing reads it.
  public mutating func omitResult(_ node: NodeID, _ index: Int) {
    calls.touch(node)
    guard let value = self[node].output(index) else { return }
    eraseSlot(value)
    nodeSlots[node.index]?.outputs[index] = nil
  }

  /// Erases a node and its results.
  ///
  /// - Precondition: nothing reads its results.
  public mutating func erase(_ node: NodeID) {
    removeUses(of: node)
    for case let value? in self[node].outputs { eraseSlot(value) }
    links.remove(node)
    nodeSlots[node.index] = nil
  }

  /// Erases a constant, a capture or a graph input.
  ///
  /// - Precondition: nothing reads it.
  public mutating func erase(_ value: ValueID) {
    precondition(self[value].producer == nil, "results are erased with their node")
    inputs.removeAll { $0 == value }
    captures.removeAll { $0.inner == value }
    eraseSlot(value)
  }

  private mutating func eraseSlot(_ value: ValueID) {
    precondition(useSlots[value.index].isEmpty, "'\(self[value].name)' is still read")
    valuesByName[self[value].name] = nil
    valueSlots[value.index] = nil
  }

  /// Edits the subgraphs of a node; captures become uses afterwards.
  public mutating func editSubgraphs<Failure: Error>(
    of node: NodeID, _ body: (inout Graph) throws(Failure) -> Void
  ) throws(Failure) {
    removeUses(of: node)
    defer { addUses(of: node) }
    try nodeSlots[node.index]?.mapSubgraphs(body)
  }

  private mutating func addUses(of node: NodeID) {
    let content = self[node]
    for (index, input) in content.inputs.enumerated() {
      guard let value = input else { continue }
      useSlots[value.index].append(.operand(node, index: index))
    }
    for graph in content.subgraphs {
      for capture in graph.captures { useSlots[capture.outer.index].append(.capture(node)) }
    }
  }

  private mutating func removeUses(of node: NodeID) {
    calls.touch(node)
    let content = self[node]
    for (index, input) in content.inputs.enumerated() {
      guard let value = input else { continue }
      removeUse(of: value, .operand(node, index: index))
    }
    for graph in content.subgraphs {
      for capture in graph.captures { removeUse(of: capture.outer, .capture(node)) }
    }
  }

  private mutating func removeUse(of value: ValueID, _ use: Use) {
    guard let index = useSlots[value.index].firstIndex(of: use) else {
      preconditionFailure("use list of '\(self[value].name)' lacks \(use)")
    }
    useSlots[value.index].remove(at: index)
  }
}

extension Node {
  /// Edits each subgraph among the attributes in place.
  mutating func mapSubgraphs<Failure: Error>(_ body: (inout Graph) throws(Failure) -> Void)
    throws(Failure)
  {
    for name in attributes.names {
      switch attributes[name] {
      case .graph(var graph)?:
        try body(&graph)
        attributes[name] = .graph(graph)
      case .graphs(var graphs)?:
        for index in graphs.indices { try body(&graphs[index]) }
        attributes[name] = .graphs(graphs)
      case .float, .int, .string, .tensor, .floats, .ints, .strings, .tensors, .reference,
        .opaque, nil:
        break
      }
    }
  }
}
