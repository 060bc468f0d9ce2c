import IR

/// Removes indices of channel groups from every value, weight and shape constant that has them.
///
/// Operators left without channels go; an operand of Concat that has none is left out. A group is
/// never emptied where that would leave an operator without operands but with a result.
struct ChannelRemoval {
  private var graph: Graph
  private let facts: GraphFacts
  private let analysis: ChannelAnalysis
  private let virtual: Set<NodeID>
  private(set) var keeps: [GroupID: [Bool]]
  /// The values that took the places of others when the removal was applied.
  private(set) var moved: [ValueID: ValueID] = [:]

  /// The constants that were cut when the removal was applied.
  private(set) var cuts: [ConstantCut] = []

  /// Plans the removal of all indices that `keeps` does not mark.
  /// Of the norms in `virtual` one column stands for all dead channels.
  init(
    _ graph: Graph, _ facts: GraphFacts, _ analysis: ChannelAnalysis,
    keeping keeps: [GroupID: [Bool]], virtual: Set<NodeID> = []
  ) {
    self.virtual = virtual
    self.graph = graph
    self.facts = facts
    self.analysis = analysis
    self.keeps = keeps
    keepConnected()
  }

  /// The number of indices that go.
  var count: Int { keeps.values.reduce(0) { $0 + $1.count { !$0 } } }

  /// The marks of an axis of a computed value.
  func mask(of value: ValueID, axis: Int) -> [Bool]? {
    guard let layouts = analysis.layouts(of: value), axis < layouts.count else { return nil }
    return layouts[axis].known.mask(keeps)
  }

  /// Whether nothing is left of a value.
  private func vanishes(_ value: ValueID) -> Bool {
    guard let layouts = analysis.layouts(of: value) else { return false }
    return layouts.contains { vanishes($0) }
  }

  private func vanishes(_ layout: Layout) -> Bool {
    guard !layout.groups.isEmpty, let mask = layout.known.mask(keeps) else { return false }
    return !mask.contains(true)
  }

  private func vanishes(at site: OperandSite) -> Bool {
    analysis.layouts(at: site, in: graph)?.contains { vanishes($0) } ?? false
  }

  /// Keeps the first index of groups whose end would leave a node without an operand it needs.
  private mutating func keepConnected() {
    var isStable = false
    while !isStable {
      isStable = true
      for id in graph.nodes {
        let node = graph[id]
        let sites = node.inputs.indices.filter { node.inputs[$0] != nil }
          .map { OperandSite(id, $0) }.filter { vanishes(at: $0) }
        let results = node.outputs.compactMap { $0 }
        if results.allSatisfy(vanishes) { continue }
        let isSplit = node.op == .split && sites.isEmpty
        let isConcat = node.op == .concat && sites.count < node.inputs.count
        if (sites.isEmpty || isConcat) && (isSplit || !results.contains(where: vanishes)) {
          continue
        }
        isStable = false
        for site in sites {
          reopen(analysis.layouts(at: site, in: graph) ?? [])
        }
        for result in results where vanishes(result) {
          reopen(analysis.layouts(of: result) ?? [])
        }
      }
    }
  }

  private mutating func reopen(_ layouts: [Layout]) {
    for layout in layouts where vanishes(layout) {
      for group in layout.groups where keeps[group]?.contains(true) == false {
        keeps[group]?[0] = true
      }
    }
  }

  /// Edits the graph; returns it with the number of nodes that went.
  ///
  /// Throws a `bug` diagnostic if the result's shapes are not those that the layouts say.
  mutating func apply() throws(Diagnostic) -> (graph: Graph, removedNodes: Int) {
    let before = graph.nodeCount
    let edits = extentEdits()
    let compensations = CompensationEdit.all(
      graph, facts, analysis, keeping: keeps, virtual: virtual)
    var expected = newTypes()
    gatherConstants()
    freezeShapes(expected)
    for (node, edit) in edits { apply(edit, to: node) }
    for (value, type) in expected where graph.contains(value) { graph.setType(value, type) }
    for edit in compensations {
      moved.merge(edit.apply(to: &graph, &expected)) { $1 }
    }
    dropVanished()
    try check(expected)
    return (graph, before - graph.nodeCount)
  }

