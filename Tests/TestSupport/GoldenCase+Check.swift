import DenseRuntime
import Foundation
import IR
import Passes
import Synchronization
import Testing

extension GoldenCase {
  /// Runs passes on the input and checks the four things a golden case promises: the text parses
  /// and prints as itself, the graph verifies, its signature stays, and its outputs are the same
  /// numbers; then that the result prints as expected.
  ///
  /// `reference` edits the input's model before the numbers are compared, where the passes change
  /// on purpose what is computed (gates that count as closed, say).
  public func check(
    _ passes: [any Pass], reference: (inout Model) throws -> Void = { _ in }
  ) throws {
    try check(reference: reference) { model, context throws(Diagnostic) in
      _ = try PassManager(passes.map { .pass($0) }).run(on: &model, context)
    }
  }

  /// Runs any rewrite on the input and checks it; see `check(_:reference:)`.
  public func check(
    reference: (inout Model) throws -> Void = { _ in },
    rewrite: (inout Model, PassContext) throws(Diagnostic) -> Void
  ) throws {
    var model = try GraphParser.model(input)
    try checkText(of: model)
    if completesTypes { try GoldenCase.complete(&model) }
    try model.graph.verify()
    let before = model
    let log = Mutex<[Diagnostic]>([])
    let context = PassContext(evaluator: Interpreter()) { diagnostic in
      log.withLock { $0.append(diagnostic) }
    }
    do {
      try rewrite(&model, context)
    } catch {
      guard !expectations.isEmpty else { throw error }
      log.withLock { $0.append(error) }
      model = before
    }
    try model.graph.verify()
    checkExpectations(log.withLock { $0 })
    checkSignature(before.graph, model.graph)
    var measure = before
    try reference(&measure)
    try checkNumbers(measure.graph, model.graph)
    try compare(GraphPrinter().print(model))
  }

  /// Gives values without a type the one that follows from the inputs and constants.
  static func complete(_ model: inout Model) throws(Diagnostic) {
    let facts = try GraphFacts(model.graph)
    for value in model.graph.values where model.graph[value].type == .unknown {
      model.graph.setType(value, facts.type(of: value))
    }
  }

  private func checkText(of model: Model) throws {
    let text = GraphPrinter().print(model)
    let again = GraphPrinter().print(try GraphParser.model(text))
    if again != text {
      Issue.record(
        "text is not the same after parsing:\n\(unifiedDiff(expected: text, found: again))")
    }
  }

  private func checkExpectations(_ diagnostics: [Diagnostic]) {
    for expectation in expectations {
      let isMet = diagnostics.contains { diagnostic in
        diagnostic.level.rawValue == expectation.level
          && diagnostic.message.contains(expectation.message)
          && (diagnostic.site.value == expectation.value
            || diagnostic.site.nodes.last == expectation.value)
      }
      if !isMet {
        Issue.record("no \(expectation.level) '\(expectation.message)' at '\(expectation.value)'")
      }
    }
  }

  private func checkSignature(_ old: Graph, _ new: Graph) {
    for (a, b) in [(old.inputs, new.inputs), (old.outputs, new.outputs)] {
      let before = a.filter { old[$0].constant == nil }.map { "\(old[$0].name) \(old[$0].type)" }
      let after = b.filter { new[$0].constant == nil }.map { "\(new[$0].name) \(new[$0].type)" }
      if before != after { Issue.record("the signature changed from \(before) to \(after)") }
    }
  }

  private func checkNumbers(_ old: Graph, _ new: Graph) throws {
    guard case .tolerance(let tolerance, let seed) = numerics else { return }
    let names = Set(
      old.inputs.flatMap { old[$0].type.shape ?? [] }.compactMap { extent in
        if case .named(let name) = extent { name } else { nil }
      }
    ).sorted()
    for round in 0..<(names.isEmpty ? 1 : 2) {
      let extents = Dictionary(
        uniqueKeysWithValues: names.enumerated().map { ($1, $0 + round + 2) })
      let inputs = try SeededInputs(seed: seed + round, extents: extents).tensors(for: old)
      let expected = try Interpreter().run(old, inputs: inputs)
      let found = try Interpreter().run(new, inputs: inputs)
      for (name, tensor) in expected.sorted(by: { $0.key < $1.key }) {
        guard let other = found[name] else {
          Issue.record("output '\(name)' is missing")
          continue
        }
        let difference = NumericDifference(other, tensor)
        if !difference.isWithin(tolerance) {
          Issue.record("output '\(name)': \(difference), tolerance \(tolerance)")
        }
      }
    }
  }

  private static let recording = Mutex(())

  /// Compares the printed result with the expected text, or records it.
  private func compare(_ found: String) throws {
    let mode = ProcessInfo.processInfo.environment["PCC_RECORD"]
    let observed = file.appendingPathExtension("\(index + 1).observed")
    if mode == "1" {
      try GoldenCase.recording.withLock { _ in try record(found) }
      Issue.record("recorded the expected text; run again without PCC_RECORD")
      return
    }
    guard let expected else {
      Issue.record("no expected text; record it with PCC_RECORD=1")
      return
    }
    var parser = GraphParser(expected, allowingDigests: true)
    let model = try parser.parseModel()
    let again = GraphPrinter(digests: parser.digests).print(model)
    if trimmed(again) != trimmed(expected) {
      Issue.record(
        "expected text is not the same after parsing:\n\(unifiedDiff(expected: expected, found: again))"
      )
    }
    if trimmed(expected) == trimmed(found) {
      try? FileManager.default.removeItem(at: observed)
    } else {
      try found.write(to: observed, atomically: true, encoding: .utf8)
      Issue.record("\(unifiedDiff(expected: trimmed(expected), found: trimmed(found)))")
    }
  }

  private func trimmed(_ text: String) -> String {
    text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func record(_ found: String) throws {
    var sections = GoldenCase.sections(try TestData.text(file))
    sections[index] =
      sections[index].components(separatedBy: GoldenCase.expectedSeparator)[0]
      .trimmingCharacters(in: .newlines) + "\n\(GoldenCase.expectedSeparator)\n" + found
    let text = sections.map { $0.trimmingCharacters(in: .newlines) }
      .joined(separator: "\n\(GoldenCase.caseSeparator)\n")
    try (text + "\n").write(to: file, atomically: true, encoding: .utf8)
  }
}
