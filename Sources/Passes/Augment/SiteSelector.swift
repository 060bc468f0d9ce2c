import IR

/// Decides where the gate of a channel group multiplies.
///
/// A producer's result is followed through bias, BatchNorm, per-channel maps and activations that
/// keep zero; the gate stands at the end of that chain, before any join, fan-out or contraction. Of
/// the factors of a product one is gated. Where a later offset (BatchNorm after a join) would turn
/// closed channels into constants, a second site follows that chain.
struct SiteSelector {
  private let graph: Graph
  private let facts: GraphFacts
  private let analysis: ChannelAnalysis
  private let order: [NodeID]

  init(_ graph: Graph, _ facts: GraphFacts, _ analysis: ChannelAnalysis) {
    self.graph = graph
    self.facts = facts
    self.analysis = analysis
    self.order = graph.nodes
  }

  /// Functions of several tensors that are zero where all of them are; Where chooses among all but
  /// the first.
  private static let joins: Set<Operator> = [
    .add, .sub, .concat, .sum, .mean, .max, .min, .where,
  ]

  /// What follows a value that is not gated yet.
  private enum Continuation {
    /// The one reader maps the group on, channel by channel.
    case chain
    /// The value ends as a factor of a product whose other factor may be gated.
    case factor
    case end
  }

  /// The sites of a group; nil where it cannot be gated.
  func sites(of group: ChannelGroup) -> [PlannedGate.Site]? {
    var walk = Walk(
      selector: self, group: group.id, factors: FactorSearch(graph, facts, analysis, group.id))
    for node in order { guard walk.visit(node) else { return nil } }
    return walk.sites.isEmpty ? nil : walk.sites
  }

  /// The state of one group's walk through the graph.
  private struct Walk {
    let selector: SiteSelector
    let group: GroupID
    var factors: FactorSearch
    var sites: [PlannedGate.Site] = []
    /// The values that hold the group, and whether closed channels are zero in them.
    var isGated: [ValueID: Bool] = [:]

    /// Follows the group through a node; false if it cannot be gated.
    mutating func visit(_ id: NodeID) -> Bool {
      let node = selector.graph[id]
      if divergesAtZero(id, node) { return false }
      let recurrence = selector.recurrence(of: id, group)
      if let recurrence {
        let weight = OperandSite(id, recurrence.operand)
        guard let value = node.input(recurrence.operand),
          place(value, weight, axis: recurrence.axis)
        else { return false }
      }
      for case let result? in node.outputs
      where selector.holds(group, result) && !selector.analysis.constantValues.contains(result)
        && !selector.graph.uses(of: result).isEmpty
      {
        if recurrence != nil || selector.isState(result, group) {
          isGated[result] = false
          if recurrence != nil, case .end = selector.continuation(of: result, group) {
            guard place(result, nil) else { return false }
          }
          continue
        }
        if !selector.isFloating(result) {
          isGated[result] = false
          continue
        }
        let mapped = selector.mappedOperands(of: id, group)
        guard let status = status(of: id, node, mapped, result) else { return false }
        isGated[result] = status
        if !status, case .end = selector.continuation(of: result, group),
          !factors.isFactor(result)
        {
          guard place(result, nil) else { return false }
        }
      }
      return keepContraction(id, node)
    }

    /// Gates the first factor of a product of computed values that sums over the group, if none is
    /// gated; false if it cannot be.
    private mutating func keepContraction(_ id: NodeID, _ node: Node) -> Bool {
      guard factors.isContraction(id), let keeper = factors.keeper(of: id),
        let value = node.input(keeper), !node.inputs.contains(where: { gated($0) })
      else { return true }
      return place(value, nil)
    }

    private func isZero(_ value: ValueID?) -> Bool {
      selector.graph.tensor(of: value)?.doubles?.allSatisfy { $0 == 0 } ?? false
    }

