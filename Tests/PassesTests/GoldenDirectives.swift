import DenseRuntime
import Foundation
import IR
import Passes
import TestSupport

/// What comments of a golden case say about gates.
struct GoldenDirectives {
  /// The weights of gates by name, from `// gates: NAME = 1 0 0.5; …`; nil without the line.
  var gates: [(name: String, weights: [Float])]?
  /// The criterion and ratio, from `// criterion: l2 0.5`.
  var criterion: (AugmentOptions.Criterion, Double)?
  /// Whether slower factors are gated, from `// heads`.
  var heads = false

  /// Reads a case's comments.
  init(_ golden: GoldenCase) {
    for line in golden.input.split(separator: "\n") {
      if line == "// heads" { heads = true }
      if line.hasPrefix("// gates: ") {
        gates = line.dropFirst(10).split(separator: ";").map { entry in
          let sides = entry.split(separator: "=").map { $0.trimmingCharacters(in: .whitespaces) }
          return (sides[0], sides[1].split(separator: " ").compactMap { Float($0) })
        }
      }
      if line.hasPrefix("// criterion: ") {
        let words = line.dropFirst(14).split(separator: " ")
        criterion = AugmentOptions.Criterion(rawValue: String(words[0])).map {
          ($0, Double(words[1]) ?? 0)
        }
      }
    }
  }

  /// Inserts gates and sets those that are named; all others are open.
  func apply(to model: inout Model) throws(Diagnostic) {
    guard let gates else { return }
    var options = AugmentOptions()
    options.exact = true
    options.heads = heads
    let report = try AugmentPass(options).run(on: &model)
    for (name, weights) in gates {
      guard let gate = report.gates.first(where: { $0.name == name }), gate.size == weights.count,
        let value = model.graph.value(named: gate.scoreName)
      else {
        let names = report.gates.map { "\($0.name)[\($0.size)]" }
        throw .invalid("no gate '\(name)' of size \(weights.count) among \(names)")
      }
      model.graph.setConstant(value, Tensor(weights.map(GoldenDirectives.score)))
    }
  }

  /// The score whose sigmoid at sharpness 5 is a weight.
  private static func score(_ weight: Float) -> Float {
    if weight <= 0 { return -1e4 }
    return weight >= 1 ? 1e4 : Float(log(Double(weight) / (1 - Double(weight)))) / 5
  }
}
