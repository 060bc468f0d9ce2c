import Foundation
import IR
import TestSupport
import Testing

/// `Docs/Operators.md` is what the schemas say; `PCC_RECORD=1` rewrites it.
@Suite struct OperatorTableTests {
  @Test func documentIsCurrent() throws {
    var text = """
      # Operators

      What pcc knows of each operator, written from the schemas by a test. Everything else passes
      through as an opaque operator, unchanged, and blocks pruning around it. The form is that of
      operator set 23; older forms are normalised at import and restored at export. Attributes are
      listed with their defaults: `!` marks a required one, `?` one that is derived.

      In a channel rule letters are sets of indices: one in an operand and the result travels, one in
      operands only is summed over, one in a weight and the result opens a channel group, one in the
      result only is filled; `~` marks an axis the operator computes across, `·` a product, `++` a
      concatenation, `1` an axis of extent 1, `_` an operand in which nothing changes.

      | operator | operands | results | attributes | channel rule, by example | cost |
      |---|---|---|---|---|---|

      """
    let examples = try self.examples()
    for op in Operator.allCases where op != .opaque && op.domain != Operator.gradientDomain {
      let schema = op.schema
      let example = examples[op]
      text += "| \(op.rawValue) | \(count(schema.inputs)) | \(count(schema.outputs)) "
      text += "| \(schema.attributes.map(attribute).joined(separator: ", ")) "
      text += "| \(example.map { "`\($0.rule)`" } ?? "blocked") | \(example?.cost ?? "–") |\n"
    }
    try Recorded.check(text, at: TestData.root.appendingPathComponent("Docs/Operators.md"))
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
        let labels = macs.labels.map(signature.name).joined(separator: "·")
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
