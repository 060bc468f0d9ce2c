import IR
import Passes

extension GateGoal {
  /// The relaxed multiply-accumulates of a gated model.
  static func cost(of model: Model, _ table: GateTable) throws(Diagnostic) -> any CostModel {
    throw .unsupported("the relaxed cost of a model is not known yet")
  }
}
