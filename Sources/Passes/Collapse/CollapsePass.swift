import IR

/// Collapses a model: gates are thresholded and folded, dead and constant channels leave, emptied
/// operators disappear. The function stays the same as with the closed gates at zero.
///
/// A model without gates is taken as it is.
public struct CollapsePass: Sendable {
  public static let name = "collapse"
  public var options: CollapseOptions
  /// The extents that the cost is taken at, by input name; unknown ones count as 1.
  public var inputShapes: [String: [Int]]
  private static let roundLimit = 64

  /// Creates the pass.
  public init(_ options: CollapseOptions = CollapseOptions(), inputShapes: [String: [Int]] = [:]) {
    self.options = options
    self.inputShapes = inputShapes
  }

  /// Collapses a model in place. The report holds the reference to verify the result against: the
  /// gated model with the thresholded weights as initializers.
  ///
  /// Throws an `invalid` diagnostic if the gates of the model cannot be read.
  public func run(
    on model: inout Model, evaluator: any Evaluator
  ) throws(Diagnostic) -> CollapseReport {
    var report = CollapseReport()
    let table = try GateTable(model)
    let before = DenseCost(model.graph, try sizedFacts(model.graph), gates: table)
    report.macsBefore = before.macs
    report.paramsBefore = before.params
    report.masked = model
    var graph = model.graph
    var pinned: [ValueAxis: [Bool]] = [:]
    var products: [NodeID] = []
    if let table {
      let reading = try GateReading(table, graph, evaluator)
      let threshold = GateThreshold(reading, options, graph, try GraphFacts(graph))
      threshold.report(&report)
      report.warnings = NamePattern.warnings(options.keep, matching: table.gates.map(\.name))
      graph = reading.substituting(threshold.kept, in: graph)
      report.masked?.graph = graph
      pinned = try pins(table, threshold.reopened, graph)
      let found = GateProducts(table, graph)
      graph = try found.withConstants(in: graph, evaluator)
      products = found.nodes(in: graph)
    }
    let nodes = graph.nodeCount
    if ComputedConstants.finds(in: graph) {
      var computed = ComputedConstants(
        ChannelAnalysis(graph, try GraphFacts(graph)), evaluator)
      _ = computed.fold(in: &graph)
    }
    let shared = SharedConstants(graph)
    GateFolding.fold(products.filter(graph.contains), in: &graph, try GraphFacts(graph))
    try reduce(&graph, &pinned, evaluator, &report)
    try bypassClamps(&graph)
    shared.join(in: &graph)
    report.removedNodes = nodes - graph.nodeCount
    _ = ScatteredRows(try GraphFacts(graph), pinned: pinned).rewrite(&graph)
    let after = DenseCost(graph, try sizedFacts(graph))
    report.macsAfter = after.macs
    report.paramsAfter = after.params
    model.graph = graph
    model[metadata: GateTable.key] = nil
    return report
  }

  /// Removes what can be removed until nothing more can.
  private func reduce(
    _ graph: inout Graph, _ pinned: inout [ValueAxis: [Bool]], _ evaluator: any Evaluator,
    _ report: inout CollapseReport
  ) throws(Diagnostic) {
    var frozen: Set<ValueID> = []
    for _ in 0..<CollapsePass.roundLimit {
      _ = graph.eraseDeadNodes()
      let facts = try GraphFacts(graph)
      let analysis = ChannelAnalysis(graph, facts, frozen: frozen)
      var computed = ComputedConstants(analysis, evaluator)
      let count = computed.fold(in: &graph)
      frozen.formUnion(computed.failed)
      let bound = computed.bound(in: graph).subtracting(frozen)
      frozen.formUnion(bound)
      if count > 0 || !computed.failed.isEmpty || !bound.isEmpty { continue }
      let numbering = ChannelNumbering(graph, facts, analysis, evaluator)
      let removable = RemovableIndices(analysis, pinned: pinned)
      if NormOffsets(numbering, removable).fold(in: &graph) > 0 { continue }
      let folded = InputFolding(numbering, removable).fold(in: &graph)
      let rewritten = ConstantOperands(numbering).rewrite(&graph)
      report.blocksRemoved += rewritten.branches
      if folded + rewritten.nodes > 0 { continue }
      pinned = pinned.filter { graph.contains($0.key.value) }
      let (liveness, planned) = plan(numbering, graph, removable, pinned)
      var removal = planned
      if removal.count == 0 { return }
      if clear(liveness.zeroInputs, staying: removal, numbering, &graph) { continue }
      report.removedChannels += removal.count
      for (place, mask) in pinned {
        guard let keep = removal.mask(of: place.value, axis: place.axis) else { continue }
        pinned[place] = zip(mask, keep).filter(\.1).map(\.0)
      }
      graph = try removal.apply().graph
      report.add(removal.cuts)
      for (old, new) in removal.moved {
        for place in pinned.keys where place.value == old {
          pinned[ValueAxis(value: new, axis: place.axis)] = pinned.removeValue(forKey: place)
        }
      }
      try bypassOnes(&graph)
    }
  }

