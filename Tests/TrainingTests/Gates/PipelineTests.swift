import DenseRuntime
import IR
import Passes
import Testing
import Training

@Suite struct PipelineTests {
  /// Augmented, trained and collapsed, a net meets its cost target, and the threshold changes
  /// neither the accuracy nor the function.
  @Test(arguments: [CostTarget(.macs, 0.3), CostTarget(.macs, 0.6), CostTarget(.params, 0.4)])
  func collapsedNetMeetsTheTarget(_ target: CostTarget) throws {
    let evaluation = try ToyProblem.dataset(96, seed: 2)
    var model = ToyProblem.model(width: 16)
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
    let gated = try Evaluation.run(trainer.model, on: evaluation)
    let after = try Evaluation.run(small, on: evaluation)
    #expect(gated.accuracy == report.accuracy)
    #expect(abs(try #require(gated.accuracy) - #require(after.accuracy)) < 1e-9)
    #expect(abs(try #require(gated.loss) - #require(after.loss)) < 1e-4)
    #expect(try #require(after.accuracy) > 0.9)
  }
}