  private func newTypes() -> [ValueID: ValueType] {
    var types: [ValueID: ValueType] = [:]
    for value in graph.values where graph[value].constant == nil {
      if let type = newType(of: value, declared: graph[value].type) { types[value] = type }
    }
    return types
  }

  /// The type of a computed value afterwards; nil if it stays as it is.
  private func newType(of value: ValueID, declared: ValueType) -> ValueType? {
    guard let layouts = analysis.layouts(of: value), let type = facts.types[value]?.tensor,
      var shape = type.shape
    else { return nil }
    var isChanged = false
    for (axis, layout) in layouts.enumerated() where !layout.groups.isEmpty {
      guard let mask = layout.known.mask(keeps), mask.contains(false) else { continue }
      shape[axis] = reduced(shape[axis], mask)
      isChanged = true
    }
    return isChanged ? .tensor(type.element, shape) : nil
  }

  /// An extent of which the marked indices stay; if it is not known, of as many for each of others.
  private func reduced(_ extent: Dim, _ mask: [Bool]) -> Dim {
    let kept = mask.count { $0 }
    if extent.value != nil { return .known(kept) }
    return mask.isEmpty ? extent : extent / .known(mask.count) * .known(kept)
  }

  /// What must change in each node besides its weights.
  private func extentEdits() -> [(NodeID, Schema.ExtentEdit)] {
    var edits: [(NodeID, Schema.ExtentEdit)] = []
    for id in graph.nodes {
      guard var signature = facts.signature(of: id) else { continue }
      let old = facts.context(of: id)
      var isChanged = false
      for label in Set(labels(of: signature)) {
        guard let layout = analysis.layout(of: label, in: id), !layout.groups.isEmpty,
          let mask = layout.known.mask(keeps), mask.contains(false)
        else { continue }
        signature.setExtent(label, reduced(signature[label].extent, mask))
        isChanged = true
      }
      guard isChanged else { continue }
      let node = graph[id]
      let inputs = node.inputs.indices.map { index -> ValueType? in
        guard let value = node.inputs[index] else { return nil }
        guard graph[value].constant != nil else {
          return newType(of: value, declared: facts.type(of: value)) ?? facts.type(of: value)
        }
        return constantType(at: OperandSite(id, index)) ?? facts.type(of: value)
      }
      let outputs = node.outputs.map { output -> ValueType? in
        output.map { newType(of: $0, declared: facts.type(of: $0)) ?? facts.type(of: $0) }
      }
      let context = OperatorContext(
        node: node, inputs: inputs, outputs: outputs, constants: old.constants,
        shapeValues: old.shapeValues, formerInputs: old.inputs)
      let edit = node.op.schema.extents(context, signature)
      if !edit.isEmpty { edits.append((id, edit)) }
    }
    return edits
  }

  private func constantType(at site: OperandSite) -> ValueType? {
    guard let value = graph[site.node].input(site.operand),
      let tensor = graph[value].constant?.tensor,
      let layouts = analysis.layouts(at: site, in: graph)
    else { return nil }
    var shape = tensor.shape
    for (axis, layout) in layouts.enumerated() {
      if let mask = layout.mask(keeps) { shape[axis] = mask.count { $0 } }
    }
    return .tensor(tensor.type, Shape(shape))
  }

  private func labels(of signature: AxisSignature) -> [AxisSignature.Label] {
    (signature.operands + signature.results).compactMap { $0 }.flatMap { $0 }
      .flatMap(AxisSignature.labels(of:))
  }

