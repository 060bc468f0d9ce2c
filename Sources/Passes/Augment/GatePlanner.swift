import IR

/// Plans the gates of a graph: one for each free channel group, and for residual branches a branch
/// gate and a block gate.
struct GatePlanner {
  private let graph: Graph
  private let facts: GraphFacts
  private let analysis: ChannelAnalysis
  private let options: AugmentOptions

  init(
    _ graph: Graph, _ facts: GraphFacts, _ analysis: ChannelAnalysis, _ options: AugmentOptions
  ) {
    self.graph = graph
    self.facts = facts
    self.analysis = analysis
    self.options = options
  }

  /// The gates in the order of their groups, branch and block gates last.
  func plan() -> [PlannedGate] {
    let selector = SiteSelector(graph, facts, analysis)
    let spare = spareFactors()
    let patterns = options.keep.map { NamePattern($0) }
    var gates: [PlannedGate] = []
    var sites: [ValueID: [PlannedGate]] = [:]
    for group in analysis.groups
    where group.isFree && !spare.contains(group.id) && !isKept(group, patterns) {
      guard let places = selector.sites(of: group) else { continue }
      let gate = PlannedGate(
        name: freeName(group.name), size: group.size, kind: .channel, sites: places)
      gates.append(gate)
      for place in places where place.use == nil { sites[place.value, default: []].append(gate) }
    }
    return gates + residualGates(sites, patterns)
  }

  /// The names by which gates can be kept from being inserted.
  var names: [String] {
    let sums = graph.nodes.lazy.filter { graph[$0].op == .add }
    return analysis.groups.flatMap(names)
      + sums.flatMap { graph[$0].inputs.compactMap { $0.map { graph[$0].name } } }
  }

  private func isKept(_ group: ChannelGroup, _ patterns: [NamePattern]) -> Bool {
    let names = names(of: group)
    return patterns.contains { pattern in names.contains(where: pattern.matches) }
  }

  private func names(of group: ChannelGroup) -> [String] {
    [group.name] + group.producers.flatMap { [graph[$0.node].name, output(of: $0.node)] }
  }

  private func output(of node: NodeID) -> String {
    graph[node].outputs.compactMap { $0 }.first.map { graph[$0].name } ?? ""
  }

  /// A gate name whose initializers collide with no value.
  private func freeName(_ base: String) -> String {
    var name = base
    while [".s", ".w"].contains(where: { graph.value(named: name + $0) != nil }) { name += ".gate" }
    return name
  }

  /// The groups that are left ungated because another factor of the same axis is.
  private func spareFactors() -> Set<GroupID> {
    var spare: Set<GroupID> = []
    var chosen: Set<GroupID> = []
    for group in analysis.groups where group.isFree {
      for member in group.members {
        guard let layout = analysis.layouts(of: member.value)?[member.axis] else { continue }
        choose(layout, &chosen, &spare)
      }
    }
    return spare
  }

  /// Chooses the factor of each product that is gated: one that another product chose already, else
  /// the slowest if heads are asked for, else the fastest that costs no compensation.
  private func choose(_ layout: Layout, _ chosen: inout Set<GroupID>, _ spare: inout Set<GroupID>) {
    switch layout {
    case .group, .plain: break
    case .concatenation(let segments):
      for segment in segments { choose(segment, &chosen, &spare) }
    case .product(let factors):
      let free = factors.map { Set($0.groups) }.filter { groups in
        !groups.isEmpty && groups.allSatisfy { analysis[$0].isFree }
      }
      let open = free.filter { $0.isDisjoint(with: spare) }
      defer { for factor in factors { choose(factor, &chosen, &spare) } }
      if free.count < 2 { return }
      let plain = open.filter { $0.allSatisfy { analysis[$0].compensations.isEmpty } }
      let best =
        open.first { !$0.isDisjoint(with: chosen) } ?? (options.heads ? open.first : nil)
        ?? plain.last ?? open.last
      guard let best else { return }
      chosen.formUnion(best)
      for groups in free where groups != best { spare.formUnion(groups) }
    }
  }

  /// Branch and block gates: on the operand of an Add whose branch leaves and rejoins the stream
  /// without other readers; of two such operands the one with more multiply-accumulates.
  private func residualGates(
    _ sites: [ValueID: [PlannedGate]], _ patterns: [NamePattern]
  ) -> [PlannedGate] {
    var branches: [PlannedGate] = []
    var blocks: [PlannedGate] = []
    for id in graph.nodes where graph[id].op == .add {
      guard let a = graph[id].input(0), let b = graph[id].input(1), a != b,
        !analysis.constantValues.contains(a), !analysis.constantValues.contains(b),
        facts.types[a]?.element?.isFloatingPoint == true
      else { continue }
      let regions = [a, b].map { graph.exclusiveRegion(of: $0, readBy: id) }
      let costs = regions.map { $0.reduce(0) { $0 + macs(of: $1) } }
      let chosen = costs[1] > costs[0] ? 1 : 0
      let value = [a, b][chosen]
      let other = [a, b][1 - chosen]
      let entries = graph.entries(of: regions[chosen], ignoring: analysis.constantValues)
      let base = graph[value].name
      guard costs[chosen] > 0, entries.count == 1, let entry = entries.first,
        other == entry
          || graph.entries(of: regions[1 - chosen], ignoring: analysis.constantValues) == entries,
        !patterns.contains(where: { $0.matches(base) })
      else { continue }
      var number = 1
      for gate in sites[value] ?? [] {
        let own = gate.sites.filter { $0.value == value }
        guard gate.sites.count > own.count else { continue }
        let suffix = number == 1 ? ".branch" : ".branch\(number)"
        number += 1
        branches.append(
          PlannedGate(name: freeName(base + suffix), size: gate.size, kind: .branch, sites: own))
      }
      let site = PlannedGate.Site(value: value, use: nil, axis: 0, segment: nil)
      blocks.append(
        PlannedGate(name: freeName(base + ".block"), size: 1, kind: .block, sites: [site]))
    }
    return branches + blocks
  }

  private func macs(of node: NodeID) -> Double {
    guard let macs = facts.macs(of: node), let signature = facts.signature(of: node) else {
      return 0
    }
    return macs.factors(signature).reduce(1) { $0 * Double($1.value ?? 1) }
  }
}