    /// Whether the group is gated in a node's results; gates operands where that takes it.
    private mutating func status(
      of id: NodeID, _ node: Node, _ mapped: [Int], _ result: ValueID
    ) -> Bool? {
      guard let first = mapped.first, let value = node.input(first) else {
        return node.op == .constantOfShape
          && node.attributes.tensor("value")?.doubles?.allSatisfy { $0 == 0 } ?? true
      }
      if let form = selector.compensation(of: id, group) {
        for operand in form.data {
          guard gate(operand, of: id) else { return nil }
        }
        return form.keepsZero || result != node.output(0)
      }
      if node.op == .div, mapped.count > 1 { return isGated[value] ?? false }
      if node.op == .mul, mapped.count > 1 {
        if selector.selfGate(id) != nil, mapped.allSatisfy({ !gated(node.input($0)) }) {
          return false
        }
        if mapped.contains(where: { gated(node.input($0)) }) { return true }
        let preferred = mapped.first { !selector.isSquashed(node.input($0)) } ?? first
        guard let factor = node.input(preferred) else { return nil }
        return place(factor, nil) ? true : nil
      }
      if mapped.count > 1, node.outputs.allSatisfy({ $0.map { factors.isFactor($0) } ?? true }) {
        return false
      }
      if mapped.count > 1, let keeper = factors.keeper(of: id), let factor = node.input(keeper) {
        if gated(factor) { return true }
        if !factors.keepsZero(id, keeper), mapped.contains(where: { gated(node.input($0)) }) {
          return true
        }
        return place(factor, nil) ? true : nil
      }
      if mapped.count > 1 {
        let isJoin = SiteSelector.joins.contains(node.op)
        let operands = (isJoin ? Array(node.inputs.indices) : mapped)
          .filter { node.op != .where || $0 > 0 }
        if isJoin, node.op != .concat,
          operands.contains(where: { !mapped.contains($0) && !isZero(node.input($0)) })
        {
          return false
        }
        for operand in operands {
          guard gate(operand, of: id) else { return nil }
        }
        return isJoin
      }
      guard gated(value) else { return false }
      if factors.keepsZero(id, first) { return true }
      if [.add, .sub, .concat].contains(node.op) {
        if node.outputs.allSatisfy({ $0.map { factors.isFactor($0) } ?? true }) { return false }
        for operand in node.inputs.indices where operand != first {
          guard selector.holds(group, at: OperandSite(id, operand)) || node.op == .concat else {
            return false
          }
          guard gate(operand, of: id) else { return nil }
        }
        return true
      }
      let context = selector.facts.context(of: id)
      let schema = node.op.schema
      return schema.response(context) != .other && !schema.addsBorder(context)
    }

    /// Whether closed channels come to where zeros give no finite results.
    private func divergesAtZero(_ id: NodeID, _ node: Node) -> Bool {
      node.inputs.indices.contains { operand in
        gated(node.input(operand)) && selector.facts.context(of: id).divergesAtZero(operand)
      }
    }

    /// Gates an operand that holds the group, unless it is gated already; a constant for this use
    /// alone. False if that cannot be.
    private mutating func gate(_ operand: Int, of id: NodeID) -> Bool {
      let site = OperandSite(id, operand)
      guard let value = selector.graph[id].input(operand), selector.holds(group, at: site) else {
        return true
      }
      if selector.analysis.constantValues.contains(value) {
        return sites.contains { $0.use == site } || place(value, site)
      }
      return isGated[value] != false || place(value, nil)
    }

    private func gated(_ value: ValueID?) -> Bool { value.flatMap { isGated[$0] } ?? false }

    /// Adds sites for every run of the group on the value's axes, or on one of them; false if there
    /// is no such run.
    private mutating func place(
      _ value: ValueID, _ use: OperandSite?, axis only: Int? = nil
    ) -> Bool {
      let layouts = use.map { selector.analysis.layouts(at: $0, in: selector.graph) }
      guard let layouts = layouts ?? selector.analysis.layouts(of: value),
        let axis = only ?? layouts.firstIndex(where: { $0.groups.contains(group) }),
        only != nil || layouts.filter({ $0.groups.contains(group) }).count == 1,
        axis < layouts.count, selector.isFloating(value), let runs = layouts[axis].runs(of: group)
      else { return false }
      for run in runs {
        sites.append(
          PlannedGate.Site(
            value: value, use: use, axis: axis, segment: run.segment, repeats: run.repeats))
      }
      isGated[value] = use == nil ? true : isGated[value]
      return true
    }
  }

