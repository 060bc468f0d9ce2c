import DenseRuntime
import IR
import Passes
import TestSupport
import Testing

/// Golden cases of gates: where they go, and what is left without them.
@Suite struct GateGoldenTests {
  @Test(arguments: GoldenCase.all("augment"))
  func augment(_ golden: GoldenCase) throws {
    try golden.check { model, _ throws(Diagnostic) in
      var options = AugmentOptions()
      let directives = GoldenDirectives(golden)
      options.heads = directives.heads
      if let (criterion, ratio) = directives.criterion {
        options.criterion = criterion
        options.amount = .ratio(ratio)
      }
      _ = try AugmentPass(options).run(on: &model)
    }
  }

  /// The reference of the numbers is the masked model.
  @Test(arguments: GoldenCase.all("collapse"))
  func collapse(_ golden: GoldenCase) throws {
    let directives = GoldenDirectives(golden)
    try golden.check(
      reference: { model in
        try directives.apply(to: &model)
        let report = try CollapsePass().run(on: &model, evaluator: Interpreter())
        model = try #require(report.masked)
      },
      rewrite: { model, context throws(Diagnostic) in
        try directives.apply(to: &model)
        _ = try CollapsePass().run(on: &model, evaluator: context.evaluator)
      })
  }
}
