import IR

/// Builds a `ChannelAnalysis`: variables for all axes, unification by every node's signature, then
/// the groups.
struct ChannelAnalysisBuilder {
  private let graph: Graph
  private let facts: GraphFacts
  private var unifier = AxisUnifier()
  private var values: [ValueID: [Int]] = [:]
  private var uses: [OperandSite: [Int]] = [:]
  private var labels: [NodeID: [Int: Int]] = [:]
  private var groupOfLeaf: [Int: GroupID] = [:]
  private(set) var groups: [ChannelGroup] = []
  private(set) var constantValues: Set<ValueID> = []
  private(set) var computedConstants: Set<ValueID> = []

  /// The values that follow from constants but of which nothing may be removed.
  private let frozen: Set<ValueID>

  init(_ graph: Graph, _ facts: GraphFacts, frozen: Set<ValueID>) {
    self.graph = graph
    self.facts = facts
    self.frozen = frozen
    for value in graph.values {
      switch graph[value].definition {
      case .constant(let constant): if !constant.isOverridable { constantValues.insert(value) }
      case .input, .node, .capture: break
      }
    }
    for id in graph.nodes {
      let node = graph[id]
      let operands = node.inputs.compactMap { $0 }
      if node.op != .opaque, node.op != .dropout, !Operator.drawing.contains(node.op),
        node.subgraphs.isEmpty, !operands.isEmpty,
        operands.allSatisfy(constantValues.contains)
      {
        constantValues.formUnion(node.outputs.compactMap { $0 })
        let isComputed = operands.allSatisfy {
          graph[$0].constant != nil || computedConstants.contains($0)
        }
        if isComputed, node.op != .dequantizeLinear {
          computedConstants.formUnion(node.outputs.compactMap { $0 })
        }
      }
    }
  }

  private func type(_ value: ValueID) -> ValueType { facts.types[value] ?? graph[value].type }

  private func reason(_ node: NodeID, _ value: ValueID?, _ rule: String) -> BlockReason {
    let content = graph[node]
    return BlockReason(
      node: content.name, op: content.type, value: value.map { graph[$0].name }, rule: rule)
  }

  /// Makes the variables and unifies them node by node.
  mutating func unifyAll() {
    for value in graph.values {
      let content = graph[value]
      if case .constant = content.definition { continue }
      guard let shape = type(value).shape else { continue }
      let axes = shape.map { unifier.leaf($0) }
      values[value] = axes
      switch content.definition {
      case .input: block(axes, BlockReason(value: content.name, rule: "is a graph input"))
      case .capture: block(axes, BlockReason(value: content.name, rule: "is a captured value"))
      case .constant, .node: break
      }
    }
    for node in graph.nodes { unify(node) }
    for output in graph.outputs {
      let axes = values[output] ?? []
      block(axes, BlockReason(value: graph[output].name, rule: "is a graph output"))
    }
  }

  private mutating func block(_ axes: [Int], _ reason: BlockReason) {
    for axis in axes { unifier.block(axis, reason) }
  }

  private mutating func unify(_ id: NodeID) {
    let node = graph[id]
    if node.outputs.contains(where: { $0.map(computedConstants.contains) ?? false }) { return }
    for graph in node.subgraphs {
      for capture in graph.captures {
        block(
          values[capture.outer] ?? [], reason(id, capture.outer, "reads it in a subgraph"))
      }
    }
    if node.op == .shape {
      block(node.outputs.compactMap { $0 }.flatMap { values[$0] ?? [] }, reason(id, nil, "counts"))
      return
    }
    guard let signature = facts.signature(of: id) else {
      let rule = node.op == .opaque ? "is not known to pcc" : "has operands of unknown rank"
      for value in (node.inputs + node.outputs).compactMap({ $0 }) {
        block(values[value] ?? [], reason(id, value, rule))
      }
      return
    }
    var variables: [Int: Int] = [:]
    for (index, info) in signature.labels.enumerated() {
      let leaf = unifier.leaf(info.extent)
      variables[index] = leaf
      if case .blocked(let rule) = info.freedom { unifier.block(leaf, reason(id, nil, rule)) }
    }
    if let recurrence = signature.recurrence, let value = node.input(recurrence.operand),
      let leaf = variables[recurrence.label.index], !constantValues.contains(value)
    {
      unifier.block(leaf, reason(id, value, "feeds it back through a weight that is no constant"))
    }
    labels[id] = variables
    for (index, input) in node.inputs.enumerated() {
      guard let value = input else { continue }
      let terms = index < signature.operands.count ? signature.operands[index] : nil
      guard let axes = axes(of: value, at: OperandSite(id, index)) else { continue }
      unify(axes, terms, variables, reason(id, value, "reads all of it"))
    }
    for (index, output) in node.outputs.enumerated() {
      guard let value = output, let axes = values[value] else { continue }
      let terms = index < signature.results.count ? signature.results[index] : nil
      unify(axes, terms, variables, reason(id, value, "computes all of it"))
    }
  }