  /// The label that a node feeds back to itself, if the group stands on it.
  private func recurrence(of id: NodeID, _ group: GroupID) -> AxisSignature.Recurrence? {
    guard let recurrence = facts.signature(of: id)?.recurrence,
      analysis.layout(of: recurrence.label, in: id)?.groups.contains(group) == true
    else { return nil }
    return recurrence
  }

  /// Whether all that reads a value are recurrent nodes that start from it: what a closed unit
  /// starts from is multiplied by zeros there.
  private func isState(_ value: ValueID, _ group: GroupID) -> Bool {
    graph.uses(of: value).allSatisfy { use in
      guard case .operand(let id, let index) = use, let recurrence = recurrence(of: id, group),
        index != recurrence.operand, let terms = facts.signature(of: id)?.operands[index]
      else { return false }
      return terms.contains(.label(recurrence.label))
    }
  }

  private func isFloating(_ value: ValueID) -> Bool {
    let type = facts.types[value] ?? graph[value].type
    return type.element.map { [.float32, .float16, .bfloat16, .float64].contains($0) } ?? false
  }

  private func holds(_ group: GroupID, _ value: ValueID) -> Bool {
    analysis.layouts(of: value)?.contains { $0.groups.contains(group) } ?? false
  }

  private func holds(_ group: GroupID, at site: OperandSite) -> Bool {
    analysis.layouts(at: site, in: graph)?.contains { $0.groups.contains(group) } ?? false
  }

  /// How a node is fitted to fewer channels of the group that it normalizes over; nil if it does not.
  private func compensation(of id: NodeID, _ group: GroupID) -> Compensation? {
    guard let signature = facts.signature(of: id) else { return nil }
    for (index, term) in (signature.results.first.flatMap { $0 } ?? []).enumerated() {
      guard let form = signature.compensation(of: term), let value = graph[id].output(0),
        analysis.layouts(of: value)?[index].groups.contains(group) == true
      else { continue }
      return form
    }
    return nil
  }

  /// The operands computed from inputs whose group travels on to a result.
  private func mappedOperands(of id: NodeID, _ group: GroupID) -> [Int] {
    guard let signature = facts.signature(of: id) else { return [] }
    let node = graph[id]
    let results = Set(
      signature.results.compactMap { $0 }.flatMap { $0 }.flatMap(AxisSignature.labels(of:)))
    return signature.operands.indices.filter { operand in
      guard let value = node.input(operand), !analysis.constantValues.contains(value),
        let terms = signature.operands[operand]
      else { return false }
      return terms.flatMap(AxisSignature.labels(of:)).contains { label in
        results.contains(label)
          && analysis.layout(of: label, in: id)?.groups.contains(group) ?? false
      }
    }
  }

  /// The operands that are computed from graph inputs.
  private func activations(of id: NodeID) -> [Int] {
    let node = graph[id]
    return node.inputs.indices.filter { operand in
      node.input(operand).map { !analysis.constantValues.contains($0) } ?? false
    }
  }

  private func continuation(of value: ValueID, _ group: GroupID) -> Continuation {
    if let product = selfGateReading(value) {
      return graph[product].outputs.first != nil ? .chain : .end
    }
    guard let use = graph.onlyUse(of: value) else { return .end }
    if isLink(use, group) { return .chain }
    return endsAsFactor(value) ? .factor : .end
  }

