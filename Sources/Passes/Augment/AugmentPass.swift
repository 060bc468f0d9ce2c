import IR

/// Inserts relaxation gates into a model, and closes some of them if a criterion is given.
///
/// The function of the model does not change but by the gates' weights, and not at all with
/// `exact`. Everything that was in the model stays, bit for bit.
public struct AugmentPass: Sendable {
  public static let name = "augment"
  public var options: AugmentOptions
  /// The extents that the cost is taken at, by input name; unknown ones count as 1.
  public var inputShapes: [String: [Int]]
  /// What computes weights that follow from constants, for a criterion to rank their channels.
  public var evaluator: (any Evaluator)?

  /// Creates the pass.
  public init(
    _ options: AugmentOptions = AugmentOptions(), inputShapes: [String: [Int]] = [:],
    evaluator: (any Evaluator)? = nil
  ) {
    self.options = options
    self.inputShapes = inputShapes
    self.evaluator = evaluator
  }

  /// Augments a model in place.
  ///
  /// Throws an `invalid` diagnostic if it has gates already and no criterion is given.
  public func run(on model: inout Model) throws(Diagnostic) -> AugmentReport {
    var warnings: [Diagnostic] = []
    var table: GateTable
    if let existing = try GateTable(model) {
      guard options.criterion != nil else {
        throw .invalid(
          "the model has gates already",
          notes: ["a criterion would reset them, collapse remove them"])
      }
      table = existing
      warnings = NamePattern.warnings(options.keep, matching: table.gates.map(\.name))
    } else {
      let facts = try GraphFacts(model.graph)
      let analysis = ChannelAnalysis(model.graph, facts)
      let planner = GatePlanner(model.graph, facts, analysis, options)
      let planned = planner.plan()
      warnings = NamePattern.warnings(options.keep, matching: planner.names)
      let dense = DenseCost(model.graph, try sizedFacts(model.graph))
      var gates: [Gate] = []
      if !planned.isEmpty {
        let score = options.exact ? -GateTable.closedScore : options.initial
        gates = GateInserter.insert(planned, score: score, into: &model.graph, facts, analysis)
      }
      table = GateTable(
        k: GateTable.initialSharpness,
        dense: GateTable.Dense(macs: dense.macs, params: dense.params), gates: gates)
    }
    if table.gates.isEmpty {
      warnings.append(.warning("no channels of the model can be pruned: there are no gates"))
    }
    let facts = try sizedFacts(model.graph)
    let analysis = ChannelAnalysis(model.graph, facts)
    let cost = try RelaxedCost(model.graph, facts, analysis, table)
    var macs = cost.dense
    if let criterion = options.criterion {
      let weights = try weights(criterion, table, model.graph, facts, analysis, cost)
      macs = cost.value(weights)
      for (gate, open) in zip(table.gates, weights) {
        guard let value = model.graph.value(named: gate.scoreName),
          model.graph[value].constant != nil
        else { throw .invalid("gate '\(gate.name)' has no initializer '\(gate.scoreName)'") }
        let closed = GateTable.closedScore
        model.graph.setConstant(value, Tensor(open.map { $0 == 0 ? closed : -closed }))
      }
    }
    table.k = table.sharpness(in: model.graph)
    table.write(to: &model)
    return AugmentReport(gates: table.gates, dense: table.dense, macs: macs, warnings: warnings)
  }

  private func weights(
    _ criterion: AugmentOptions.Criterion, _ table: GateTable, _ graph: Graph, _ facts: GraphFacts,
    _ analysis: ChannelAnalysis, _ cost: RelaxedCost
  ) throws(Diagnostic) -> [[Double]] {
    let binding = try GateBinding(table, graph, analysis)
    var ranker = ChannelScores(graph, facts, analysis, evaluator)
    let patterns = options.keep.map { NamePattern($0) }
    var scores: [Int: [Double]] = [:]
    for (index, gate) in table.gates.enumerated() where gate.kind == .channel {
      if patterns.contains(where: { $0.matches(gate.name) }) { continue }
      scores[index] = try ranker.scores(
        of: gate, binding.runs[index], criterion, seed: options.seed &+ UInt64(index))
    }
    let plan = ClosingPlan(scores, sizes: table.gates.map(\.size), options)
    return plan.weights { cost.dense > 0 ? cost.value($0) / cost.dense : 0 }
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