  /// Cuts the constants; one that is read in several ways is cloned.
  private mutating func gatherConstants() {
    for value in graph.constants {
      guard let tensor = graph[value].constant?.tensor else { continue }
      var cuts: [[[Bool]]: [OperandSite]] = [:]
      var order: [[[Bool]]] = []
      var staysWhole = graph.inputs.contains(value)
      for use in graph.uses(of: value) {
        guard case .operand(let node, let index) = use,
          let layouts = analysis.layouts(at: OperandSite(node, index), in: graph),
          layouts.count == tensor.rank
        else {
          staysWhole = true
          continue
        }
        let masks = zip(layouts, tensor.shape).map {
          $0.mask(keeps) ?? Array(repeating: true, count: $1)
        }
        let isWhole = masks.allSatisfy { !$0.contains(false) }
        if isWhole {
          staysWhole = true
        } else {
          if cuts[masks] == nil { order.append(masks) }
          cuts[masks, default: []].append(OperandSite(node, index))
        }
      }
      for (index, masks) in order.enumerated() {
        let source = graph[value].name
        let kept = masks.map { mask in mask.indices.filter { mask[$0] } }
        let cut = ConstantCut(source: source, name: source, kept: kept)
        if index == 0, !staysWhole {
          graph.setConstant(value, cut.applied(to: tensor))
          self.cuts.append(cut)
          continue
        }
        var constant = Constant(cut.applied(to: tensor))
        constant.residue = graph[value].constant?.residue ?? Residue()
        let clone = graph.addConstant(graph.freshName(source + ".own"), constant)
        self.cuts.append(ConstantCut(source: source, name: graph[clone].name, kept: kept))
        for site in cuts[masks] ?? [] { graph.setInput(site.node, site.operand, clone) }
      }
    }
  }

  private mutating func apply(_ edit: Schema.ExtentEdit, to node: NodeID) {
    for (operand, tensor) in edit.operands.sorted(by: { $0.key < $1.key }) {
      if let value = graph[node].input(operand), graph[value].constant != nil {
        graph.setConstant(tensor, at: OperandSite(node, operand))
        continue
      }
      let base = graph[node].outputs.compactMap { $0 }.first.map { graph[$0].name } ?? "shape"
      let name = graph.freshName("\(base).operand\(operand)")
      graph.setInput(node, operand, graph.addConstant(name, tensor))
    }
    for (operand, elements) in edit.elements.sorted(by: { $0.key < $1.key }) {
      guard let value = graph[node].input(operand),
        let count = (facts.shape(of: value) ?? graph[value].type.shape)?.first?.value
      else { continue }
      let edited = spliced(
        value, (0..<count).map { elements[$0] }, "edited", at: .before(node))
      graph.setInput(node, operand, edited)
    }
    for (name, attribute) in edit.attributes { graph.setAttribute(node, name, attribute) }
    for name in edit.removedAttributes { graph.setAttribute(node, name, nil) }
  }

  /// Replaces extents that Shape nodes read off values that shrink by the original numbers: shapes
  /// follow the layouts by themselves, and any other use must not see the new ones.
  private mutating func freezeShapes(_ expected: [ValueID: ValueType]) {
    for id in graph.nodes where graph[id].op == .shape {
      guard let source = graph[id].input(0), expected[source] != nil,
        let result = graph[id].output(0), let extents = facts.shapeValues[result]
      else { continue }
      let name = graph[result].name
      if let known = extents.known {
        let constant = graph.addConstant(
          graph.freshName(name + ".frozen"), Tensor(known.map { Int64($0) }))
        let isOutput = graph.isOutput(result)
        graph.replaceUses(of: result, with: constant)
        graph.eraseWithConstants(id)
        if isOutput { graph.rename(constant, name) }
        continue
      }
      freeze(result, extents, after: id)
    }
  }

  /// A shape with the elements of `value`, numbers in the place of those that are given; `role` names
  /// what is made for it.
  private mutating func spliced(
    _ value: ValueID, _ numbers: [Int?], _ role: String, at position: Graph.Position
  ) -> ValueID {
    let name = graph[value].name
    var parts: [ValueID?] = []
    var index = 0
    while index < numbers.count {
      let isComputed = numbers[index] == nil
      let end = numbers[index...].firstIndex { ($0 == nil) != isComputed } ?? numbers.count
      if isComputed {
        let bounds = zip(["start", "end", "axis"], [index, end, 0]).map { part, number in
          graph.addConstant(
            graph.freshName("\(name).\(part)\(index)"), Tensor([Int64(number)]))
        }
        parts.append(
          graph.add(
            .slice, [value] + bounds.map { $0 },
            result: graph.freshName("\(name).extents\(index)"),
            .tensor(.int64, [.known(end - index)]), at: position))
      } else {
        parts.append(
          graph.addConstant(
            graph.freshName("\(name).\(role)\(index)"),
            Tensor(numbers[index..<end].compactMap { $0.map(Int64.init) })))
      }
      index = end
    }
    return graph.add(
      .concat, parts, attributes: ["axis": .int(0)], result: graph.freshName("\(name).\(role)"),
      .tensor(.int64, [.known(numbers.count)]), at: position)
  }

