import IR
import Passes

extension GateGoal {
  /// Creates the goal of a model with gates.
  ///
  /// Throws `invalid` if it has none, `usage` for a target that is no share.
  init(_ model: Model, _ table: GateTable?, _ target: CostTarget) throws(Diagnostic) {
    guard let table, !table.gates.isEmpty else {
      throw .invalid("a cost target is given, but the model has no gates")
    }
    guard target.share > 0, target.share <= 1 else {
      throw Diagnostic(
        kind: .usage, "target \(target.share) is no share of the dense model's cost")
    }
    self.init(
      gates: table.gates, cost: try GateGoal.cost(of: model, table, target.measure),
      projected: GateGoal.projected(table, in: model.graph), target: target.share)
  }

  /// The relaxed cost of a gated model, for a batch of one.
  static func cost(of model: Model, _ table: GateTable, _ measure: CostTarget.Measure)
    throws(Diagnostic) -> RelaxedCost
  {
    let facts = try GraphFacts(
      model.graph, inputShapes: ModelInput.shapes(of: model.graph, batch: 1))
    return try RelaxedCost(
      model.graph, facts, ChannelAnalysis(model.graph, facts), table, measure: measure)
  }

  /// The channels that stay, chosen by worth against the price to the power `thrift`, so that the
  /// collapsed network meets the target.
  ///
  /// The cost model guides the choice. If the collapsed network turns out cheaper or dearer, the
  /// choice is repeated with the target corrected by that. `measure` gives the share of the dense cost
  /// that stays with such a choice, or nil where it is not known.
  func selection(
    worth: [[Double]], thrift: Double, closing blocks: [Int], measure: ([[Bool]]) -> Double?
  ) -> [[Bool]] {
    var aimed = self
    var best: (distance: Double, open: [[Bool]])?
    for _ in 0..<4 {
      let open = GateSelection(aimed, worth: worth, thrift: thrift, closing: blocks).open
      guard let share = measure(open) else { return open }
      let ratio = share / target
      if CostTarget.window.contains(ratio) { return open }
      let distance = ratio > 1 ? 2 * (ratio - 1) : 1 - ratio
      if distance < best?.distance ?? .infinity { best = (distance, open) }
      aimed.target = min(max(aimed.target / ratio * 0.995, 1e-6), 1)
    }
    return best?.open ?? GateSelection(self, worth: worth, thrift: thrift, closing: blocks).open
  }
}