  /// The variables of an operand's axes; made on first sight for what follows from constants.
  private mutating func axes(of value: ValueID, at site: OperandSite) -> [Int]? {
    let name = graph[value].name
    guard let constant = graph[value].constant else {
      guard computedConstants.contains(value), let shape = type(value).shape else {
        return values[value]
      }
      let axes = shape.map { unifier.leaf($0) }
      uses[site] = axes
      if frozen.contains(value) {
        block(axes, BlockReason(value: name, rule: "follows from constants but cannot be computed"))
      }
      return axes
    }
    let axes = constant.tensor.shape.map { unifier.leaf(.known($0)) }
    uses[site] = axes
    if constant.isOverridable {
      block(axes, BlockReason(value: name, rule: "is an initializer callers override"))
    }
    return axes
  }

  private mutating func unify(
    _ axes: [Int], _ terms: [AxisSignature.Term]?, _ variables: [Int: Int], _ reason: BlockReason
  ) {
    guard let terms, terms.count == axes.count else { return block(axes, reason) }
    for (axis, term) in zip(axes, terms) {
      let other = variable(term, variables)
      var mismatch = reason
      mismatch.rule = "regroups it in a way that has no common factors"
      unifier.unify(axis, other, mismatch)
    }
  }

  private mutating func variable(_ term: AxisSignature.Term, _ variables: [Int: Int]) -> Int {
    switch term {
    case .label(let label): return variables[label.index] ?? unifier.leaf(.unknown)
    case .product(let terms):
      let factors = terms.map { variable($0, variables) }
      return factors.isEmpty ? unifier.leaf(.known(1)) : unifier.product(factors)
    case .concatenation(let terms):
      return unifier.concatenation(terms.map { variable($0, variables) })
    }
  }

  /// Finds the leaves that constants produce, and who reads them.
  mutating func collectGroups() {
    var names: Set<String> = []
    for id in graph.nodes where !isConstantNode(id) {
      if let recurrence = facts.signature(of: id)?.recurrence {
        collectUnits(of: id, recurrence, &names)
      }
    }
    for id in graph.nodes where !isConstantNode(id) {
      guard let signature = facts.signature(of: id) else { continue }
      let node = graph[id]
      let inResults = labelSet(signature.results.compactMap { $0 }.flatMap { $0 })
      for (operand, terms) in signature.operands.enumerated() {
        guard let value = node.input(operand), constantValues.contains(value), let terms else {
          continue
        }
        for (axis, term) in terms.enumerated() {
          for label in AxisSignature.labels(of: term)
          where inResults.contains(label.index) && label != signature.recurrence?.label
            && !isRead(label, by: node, signature)
          {
            addProducer(id, operand, axis, label, &names)
          }
        }
      }
    }
    for id in graph.nodes where !isConstantNode(id) {
      guard let signature = facts.signature(of: id) else { continue }
      let node = graph[id]
      let inResults = labelSet(signature.results.compactMap { $0 }.flatMap { $0 })
      for (operand, terms) in signature.operands.enumerated() {
        guard let value = node.input(operand), !constantValues.contains(value), let terms else {
          continue
        }
        for label in Set(terms.flatMap(AxisSignature.labels(of:))).sorted(by: {
          $0.index < $1.index
        })
        where !inResults.contains(label.index) {
          for group in groups(of: label, in: id) {
            let site = OperandSite(id, operand)
            if !groups[group.index].consumers.contains(site) {
              groups[group.index].consumers.append(site)
            }
          }
        }
      }
    }
    for id in graph.nodes where !isConstantNode(id) {
      for (index, info) in (facts.signature(of: id)?.labels ?? []).enumerated() {
        guard case .compensated(let form) = info.freedom else { continue }
        for group in groups(of: AxisSignature.Label(index: index), in: id) {
          groups[group.index].compensations.append(reason(id, nil, form.phrase))
        }
      }
    }
    for value in graph.values where !constantValues.contains(value) {
      for (axis, variable) in (values[value] ?? []).enumerated() {
        for leaf in Set(unifier.leaves(variable)) {
          guard let group = groupOfLeaf[leaf] else { continue }
          groups[group.index].members.append(ChannelGroup.Member(value: value, axis: axis))
        }
      }
    }
  }

