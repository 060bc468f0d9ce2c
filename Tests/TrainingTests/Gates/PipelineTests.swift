import DenseRuntime
import IR
import Passes
import Testing
import Training

@Suite struct PipelineTests {
  /// Augmented, trained and collapsed, a net meets its cost target, and the threshold changes
  /// neither the accuracy nor the function. So does a net that another tool has masked: channels
  /// that nothing reads at first come back to life as it trains.
  @Test(
    arguments: [CostTarget(.macs, 0.3), CostTarget(.macs, 0.6), CostTarget(.params, 0.4)],
    [false, true])
  func collapsedNetMeetsTheTarget(_ target: CostTarget, isMasked: Bool) throws {
    let evaluation = try ToyProblem.dataset(96, seed: 2)
    var model = ToyProblem.model(width: 16)
    if isMasked { try mask(&model) }
    let augmented = try AugmentPass().run(on: &model)
    #expect(!augmented.gates.isEmpty)
    var options = ToyProblem.options(epochs: 8)
    options.target = target
    let trainer = try Trainer(
      model, training: ToyProblem.dataset(192, seed: 1), evaluation: evaluation, options: options)
    let report = try trainer.run()
    var small = trainer.model
    let collapse = CollapsePass(inputShapes: ["x": [1, 1, 6, 6]])
    let collapsed = try collapse.run(on: &small, evaluator: Interpreter())
    let share =
      target.measure == .macs
      ? Double(collapsed.macsAfter) / Double(collapsed.macsBefore)
      : Double(collapsed.paramsAfter) / Double(collapsed.paramsBefore)
    #expect((0.97 * target.share...1.01 * target.share).contains(share))
    #expect(collapsed.undecided == 0)
    if target.measure == .macs { try checkWidths(small, target.share) }
    let gated = try Evaluation.run(trainer.model, on: evaluation)
    let after = try Evaluation.run(small, on: evaluation)
    #expect(gated.accuracy == report.accuracy)
    #expect(abs(try #require(gated.accuracy) - #require(after.accuracy)) < 1e-9)
    #expect(abs(try #require(gated.loss) - #require(after.loss)) < 1e-4)
    #expect(try #require(after.accuracy) > 0.9)
  }

  /// Layers keep about the same share of their widths, whatever importance says.
  private func checkWidths(_ small: Model, _ share: Double) throws {
    let even = try #require(
      (1...16).last { ToyProblem.macs($0, $0) <= share * ToyProblem.macs(16, 16) })
    let constants = ToyProblem.constants(small)
    for name in ["w1", "w2"] {
      let width = try #require(constants[name]?.shape[0])
      #expect(width >= Int(0.9 * Double(even)), "\(name) keeps \(width), evenly \(even)")
    }
  }

  /// Zeros the weights by which the second convolution reads the first three of four channels.
  private func mask(_ model: inout Model) throws {
    let value = try #require(model.graph.value(named: "w2"))
    let weights = try #require(model.graph[value].constant?.tensor)
    let masked = try #require(weights.floats).enumerated().map { index, weight in
      index / 9 % 16 < 12 ? 0 : weight
    }
    model.graph.setConstant(value, Tensor(masked, shape: weights.shape))
  }
}
