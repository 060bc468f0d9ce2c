import DenseRuntime
import IR
import Passes
import Testing
import Training

@Suite struct OptimizerMemoryTests {
  /// A model of which some gates are closed, its parameters by name, and what collapse makes of it.
  private func collapsed() throws -> (gated: [String: Tensor], small: Model, CollapseReport) {
    var model = ToyProblem.model(width: 6, gated: true)
    let scores: [[Float]] = [[1, -1, 1, -1, -1, 1], [-1, 1, 1, 1, -1, 1]]
    for (gate, values) in zip(["gate1.s", "gate2.s"], scores) {
      let value = try #require(model.graph.value(named: gate))
      model.graph.setConstant(value, Tensor(values.map { $0 * 100 }))
    }
    let gated = ToyProblem.constants(model)
    let report = try CollapsePass().run(on: &model, evaluator: Interpreter())
    return (gated, model, report)
  }

  /// What is kept of a weight is cut as the weight is: kept weights come out as the small weights.
  @Test func followsTheCollapse() throws {
    let (gated, small, report) = try collapsed()
    let memory = OptimizerMemory(steps: 7, moments: gated.mapValues { [$0] }).applying(report.cuts)
    #expect(memory.steps == 7)
    for name in ["w1", "g1", "m1", "w2", "b2", "v2", "w3"] {
      let weight = try #require(ToyProblem.constants(small)[name])
      #expect(weight != gated[name])
      #expect(memory.moments[name] == [weight], "\(name)")
    }
    #expect(memory.moments["b3"] == gated["b3"].map { [$0] })
  }

  /// Training goes on from what the optimiser kept, and from zeros where that does not fit.
  @Test(arguments: Optimizer.Kind.allCases) func isGoneOnFrom(_ kind: Optimizer.Kind) throws {
    let (gated, small, report) = try collapsed()
    func train(_ memory: OptimizerMemory?) throws -> [String: Tensor] {
      var options = ToyProblem.options(epochs: 1)
      options.optimizer.kind = kind
      options.rate = 0.01
      options.memory = memory
      let trainer = try Trainer(
        small, training: ToyProblem.dataset(96, seed: 1), options: options)
      _ = try trainer.run()
      #expect(trainer.memory.steps == (memory?.steps ?? 0) + trainer.stepsPerEpoch)
      return ToyProblem.constants(trainer.model)
    }
    let moments = gated.mapValues { tensor in
      Array(
        repeating: Tensor([Float](repeating: 0.5, count: tensor.count), shape: tensor.shape),
        count: kind == .sgd ? 1 : 2)
    }
    let whole = OptimizerMemory(steps: 50, moments: moments)
    let fresh = try train(nil)
    let carried = whole.applying(report.cuts)
    let late = try train(carried)
    #expect(late != fresh)
    let early = try train(OptimizerMemory(steps: 0, moments: carried.moments))
    #expect((late == early) == (kind == .sgd))
    #expect(try train(OptimizerMemory(steps: 0, moments: ["w1": []])) == fresh)
  }
}
