import IR

/// Decides which gates close.
struct GateThreshold {
  /// The weights that stay: the gate's own where it is open, 0 where it closed.
  private(set) var kept: [[Float]]
  /// Channels below the threshold that stay all the same, by gate.
  private(set) var reopened: [Int: [Int]] = [:]
  private let weights: [[Float]]
  private let table: GateTable
  private let options: CollapseOptions

  init(
    _ reading: GateReading, _ options: CollapseOptions, _ graph: Graph, _ facts: GraphFacts
  ) {
    weights = reading.weights
    table = reading.table
    self.options = options
    kept = reading.weights.map { $0.map { Double($0) >= options.threshold ? $0 : 0 } }
    let patterns = options.keep.map { NamePattern($0) }
    for (index, gate) in table.gates.enumerated() {
      if patterns.contains(where: { $0.matches(gate.name) }) {
        reopen(index, weights[index].indices.filter { !isOpen(index, $0) })
      } else if gate.kind == .channel {
        fill(index)
      }
    }
    keepConnected(graph, facts)
  }

  private func isOpen(_ gate: Int, _ channel: Int) -> Bool {
    Double(weights[gate][channel]) >= options.threshold
      || reopened[gate]?.contains(channel) == true
  }

  private mutating func reopen(_ gate: Int, _ channels: [Int]) {
    if channels.isEmpty { return }
    for channel in channels { kept[gate][channel] = weights[gate][channel] }
    reopened[gate] = (reopened[gate, default: []] + channels).sorted()
  }

  /// Reopens the strongest closed channels of a gate until `count` are open.
  private mutating func reopen(_ gate: Int, until count: Int) {
    let closed = weights[gate].indices.filter { !isOpen(gate, $0) }
      .sorted {
        weights[gate][$0] == weights[gate][$1] ? $0 < $1 : weights[gate][$0] > weights[gate][$1]
      }
    let open = weights[gate].count - closed.count
    reopen(gate, Array(closed.prefix(max(count - open, 0))))
  }

  /// Reopens channels of a gate that is not empty up to the minimum and the multiple asked for.
  private mutating func fill(_ gate: Int) {
    let size = weights[gate].count
    let open = weights[gate].indices.count { isOpen(gate, $0) }
    guard open > 0 else { return }
    let multiple = max(options.roundTo, 1)
    let wanted = max(open, min(options.minimumChannels, size))
    reopen(gate, until: min((wanted + multiple - 1) / multiple * multiple, size))
  }

  /// Reopens the strongest channel of gates that closed altogether, one at a time, unless every path
  /// from them ends in an Add or Concat with another operand that stays.
  private mutating func keepConnected(_ graph: Graph, _ facts: GraphFacts) {
    var empty: [Int] = []
    for (index, gate) in table.gates.enumerated()
    where weights[index].indices.allSatisfy({ !isOpen(index, $0) }) {
      if reachesOutputs(graph, facts, without: empty + [index]) {
        empty.append(index)
      } else {
        reopen(index, until: 1)
        if gate.kind == .channel { fill(index) }
      }
    }
  }

  /// Whether every output that depends on inputs still does when the products of the given gates
  /// are dead.
  ///
  /// A sum or a concatenation lives while one computed operand does; any other node dies with its
  /// first dead operand.
  private func reachesOutputs(
    _ graph: Graph, _ facts: GraphFacts, without gates: [Int]
  ) -> Bool {
    var dead: Set<ValueID> = []
    var computed: Set<ValueID> = []
    for value in graph.values {
      switch graph[value].definition {
      case .input, .capture: computed.insert(value)
      case .constant(let constant): if constant.isOverridable { computed.insert(value) }
      case .node: break
      }
    }
    let sites = Set(gates.flatMap { wholeSites(of: table.gates[$0], graph, facts) })
    for id in graph.nodes {
      let node = graph[id]
      let captured = node.subgraphs.flatMap { $0.captures.map(\.outer) }
      let operands = (node.inputs.compactMap { $0 } + captured).filter(computed.contains)
      let results = node.outputs.compactMap { $0 }
      if operands.isEmpty, !node.inputs.isEmpty, node.op != .opaque { continue }
      computed.formUnion(results)
      let isJoin = node.op == .add || node.op == .sub || node.op == .concat
      let isDead =
        isJoin
        ? !operands.isEmpty && operands.allSatisfy(dead.contains)
        : operands.contains(where: dead.contains)
      if isDead || operands.contains(where: { closesAll(node, $0, sites) }) {
        dead.formUnion(results)
      }
    }
    return !graph.outputs.contains(where: dead.contains)
  }

  /// The values that the gate covers altogether.
  private func wholeSites(of gate: Gate, _ graph: Graph, _ facts: GraphFacts) -> [ValueID] {
    gate.sites.compactMap { site in
      guard let value = graph.value(named: site.value) else { return nil }
      if gate.kind == .block { return value }
      guard let shape = facts.shape(of: value), site.axis < shape.count,
        let extent = shape[site.axis].value
      else { return nil }
      return site.segment == [0, extent] ? value : nil
    }
  }

  /// Whether a node is the gate at one of the sites.
  private func closesAll(_ node: Node, _ value: ValueID, _ sites: Set<ValueID>) -> Bool {
    node.op == .mul && sites.contains(value) && node.inputs.first == value
  }

  /// The report of what the threshold did.
  func report(_ report: inout CollapseReport) {
    report.changesFunction = kept != weights
    for (index, gate) in table.gates.enumerated() {
      for (channel, weight) in weights[index].enumerated() {
        if isOpen(index, channel) { report.open += 1 } else { report.closed += 1 }
        if weight > 0.05, weight < 0.95 { report.undecided += 1 }
        report.histogram[min(max(Int(weight * 10), 0), 9)] += 1
      }
      if let channels = reopened[index] {
        report.reopened.append(CollapseReport.Reopened(name: gate.name, indices: channels))
      }
    }
  }
}
