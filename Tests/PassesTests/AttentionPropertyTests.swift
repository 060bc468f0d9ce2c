import DenseRuntime
import IR
import Passes
import Testing

/// Collapsed random attention layers compute what the masked ones do, whatever the gates' weights.
struct AttentionPropertyTests {
  @Test(arguments: 0..<200)
  func equalsMasked(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed) &+ 4711)
    var model = Model(graph: RandomAttention(seed: UInt64(seed)).graph)
    _ = try InferShapes().run(on: &model, PassContext(evaluator: Interpreter()))
    try model.graph.verify()
    var options = AugmentOptions()
    options.heads = Bool.random(using: &random)
    let gates = try AugmentPass(options).run(on: &model).gates
    #expect(!gates.isEmpty)
    for gate in gates where gate.kind == .channel {
      let scores = (0..<gate.size).map { _ -> Float in
        [-1e4, 1e4, Float.random(in: -0.4...2, using: &random)].randomElement(using: &random) ?? 0
      }
      let value = try #require(model.graph.value(named: gate.scoreName))
      model.graph.setConstant(value, Tensor(scores))
    }
    let report = try CollapsePass().run(on: &model, evaluator: Interpreter())
    try model.graph.verify()
    if report.closed > report.reopened.reduce(0, { $0 + $1.indices.count }) {
      #expect(report.macsAfter < report.macsBefore, "seed \(seed): nothing went")
    }
    let numbers = (0..<24).map { _ in Float.random(in: -2...2, using: &random) }
    let input = ["x": Tensor(numbers, shape: [2, 3, 4])]
    let masked = try #require(report.masked).graph
    let message = try CollapseProperty.compare(masked, model.graph, input)
    #expect(message == nil, "seed \(seed): \(message ?? "")")
  }

  /// What augment counts with closed gates closed is what collapse leaves.
  @Test(arguments: 0..<60)
  func costIsExact(seed: Int) throws {
    var model = Model(graph: RandomAttention(seed: UInt64(seed) &+ 1000).graph)
    _ = try InferShapes().run(on: &model, PassContext(evaluator: Interpreter()))
    var options = AugmentOptions()
    options.criterion = .l2
    options.heads = seed % 2 == 0
    let expected = try AugmentPass(options).run(on: &model).macs
    let found = try CollapsePass().run(on: &model, evaluator: Interpreter()).macsAfter
    #expect(Int(expected.rounded()) == found, "seed \(seed)")
  }
}
