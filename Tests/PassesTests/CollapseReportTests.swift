import DenseRuntime
import IR
import Passes
import Testing

/// What the report of a collapse counts as blocks: branches of what the graph computes from its
/// inputs that no longer join a sum, and nothing else.
@Suite struct CollapseReportTests {
  static let cases: [(lines: String, blocks: Int, nodes: Int)] = [
    // A branch of zeros.
    (
      """
      %b: f32[N, 4, 6, 6] = Conv(%r, %zero) {pads: [1, 1, 1, 1]}
      %s: f32[N, 4, 6, 6] = Add(%b, %r)
      """, 1, 2
    ),
    // A branch of constants, which stay.
    (
      """
      %b: f32[N, 4, 6, 6] = Conv(%r, %zero, %bias) {pads: [1, 1, 1, 1]}
      %s: f32[N, 4, 6, 6] = Add(%b, %r)
      """, 1, 1
    ),
    // Two branches, one after the other, and a third that is no zero.
    (
      """
      %b: f32[N, 4, 6, 6] = Conv(%r, %zero) {pads: [1, 1, 1, 1]}
      %t: f32[N, 4, 6, 6] = Add(%b, %r)
      %c: f32[N, 4, 6, 6] = Conv(%t, %zero) {pads: [1, 1, 1, 1]}
      %u: f32[N, 4, 6, 6] = Sub(%t, %c)
      %d: f32[N, 4, 6, 6] = Conv(%u, %w) {pads: [1, 1, 1, 1]}
      %s: f32[N, 4, 6, 6] = Add(%d, %u)
      """, 2, 4
    ),
    // Factors of one and terms of zero that are constants.
    (
      """
      %b: f32[N, 4, 6, 6] = Mul(%r, %ones)
      %c: f32[N, 4, 6, 6] = Add(%b, %none)
      %d: f32[1, 4, 1, 1] = Mul(%none, %ones)
      %s: f32[N, 4, 6, 6] = Add(%c, %d)
      """, 0, 4
    ),
  ]

  @Test(arguments: cases.indices) func countsBlocks(_ index: Int) throws {
    let sample = Self.cases[index]
    var model = try GraphParser.model(
      """
      graph @main(%x: f32[N, 3, 6, 6]) -> (%y: f32[N, 3, 6, 6]) {
        %first: f32[4, 3, 1, 1] = const seeded(1)
        %last: f32[3, 4, 1, 1] = const seeded(2)
        %w: f32[4, 4, 3, 3] = const seeded(3)
        %zero: f32[4, 4, 3, 3] = const splat(0.0)
        %bias: f32[4] = const seeded(4)
        %ones: f32[1, 4, 1, 1] = const splat(1.0)
        %none: f32[1, 4, 1, 1] = const splat(0.0)
        %a: f32[N, 4, 6, 6] = Conv(%x, %first)
        %r: f32[N, 4, 6, 6] = Relu(%a)
        \(sample.lines)
        %y: f32[N, 3, 6, 6] = Conv(%s, %last)
      }
      """)
    let report = try CollapsePass().run(on: &model, evaluator: Interpreter())
    #expect(report.blocksRemoved == sample.blocks)
    #expect(report.removedNodes == sample.nodes)
  }

  /// What joins channels with a number is no zero where they close, so the gate stands behind it.
  @Test(arguments: [
    "Max(%a, %r, %half)", "Sum(%a, %r, %half)", "Where(%open, %a, %half)", "Max(%a, %r)",
  ]) func joinsWithNumbersCostWhatAugmentSays(_ join: String) throws {
    var model = try GraphParser.model(
      """
      graph @main(%x: f32[2, 3, 6, 6]) -> (%y: f32[2, 3, 6, 6]) {
        %first: f32[4, 3, 1, 1] = const seeded(1)
        %last: f32[3, 4, 3, 3] = const seeded(2)
        %half: f32[] = const splat(0.5)
        %a: f32[2, 4, 6, 6] = Conv(%x, %first)
        %r: f32[2, 4, 6, 6] = Relu(%a)
        %open: bool[2, 4, 6, 6] = Greater(%a, %half)
        %j: f32[2, 4, 6, 6] = \(join)
        %y: f32[2, 3, 6, 6] = Conv(%j, %last) {pads: [1, 1, 1, 1]}
      }
      """)
    var options = AugmentOptions()
    options.criterion = .l2
    options.amount = .ratio(0.5)
    let promised = try AugmentPass(options).run(on: &model).macs
    let report = try CollapsePass().run(on: &model, evaluator: Interpreter())
    #expect(Double(report.macsAfter) == promised && report.macsAfter * 2 == report.macsBefore)
  }

  /// Extents of a value that shrinks which the graph gives out: all of them known, or not.
  @Test(arguments: ["6", "H"]) func shapesThatAreOutputsKeepNameAndNumbers(_ side: String) throws {
    var model = try GraphParser.model(
      """
      graph @main(%x: f32[2, 3, \(side), 6]) -> (%y: f32[2, 3, \(side), 6], %s: i64[4]) {
        %first: f32[4, 3, 1, 1] = const seeded(1)
        %last: f32[3, 4, 1, 1] = const seeded(2)
        %a: f32[2, 4, \(side), 6] = Conv(%x, %first)
        %s: i64[4] = Shape(%a)
        %y: f32[2, 3, \(side), 6] = Conv(%a, %last)
      }
      """)
    let weight = try #require(model.graph.value(named: "first"))
    model.graph.setConstant(
      weight, Tensor((0..<12).map { Float($0 / 3 == 1 ? 0 : $0 + 1) }, shape: [4, 3, 1, 1]))
    var collapsed = model
    let report = try CollapsePass().run(on: &collapsed, evaluator: Interpreter())
    #expect(report.removedChannels == 1)
    #expect(collapsed.graph.outputs.map { collapsed.graph[$0].name } == ["y", "s"])
    let input = ["x": Tensor((0..<216).map { Float($0 % 7) }, shape: [2, 3, 6, 6])]
    let before = try Interpreter().run(model.graph, inputs: input)
    #expect(before == (try Interpreter().run(collapsed.graph, inputs: input)))
  }
}