  /// Plans a removal; zeros on which sums and norms rely either go or are needed.
  private func plan(
    _ numbering: ChannelNumbering, _ graph: Graph, _ removable: RemovableIndices,
    _ pinned: [ValueAxis: [Bool]]
  ) -> (ChannelLiveness, ChannelRemoval) {
    var standing: [ValueAxis: [Bool]] = [:]
    while true {
      let liveness = ChannelLiveness(
        numbering, graph, removable, pinned: pinned, standing: standing)
      let removal = ChannelRemoval(
        graph, numbering.facts, numbering.analysis, keeping: liveness.groupNeeds(),
        virtual: liveness.virtual)
      let more = liveness.standing(after: removal)
      let former = standing
      standing.merge(more) { zip($0, $1).map { $0 || $1 } }
      if standing == former { return (liveness, removal) }
    }
  }

  /// Sets the weights to zero that read zeros which stay, because nothing keeps those zero from now
  /// on; returns whether there were any.
  private func clear(
    _ zeros: [NodeID: [Bool]], staying removal: ChannelRemoval, _ numbering: ChannelNumbering,
    _ graph: inout Graph
  ) -> Bool {
    var isChanged = false
    for node in graph.nodes {
      guard let mask = zeros[node], let contraction = numbering.contractions[node],
        let data = graph[node].input(0),
        let keep = removal.mask(of: data, axis: contraction.dataAxis), keep.count == mask.count
      else { continue }
      let inputs = mask.indices.filter { mask[$0] && keep[$0] }
      if inputs.isEmpty { continue }
      var weights = ContractionWeights(contraction, graph)
      for input in inputs {
        for output in 0..<contraction.outputs {
          weights.scale(
            row: input / contraction.inputs * contraction.outputs + output,
            input: input % contraction.inputs, by: 0)
        }
      }
      weights.store(in: &graph)
      isChanged = true
    }
    return isChanged
  }

  /// Leaves out products with constants of ones that removal has left behind.
  private func bypassOnes(_ graph: inout Graph) throws(Diagnostic) {
    let facts = try GraphFacts(graph)
    for node in graph.nodes where graph.contains(node) && graph[node].op == .mul {
      guard let data = graph[node].input(0), let result = graph[node].output(0),
        let factor = graph.tensor(of: graph[node].input(1)), let values = factor.doubles,
        values.allSatisfy({ $0 == 1 }), let shape = facts.shape(of: data),
        let target = facts.shape(of: result), shape.count == target.count,
        zip(shape, target).allSatisfy({ $0.isCertainly($1) })
      else { continue }
      _ = graph.bypass(node, with: data)
    }
  }

  /// Leaves out activations of what is within their bounds already: where a block is closed, that of
  /// its sum follows the one before.
  private func bypassClamps(_ graph: inout Graph) throws(Diagnostic) {
    let ranges = ValueRanges(graph, try GraphFacts(graph))
    for node in graph.nodes where ranges.leavesAll(graph[node]) {
      if let data = graph[node].input(0) { _ = graph.bypass(node, with: data) }
    }
  }

  /// The channels at each gated value that were reopened, so that they stay.
  private func pins(
    _ table: GateTable, _ reopened: [Int: [Int]], _ graph: Graph
  ) throws(Diagnostic) -> [ValueAxis: [Bool]] {
    let facts = try GraphFacts(graph)
    var pinned: [ValueAxis: [Bool]] = [:]
    for (index, channels) in reopened where table.gates[index].kind == .channel {
      for site in table.gates[index].sites {
        guard let value = graph.value(named: site.value), graph[value].constant == nil else {
          continue
        }
        guard let shape = facts.shape(of: value), shape.indices.contains(site.axis),
          let extent = shape[site.axis].value
        else {
          throw .invalid(
            "channels of gate '\(table.gates[index].name)' cannot be kept: their number is not known",
            at: Site(value: site.value))
        }
        let place = ValueAxis(value: value, axis: site.axis)
        var mask = pinned[place] ?? Array(repeating: false, count: extent)
        let fast = site.repeats?[1] ?? 1
        for position in site.segment[0]..<site.segment[1] {
          let channel = (position - site.segment[0]) / fast % table.gates[index].size
          if channels.contains(channel) { mask[position] = true }
        }
        pinned[place] = mask
      }
    }
    return pinned
  }

  private func sizedFacts(_ graph: Graph) throws(Diagnostic) -> GraphFacts {
    var shapes: [ValueID: [Int]] = [:]
    for (name, shape) in inputShapes {
      guard let value = graph.value(named: name) else {
        throw .invalid("there is no input '\(name)'")
      }
      shapes[value] = shape
    }
    return try GraphFacts(graph, inputShapes: shapes)
  }
}
