import Foundation
import IR
import TestSupport
import Testing
import Training

/// `Docs/Operators.md` is what schemas, kernels and ONNX's cases say; `PCC_RECORD=1` rewrites it.
@Suite struct OperatorTableTests {
  @Test func documentIsCurrent() throws {
    var text = """
      # Operators

      What pcc knows of each operator, written by a test. Everything else passes through as an
      opaque operator, unchanged, and blocks pruning around it; where it has to be computed, it is
      refused by name. The form is that of operator set 28; older forms are normalised at import and
      restored at export. Attributes are listed with their defaults: `!` marks a required one, `?` one
      that is derived.

      In a channel rule letters are sets of indices: one in an operand and the result travels, one in
      operands only is summed over, one in a weight and the result opens a channel group, one in the
      result only is filled; `~` marks an axis the operator computes across, `·` a product, `++` a
      concatenation, `1` an axis of extent 1, `_` an operand in which nothing changes.

      Element types are those of the data that the reference kernel computes, tried out on the cases of
      `testdata/operators`: `float` stands for f16, bf16, f32 and f64, `int` for all integers of 8 to
      64 bits, `f8` for five formats of 8 bits. ONNX's cases are those of the package's
      `onnx.backend.test.case.node` that pass, of how many there are about the operator.

      Training goes through operators whose gradient is `yes`; `zero` are those whose results do not
      vary with small changes of the operands. The others are refused, for the reasons below the
      table.

      | operator | operands | results | attributes | channel rule, by example | cost | element types | gradient | ONNX's cases |
      |---|---|---|---|---|---|---|---|---|

      """
    let examples = try self.examples()
    let types = try ElementTypeProbe.all()
    let oldNames = ["Scatter": "ScatterElements", "Upsample": "Resize"]
    var cases: [String: (passed: Int, total: Int)] = [:]
    for (name, row) in try ConformanceCounts().operators {
      let count = cases[oldNames[name] ?? name] ?? (0, 0)
      cases[oldNames[name] ?? name] = (count.passed + row.passed, count.total + row.total)
    }
    var refused: [String: [String]] = [:]
    for op in Operator.allCases where op != .opaque && op.domain != Operator.gradientDomain {
      let schema = op.schema
      let example = examples[op]
      text += "| \(op.rawValue) | \(count(schema.inputs)) | \(count(schema.outputs)) "
      text += "| \(schema.attributes.map(attribute).joined(separator: ", ")) "
      text += "| \(example.map { "`\($0.rule)`" } ?? "blocked") | \(example?.cost ?? "–") "
      text += "| \(types[op].map(ElementTypeProbe.words) ?? "–") "
      if let reason = Backward.refusal(of: op) {
        refused[reason, default: []].append(op.rawValue)
        text += "| – "
      } else {
        text += Backward.isDifferentiable(op) ? "| yes " : "| zero "
      }
      let count = cases.removeValue(forKey: op.rawValue)
      text += "| \(count.map { "\($0.passed) of \($0.total)" } ?? "–") |\n"
    }
    text += "\nWhy training does not go through an operator:\n\n"
    for (reason, names) in refused.sorted(by: { $0.key < $1.key }) {
      text += "- \(reason): \(names.joined(separator: ", "))\n"
    }
    text += "\nONNX's cases of operators that are not known:\n\n"
    for (name, count) in cases.sorted(by: { $0.key < $1.key }) {
      text += "- \(name): \(count.passed) of \(count.total)\n"
    }
    try Recorded.check(text, at: TestData.root.appendingPathComponent("Docs/Operators.md"))
  }

  /// The README says of ONNX's cases what was measured last.
  @Test func readmeIsCurrent() throws {
    let text = try TestData.text(TestData.root.appendingPathComponent("README.md"))
    let counts = try ConformanceCounts()
    #expect(!counts.kinds.isEmpty)
    for (kind, row) in counts.kinds {
      let noticed = row.noticed.map { "\($0)" } ?? "–"
      let line =
        "| \(kind) | \(row.total) | \(row.passed) | \(row.failed) | \(row.unsupported) | \(noticed) |"
      #expect(text.contains(line), "expected in README.md: \(line)")
    }
  }

  /// The rule and cost of the first case of each operator in the axis signature tests.
  private func examples() throws -> [Operator: (rule: String, cost: String)] {
    var result: [Operator: (rule: String, cost: String)] = [:]
    for text in AxisSignatureTests.cases {
      let graph = try AxisSignatureTests.graph(text)
      let node = try #require(graph.nodes.last)
      let op = graph[node].op
      let facts = try GraphFacts(graph)
      guard result[op] == nil, let signature = facts.signature(of: node) else { continue }
      let cost = facts.macs(of: node).map { macs in
        var labels = macs.labels.map(signature.name).joined(separator: "·")
        if !macs.summed.isEmpty {
          labels += "·(" + macs.summed.map(signature.name).joined(separator: " + ") + ")"
        }
        return labels + (macs.positions.isEmpty ? "" : " × positions × taps")
      }
      result[op] = (signature.description, cost ?? "–")
    }
    return result
  }

  private func count(_ arity: Schema.Arity) -> String {
    guard let maximum = arity.maximum else { return "\(arity.minimum)…" }
    return arity.minimum == maximum ? "\(maximum)" : "\(arity.minimum)–\(maximum)"
  }

  private func attribute(_ spec: Schema.AttributeSpec) -> String {
    switch spec.absence {
    case .invalid: "\(spec.name)!"
    case .derived: "\(spec.name)?"
    case .equals(.int(let value)): "\(spec.name)=\(value)"
    case .equals(.float(let value)): "\(spec.name)=\(value)"
    case .equals(.string(let value)): "\(spec.name)=\(value)"
    case .equals: spec.name
    }
  }
}