  /// Makes the units of a recurrent node a group before any state it is given does.
  private mutating func collectUnits(
    of id: NodeID, _ recurrence: AxisSignature.Recurrence, _ names: inout Set<String>
  ) {
    guard let signature = facts.signature(of: id) else { return }
    for (operand, terms) in signature.operands.enumerated() {
      guard let value = graph[id].input(operand), constantValues.contains(value), let terms else {
        continue
      }
      for (axis, term) in terms.enumerated()
      where AxisSignature.labels(of: term).contains(recurrence.label)
        && (operand != recurrence.operand || axis != recurrence.axis)
      {
        addProducer(id, operand, axis, recurrence.label, &names)
      }
    }
  }

  private func isConstantNode(_ id: NodeID) -> Bool {
    graph[id].outputs.contains { $0.map(constantValues.contains) ?? false }
  }

  private func labelSet(_ terms: [AxisSignature.Term]) -> Set<Int> {
    Set(terms.flatMap(AxisSignature.labels(of:)).map(\.index))
  }

  /// Whether an operand that is no constant runs over the label.
  private func isRead(_ label: AxisSignature.Label, by node: Node, _ signature: AxisSignature)
    -> Bool
  {
    for (operand, terms) in signature.operands.enumerated() {
      guard let value = node.input(operand), !constantValues.contains(value), let terms else {
        continue
      }
      if terms.contains(where: { AxisSignature.labels(of: $0).contains(label) }) { return true }
    }
    return false
  }

  private func groups(of label: AxisSignature.Label, in node: NodeID) -> [GroupID] {
    guard let variable = labels[node]?[label.index] else { return [] }
    var found: [GroupID] = []
    for leaf in unifier.leaves(variable) {
      if let group = groupOfLeaf[leaf], !found.contains(group) { found.append(group) }
    }
    return found
  }

  private mutating func addProducer(
    _ id: NodeID, _ operand: Int, _ axis: Int, _ label: AxisSignature.Label,
    _ names: inout Set<String>
  ) {
    guard let variable = labels[id]?[label.index] else { return }
    let producer = ChannelGroup.Producer(node: id, operand: operand, axis: axis)
    for leaf in unifier.leaves(variable) {
      guard let size = unifier.extent(leaf).value, size > 1 else { continue }
      if let group = groupOfLeaf[leaf] {
        if !groups[group.index].producers.contains(producer) {
          groups[group.index].producers.append(producer)
        }
        continue
      }
      let base = graph[id].outputs.compactMap { $0 }.first.map { graph[$0].name } ?? graph[id].name
      var name = base
      var number = 2
      while names.contains(name) {
        name = "\(base).\(number)"
        number += 1
      }
      names.insert(name)
      let group = GroupID(groups.count)
      groupOfLeaf[leaf] = group
      groups.append(
        ChannelGroup(
          id: group, name: name, size: size, producers: [producer], consumers: [], members: [],
          blocked: unifier.reasons(leaf)))
    }
  }

  private func layout(_ variable: Int) -> Layout {
    let root = unifier.root(variable)
    switch unifier.form(root) {
    case .leaf(let dim):
      if let group = groupOfLeaf[root], let extent = dim.value {
        return .group(group, extent: extent)
      }
      return .plain(dim)
    case .product(let parts): return .product(parts.flatMap { layout($0).factors })
    case .concatenation(let parts): return .concatenation(parts.map(layout))
    case .alias: return .plain(.unknown)
    }
  }

  /// The layouts of all computed values.
  func valueLayouts() -> [ValueID: [Layout]] { values.mapValues { $0.map(layout) } }

  /// The layouts of all uses of constants.
  func useLayouts() -> [OperandSite: [Layout]] { uses.mapValues { $0.map(layout) } }

  /// The layouts of all labels.
  func labelLayouts() -> [NodeID: [Int: Layout]] { labels.mapValues { $0.mapValues(layout) } }
}
