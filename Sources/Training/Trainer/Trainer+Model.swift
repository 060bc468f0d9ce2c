import DenseRuntime
import IR
import Passes

/// What is trained, in the model it is trained for.
extension Trainer {
  /// Writes parameters, statistics, gates and the data's needs into the model.
  func store() throws(Diagnostic) {
    try put(
      state.averages.isEmpty ? state.parameters + state.statistics : state.averages, into: &model)
    if goal != nil, var table, let gates = state.gates {
      for (gate, scores) in zip(table.gates, gates.scores) {
        try put(scores.map { Float($0) }, as: gate.scoreName, into: &model)
      }
      try put([Float(gates.sharpness)], as: GateTable.sharpnessName, into: &model)
      table.k = Float(gates.sharpness)
      table.write(to: &model)
    }
    var input = metadata
    if graph.labels != nil || graph.shares != nil || options.loss == .distillation {
      input.names = data.training.classNames ?? input.names
      input.classes = graph.graph[graph.prediction].type.shape?.known?.dropFirst().first
    }
    input.write(to: &model)
  }

  /// The share of the dense cost that the network of the moment has if it is collapsed and the given
  /// channels stay; nil if it cannot be collapsed.
  func collapsedShare(_ open: [[Bool]], averages: [[Float]]) -> Double? {
    guard let table, let target = options.target else { return nil }
    let values = (graph.parameters.map(\.value) + graph.statistics.map(\.value))
      .map { runner.parameter($0) }
    var trial = model
    do {
      try put(averages.isEmpty ? values : averages, into: &trial)
      for (gate, channels) in zip(table.gates, open) {
        let scores = channels.map { $0 ? -GateTable.closedScore : GateTable.closedScore }
        try put(scores, as: gate.scoreName, into: &trial)
      }
      trial.graph = try trial.graph.fitted(to: data.training)
      let shapes = try ModelInput.shapes(of: trial.graph, batch: 1)
      let named = shapes.map { (trial.graph[$0].name, $1) }
      let collapse = CollapsePass(
        options.collapse, inputShapes: Dictionary(uniqueKeysWithValues: named))
      let report = try collapse.run(on: &trial, evaluator: Interpreter())
      return switch target.measure {
      case .macs: Double(report.macsAfter) / Double(max(report.macsBefore, 1))
      case .params: Double(report.paramsAfter) / Double(max(report.paramsBefore, 1))
      }
    } catch {
      return nil
    }
  }

  /// Writes parameters and statistics into a model.
  private func put(_ values: [[Float]], into model: inout Model) throws(Diagnostic) {
    let names = graph.parameters.map(\.name) + graph.statistics.map(\.name)
    for (name, elements) in zip(names, values) { try put(elements, as: name, into: &model) }
  }

  private func put(
    _ elements: [Float], as name: String, into model: inout Model
  ) throws(Diagnostic) {
    guard let value = model.graph.value(named: name),
      let old = model.graph[value].constant?.tensor
    else { throw Diagnostic(kind: .bug, "the model lost its constant '\(name)'") }
    model.graph.setConstant(value, Tensor(elements, shape: old.shape))
  }
}
