import DenseRuntime
import IR
import Passes
import TestSupport
import Testing

/// All canonicalising passes together.
@Suite struct CanonicalPipelineTests {
  /// Two blocks of equal widths, with normalizations, a computed shape, and things done twice.
  private static let text = """
    graph @main(%x: f32[N, 3, 6, 6]) -> (%y: f32[N, 4]) {
      %w1: f32[4, 3, 3, 3] = const seeded(1)
      %w2: f32[4, 4, 3, 3] = const seeded(2)
      %w3: f32[4, 4, 3, 3] = const seeded(3)
      %scale: f32[4] = const seeded(4) positive
      %bias: f32[4] = const seeded(5)
      %again: f32[4] = const seeded(5)
      %variance: f32[4] = const seeded(6) positive
      %head: f32[16, 4] = const seeded(7)
      %first: i64[] = const dense[0]
      %axis: i64[1] = const dense[0]
      %rest: i64[1] = const dense[-1]
      %c1: ? = Conv(%x, %w1) {pads: [1, 1, 1, 1]}
      %n1: ? = BatchNormalization(%c1, %scale, %bias, %again, %variance)
      %r1: ? = Relu(%n1)
      %c2: ? = Conv(%r1, %w2) {pads: [1, 1, 1, 1]}
      %n2: ? = BatchNormalization(%c2, %scale, %again, %bias, %variance)
      %s2: ? = Add(%n2, %r1)
      %r2: ? = Relu(%s2)
      %t2: ? = Relu(%s2)
      %c3: ? = Conv(%r2, %w3) {strides: [3, 3]}
      %d3: ? = Conv(%t2, %w3) {strides: [3, 3]}
      %s3: ? = Add(%c3, %d3)
      %r3: ? = Relu(%s3)
      %shape: ? = Shape(%r3)
      %n: ? = Gather(%shape, %first)
      %u: ? = Unsqueeze(%n, %axis)
      %v: ? = Concat(%u, %rest) {axis: 0}
      %flat: ? = Reshape(%r3, %v)
      %y: f32[N, 4] = MatMul(%flat, %head)
    }
    """

  private static func canonical(_ model: Model) throws -> (Model, [PassManager.Record]) {
    var edited = model
    let context = PassContext(evaluator: Interpreter())
    let records = try PassManager(CanonicalPasses.pipeline).run(on: &edited, context)
    return (edited, records)
  }

  @Test func findsNothingTwice() throws {
    let model = try GraphParser.model(Self.text)
    let (once, _) = try Self.canonical(model)
    let (twice, records) = try Self.canonical(once)
    #expect(records.allSatisfy { $0.changes == 0 })
    #expect(GraphPrinter().print(twice) == GraphPrinter().print(once))
    let kinds = once.graph.nodes.map { once.graph[$0].type }
    #expect(
      kinds == ["Conv", "Relu", "Conv", "Add", "Relu", "Conv", "Add", "Relu", "Reshape", "MatMul"])
  }

  /// Each pass is optional, and every order of them computes the same.
  @Test(arguments: CanonicalPasses.all.indices) func anyOrderComputesTheSame(_ start: Int) throws {
    let model = try GraphParser.model(Self.text)
    let passes = CanonicalPasses.all
    let rotated = Array(passes[start...] + passes[..<start])
    for order in [rotated, Array(rotated.dropFirst()), rotated.reversed()] {
      var edited = model
      let context = PassContext(evaluator: Interpreter())
      _ = try PassManager(order.map { .pass($0) }).run(on: &edited, context)
      for batch in [1, 3] {
        let inputs = try SeededInputs(seed: batch, extents: ["N": batch]).tensors(for: model.graph)
        let expected = try #require(try Interpreter().run(model.graph, inputs: inputs)["y"])
        let found = try #require(try Interpreter().run(edited.graph, inputs: inputs)["y"])
        #expect(NumericDifference(found, expected).isWithin(1e-5))
      }
    }
  }

  /// A gated model keeps what its gates name, and collapses as before.
  @Test func gatesStay() throws {
    var gated = try GraphParser.model(Self.text)
    let report = try AugmentPass().run(on: &gated)
    #expect(report.gates.count > 1)
    var (edited, _) = try Self.canonical(gated)
    let table = try #require(try GateTable(edited))
    for gate in table.gates {
      #expect(try table.scores(of: gate, in: edited.graph).count == gate.size)
      for site in gate.sites { #expect(edited.graph.value(named: site.value) != nil) }
      for model in [gated, edited] {
        let score = try #require(model.graph.value(named: gate.scoreName))
        #expect(!model.graph.uses(of: score).isEmpty)
      }
    }
    for gate in table.gates {
      let scores = Tensor((0..<gate.size).map { Float($0 % 2 == 0 ? 1e4 : -1e4) })
      gated.graph.setConstant(try #require(gated.graph.value(named: gate.scoreName)), scores)
      edited.graph.setConstant(try #require(edited.graph.value(named: gate.scoreName)), scores)
    }
    let before = try CollapsePass().run(on: &gated, evaluator: Interpreter())
    let after = try CollapsePass().run(on: &edited, evaluator: Interpreter())
    #expect(before.closed == after.closed && before.closed > 0)
    #expect(before.removedChannels > 0)
    #expect(after.removedChannels == before.removedChannels)
    let inputs = try SeededInputs(seed: 1).tensors(for: gated.graph)
    let expected = try #require(try Interpreter().run(gated.graph, inputs: inputs)["y"])
    let found = try #require(try Interpreter().run(edited.graph, inputs: inputs)["y"])
    #expect(NumericDifference(found, expected).isWithin(1e-5))
  }
}
