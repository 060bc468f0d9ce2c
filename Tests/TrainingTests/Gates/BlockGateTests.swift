import DenseRuntime
import IR
import Passes
import Testing
import Training

@Suite struct BlockGateTests {
  /// What is left of a net that was driven to a share of its multiply-accumulates.
  private struct Outcome {
    /// The number of channels inside each block that is left.
    var widths: [Int: Int] = [:]
    /// The number of channels of the residual stream that the head reads.
    var stream: Int
    var blocks: Set<Int> { Set(widths.keys) }
  }

  private func prune(_ toy: ResidualToy, to share: Double, _ recipe: GateRecipe = .default) throws
    -> Outcome
  {
    var model = toy.model()
    _ = try AugmentPass().run(on: &model)
    var options = ToyProblem.options(epochs: 8)
    options.rate = 0.01
    options.clipping = 1
    options.target = CostTarget(.macs, share)
    options.recipe = recipe
    let trainer = try Trainer(model, training: ToyProblem.dataset(192, seed: 1), options: options)
    _ = try trainer.run()
    var small = trainer.model
    let collapse = CollapsePass(inputShapes: ["x": [1, 1, 6, 6]])
    let report = try collapse.run(on: &small, evaluator: Interpreter())
    let met = Double(report.macsAfter) / Double(report.macsBefore) / share
    #expect((0.97...1.01).contains(met), "cost \(met) of what was wanted")
    let constants = ToyProblem.constants(small)
    var outcome = Outcome(stream: try #require(constants["head"]).shape[1])
    for block in 0..<toy.blocks {
      outcome.widths[block] = constants[ResidualToy.weight(block)]?.shape[0]
    }
    return outcome
  }

  /// The smaller the target, the more blocks close; those go first that the loss does not depend on.
  @Test func idleBlocksCloseFirst() throws {
    let toy = ResidualToy(stages: [6], idle: [1, 4])
    #expect(try prune(toy, to: 0.6).blocks.count == 5)
    #expect(try prune(toy, to: 0.2).blocks == [0, 2, 3, 5])
  }

  /// Each residual stream keeps a block, even if nothing depends on any.
  @Test func streamsKeepABlock() throws {
    let toy = ResidualToy(stages: [3, 4], idle: [0, 1, 2])
    let left = try prune(toy, to: 0.1).blocks
    #expect(left.intersection([0, 1, 2]).count == 1)
    #expect(left.count < 6)
  }

  /// A block beside a projection stays, even if nothing depends on it and on all others something does.
  @Test func projectionsStay() throws {
    #expect(!(try prune(ResidualToy(stages: [5], idle: [1]), to: 0.3).blocks.contains(1)))
    let left = try prune(ResidualToy(stages: [5], idle: [1], projected: [1]), to: 0.3).blocks
    #expect(left.contains(1) && left.count < 5)
  }

  /// A residual stream stays wider than what is inside its blocks.
  @Test func streamsStayWider() throws {
    let outcome = try prune(ResidualToy(stages: [4]), to: 0.2)
    #expect(outcome.widths.values.allSatisfy { $0 < outcome.stream })
  }

  /// The paper's recipe closes channels only.
  @Test func paperKeepsBlocks() throws {
    #expect(try prune(ResidualToy(stages: [4], idle: [1]), to: 0.3, .paper).blocks.count == 4)
  }
}