  private mutating func freeze(_ result: ValueID, _ extents: [Dim], after id: NodeID) {
    let uses = graph.uses(of: result)
    let position: Graph.Position = graph.node(after: id).map { .before($0) } ?? .atEnd
    let frozen = spliced(result, extents.map(\.value), "frozen", at: position)
    if graph.isOutput(result) {
      let name = graph[result].name
      graph.rename(result, graph.freshName(name + ".extents"))
      graph.rename(frozen, name)
    }
    for use in uses {
      switch use {
      case .operand(let node, let index): graph.setInput(node, index, frozen)
      case .output(let index): graph.setOutput(index, frozen)
      case .capture: break
      }
    }
  }

  /// Erases nodes whose results have no channels left, and leaves such operands of Concat out.
  private mutating func dropVanished() {
    for id in graph.nodes.reversed() where graph.contains(id) {
      let node = graph[id]
      let results = node.outputs.compactMap { $0 }
      if !results.isEmpty, results.allSatisfy(vanishes) {
        if results.allSatisfy({ graph.uses(of: $0).isEmpty }) { graph.eraseWithConstants(id) }
      } else if node.op == .concat {
        dropOperands(of: id)
      } else if node.op == .split, results.contains(where: vanishes) {
        dropResults(of: id)
      }
    }
  }

  private mutating func dropOperands(of id: NodeID) {
    let operands = graph[id].inputs
    let staying = operands.indices.filter { index in
      guard let value = operands[index] else { return false }
      guard let constant = graph[value].constant else { return !vanishes(value) }
      return constant.tensor.count > 0
    }
    if staying.count == operands.count { return }
    graph.setInputs(id, staying.map { operands[$0] })
    for case let value? in operands { graph.eraseIfUnread(value) }
    if staying.count == 1, let rest = graph[id].input(0) { _ = graph.bypass(id, with: rest) }
  }

  /// Replaces a Split by one without its empty results.
  private mutating func dropResults(of id: NodeID) {
    let node = graph[id]
    let staying = node.outputs.compactMap { $0 }.filter { !vanishes($0) }
    guard let data = node.input(0), let rank = facts.types[data]?.rank else { return }
    let number = node.attributes.int("axis") ?? 0
    let axis = number < 0 ? number + rank : number
    if staying.count == 1, graph.replace(staying[0], with: data) {
      graph.eraseWithConstants(id)
      return
    }
    let sizes = staying.compactMap { value in
      (graph[value].type.shape ?? facts.shape(of: value))?[axis].value.map(Int64.init)
    }
    if sizes.count < staying.count { return }
    let base = graph[staying[0]].name
    let operand = graph.addConstant(graph.freshName(base + ".sizes"), Tensor(sizes))
    let names = staying.map { graph[$0].name }
    let new = graph.addNode(
      .split, [data, operand], attributes: ["axis": .int(number)], name: node.name,
      results: staying.map { (graph.freshName(graph[$0].name + ".kept"), graph[$0].type) },
      at: .before(id))
    let results = graph[new].outputs.compactMap { $0 }
    for (old, result) in zip(staying, results) { graph.replaceUses(of: old, with: result) }
    graph.eraseWithConstants(id)
    for (name, result) in zip(names, results) { graph.rename(result, name) }
  }

  /// Infers the types anew and compares them with what the layouts say.
  private func check(_ expected: [ValueID: ValueType]) throws(Diagnostic) {
    let facts = try GraphFacts(graph)
    for (value, type) in expected where graph.contains(value) {
      guard let shape = type.shape, let found = facts.shape(of: value) else { continue }
      let fits =
        shape.count == found.count
        && zip(shape, found).allSatisfy {
          guard let a = $0.value, let b = $1.value else { return true }
          return a == b
        }
      if !fits {
        throw Diagnostic(
          kind: .bug, "removal left a value of shape \(found), expected \(shape)",
          at: Site(value: graph[value].name))
      }
    }
  }
}
