import DenseRuntime
import Foundation
import IR
import Passes
import Testing

/// The gate table, what augmenting refuses, and what the threshold keeps.
struct GateTableTests {
  private func model() -> Model {
    var graph = Graph(name: "chain")
    let input = graph.addInput("x", .tensor(.float32, Shape([1, 2, 4, 4])))
    let first = graph.addConstant(
      "w1", Tensor((1...8).map { Float($0) }, shape: [4, 2, 1, 1]))
    let second = graph.addConstant("w2", Tensor((1...8).map { Float($0) }, shape: [2, 4, 1, 1]))
    let hidden = graph.add(
      .conv, [input, first], result: "c1", .tensor(.float32, Shape([1, 4, 4, 4])))
    let output = graph.add(
      .conv, [hidden, second], result: "y", .tensor(.float32, Shape([1, 2, 4, 4])))
    graph.addOutput(output)
    return Model(graph: graph)
  }

  @Test func roundTrip() throws {
    var model = model()
    let table = GateTable(
      k: 7.5, dense: GateTable.Dense(macs: 12, params: 3),
      gates: [
        Gate(
          name: "a/b:\"c\"", size: 2, kind: .branch,
          sites: [Gate.Site(value: "ü", axis: 1, segment: [2, 8], repeats: [1, 3])])
      ])
    table.write(to: &model)
    #expect(try GateTable(model) == table)
  }

  @Test(arguments: [
    "", "{}", "[]", #"{"version":2,"k":5,"dense":{"macs":1,"params":1},"gates":[]}"#,
    #"{"version":1,"k":5,"dense":{"macs":1,"params":1},"gates":[{"name":"a","size":0,"kind":"channel","sites":[]}]}"#,
    #"{"version":1,"k":5,"dense":{"macs":1,"params":1},"gates":[{"name":"a","size":2,"kind":"channel","sites":[{"value":"c1","axis":-1,"segment":[0,2]}]}]}"#,
    #"{"version":1,"k":5,"dense":{"macs":1,"params":1},"gates":[{"name":"a","size":2,"kind":"channel","sites":[{"value":"c1","axis":1,"segment":[0,9]}]}]}"#,
    #"{"version":1,"k":5,"dense":{"macs":1,"params":1},"gates":[{"name":"a","size":9223372036854775807,"kind":"channel","sites":[{"value":"c1","axis":1,"segment":[0,9],"repeats":[4,4]}]}]}"#,
  ])
  func malformedTablesAreErrors(text: String) {
    var model = model()
    model[metadata: GateTable.key] = text
    #expect(throws: Diagnostic.self) { try GateTable(model) }
  }

  @Test(arguments: [
    #"{"version":1,"k":5,"dense":{"macs":1,"params":1},"gates":[{"name":"a","size":4,"kind":"channel","sites":[{"value":"c1","axis":1,"segment":[0,4]}]}]}"#,
    #"{"version":1,"k":5,"dense":{"macs":1,"params":1},"gates":[{"name":"w1","size":4,"kind":"channel","sites":[{"value":"no","axis":7,"segment":[0,4]}]}]}"#,
  ])
  func tablesThatDoNotFitAreErrors(text: String) {
    var model = model()
    model[metadata: GateTable.key] = text
    #expect(throws: Diagnostic.self) {
      try CollapsePass().run(on: &model, evaluator: Interpreter())
    }
  }

  @Test func augmentingTwiceIsAnError() throws {
    var model = model()
    _ = try AugmentPass().run(on: &model)
    #expect(throws: Diagnostic.self) { try AugmentPass().run(on: &model) }
    var options = AugmentOptions()
    options.criterion = .l2
    options.amount = .ratio(0.5)
    let report = try AugmentPass(options).run(on: &model)
    let scores = try #require(model.graph.tensor(of: model.graph.value(named: "c1.s"))?.floats)
    #expect(scores == [-1e4, -1e4, 1e4, 1e4])
    #expect(report.macs == 16 * (2 * 2 + 2 * 2))
  }

  @Test func criterionNeedsItsNorm() {
    var options = AugmentOptions()
    options.criterion = .bn
    var model = model()
    #expect(throws: Diagnostic.self) { try AugmentPass(options).run(on: &model) }
  }

  /// Cases of what the threshold leaves of four channels of weights 0.9, 0.2, 0.7 and 0.4.
  private static let thresholds: [(CollapseOptions, kept: [Int], reopened: [Int])] = [
    (options(0.5), [0, 2], []),
    (options(0.95), [0], [0]),
    (options(0.5, roundTo: 4), [0, 1, 2, 3], [1, 3]),
    (options(0.5, minimum: 3), [0, 2, 3], [3]),
    (options(0.5, keep: ["c*"]), [0, 1, 2, 3], [1, 3]),
  ]

  private static func options(
    _ threshold: Double, roundTo: Int = 1, minimum: Int = 1, keep: [String] = []
  ) -> CollapseOptions {
    var options = CollapseOptions()
    options.threshold = threshold
    options.roundTo = roundTo
    options.minimumChannels = minimum
    options.keep = keep
    return options
  }

  @Test(arguments: thresholds.indices)
  func threshold(index: Int) throws {
    let (options, kept, reopened) = Self.thresholds[index]
    var model = model()
    _ = try AugmentPass().run(on: &model)
    let weights: [Double] = [0.9, 0.2, 0.7, 0.4]
    let scores = weights.map { Float(logit($0) / 5) }
    let value = try #require(model.graph.value(named: "c1.s"))
    model.graph.setConstant(value, Tensor(scores))
    let report = try CollapsePass(options).run(on: &model, evaluator: Interpreter())
    #expect(report.reopened.flatMap(\.indices) == reopened)
    #expect(report.open == kept.count)
    #expect(report.undecided == 4)
    #expect(report.macsAfter == 16 * 4 * kept.count)
    let masked = try #require(report.masked)
    let found = try #require(masked.graph.tensor(of: masked.graph.value(named: "c1.w"))?.floats)
    for (channel, weight) in found.enumerated() {
      let expected = kept.contains(channel) ? weights[channel] : 0
      #expect(abs(Double(weight) - expected) < 1e-6)
    }
    #expect(model[metadata: GateTable.key] == nil)
  }

  private func logit(_ weight: Double) -> Double { log(weight / (1 - weight)) }
}