  /// Whether a node maps the group of one operand on to its results without summing and without
  /// losing zeros for good: a bias, a norm, a scale, a depthwise convolution, an activation.
  private func isLink(_ use: OperandSite, _ group: GroupID) -> Bool {
    guard activations(of: use.node) == [use.operand],
      let signature = facts.signature(of: use.node), use.operand < signature.operands.count,
      let terms = signature.operands[use.operand],
      mappedOperands(of: use.node, group) == [use.operand],
      let result = graph[use.node].outputs.first ?? nil, holds(group, result)
    else { return false }
    let results = Set(
      signature.results.compactMap { $0 }.flatMap { $0 }.flatMap(AxisSignature.labels(of:)))
    let isSummed = terms.flatMap(AxisSignature.labels(of:)).contains { label in
      !results.contains(label) && !(analysis.layout(of: label, in: use.node)?.groups ?? []).isEmpty
    }
    if isSummed { return false }
    let op = graph[use.node].op
    if op == .div { return use.operand == 0 }
    if op == .rotaryEmbedding { return false }
    let links: Set<Operator> = [
      .conv, .convTranspose, .batchNormalization, .mul, .add, .sub, .biasGelu, .fastGelu,
    ]
    if links.contains(op) { return true }
    return signature.results.first.map { $0 == terms } ?? false && isFloating(result)
  }

  /// The product x·f(x) that a node is, with f a chain of functions of one tensor: SiLU and the like.
  private func selfGate(_ id: NodeID) -> ValueID? {
    let node = graph[id]
    guard node.op == .mul, node.inputs.count == 2, let a = node.input(0), let b = node.input(1),
      a != b
    else { return nil }
    if isFunction(b, of: a) { return a }
    if isFunction(a, of: b) { return b }
    return nil
  }

  private func isFunction(_ value: ValueID, of source: ValueID) -> Bool {
    var current = value
    for _ in 0..<8 {
      if current == source { return value != source }
      guard let producer = graph[current].producer, graph.onlyUse(of: current) != nil,
        activations(of: producer).count == 1, let operand = activations(of: producer).first,
        let signature = facts.signature(of: producer), let next = graph[producer].input(operand),
        !signature.labels.contains(where: \.isCompensated),
        signature.results.first == signature.operands[operand]
      else { return false }
      current = next
    }
    return false
  }

  /// The self-gating product that is all that reads a value in the end.
  private func selfGateReading(_ value: ValueID) -> NodeID? {
    let consumers = graph.consumers(of: value)
    guard consumers.count == 2, graph.uses(of: value).count == 2, !graph.isOutput(value) else {
      return nil
    }
    return consumers.first { selfGate($0) == value }
  }

  /// Whether all that reads the value leads through functions of one tensor to a product, or to a
  /// divisor, where another operand carries the group.
  private func endsAsFactor(_ value: ValueID) -> Bool {
    var current = value
    for _ in 0..<8 {
      guard let use = graph.onlyUse(of: current) else { return false }
      let count = activations(of: use.node).count
      if count == 2, graph[use.node].op == .mul { return true }
      if count == 2, graph[use.node].op == .div { return use.operand == 1 }
      guard count == 1, let signature = facts.signature(of: use.node),
        use.operand < signature.operands.count,
        signature.results.first == signature.operands[use.operand],
        !signature.labels.contains(where: \.isCompensated),
        let next = graph[use.node].outputs.first ?? nil
      else { return false }
      current = next
    }
    return false
  }

  /// Whether a value comes out of a function that does not keep zero, as a sigmoid.
  private func isSquashed(_ value: ValueID?) -> Bool {
    guard let value, let producer = graph[value].producer else { return false }
    return activations(of: producer).count == 1
      && graph[producer].op.schema.response(facts.context(of: producer)) == .other
      && facts.signature(of: producer).map { $0.results.first == $0.operands.first } ?? false
  }
}

extension Schema {
  /// Whether zeros may come out as something else where the operator adds a border: only padding
  /// with a value does.
  func addsBorder(_ context: OperatorContext) -> Bool {
    context.node.op == .pad && hasBorders(context)
      && context.constants[2]?.doubles?.first ?? 0 != 0
  }
}
