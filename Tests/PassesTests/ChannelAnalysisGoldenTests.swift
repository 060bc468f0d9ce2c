import Foundation
import IR
import Passes
import TestSupport
import Testing

/// Golden cases of the channel analysis: below the separator stands its text.
@Suite(.serialized) struct ChannelAnalysisGoldenTests {
  private static let separator = "// ---- expected"

  @Test(arguments: GoldenCase.all("channel-analysis"))
  func analysis(_ golden: GoldenCase) throws {
    let graph = try GraphParser.model(golden.input).graph
    let facts = try GraphFacts(graph)
    let found = ChannelAnalysis(graph, facts).description(in: graph)
    if ProcessInfo.processInfo.environment["PCC_RECORD"] == "1" {
      try record(golden, found)
      Issue.record("recorded the expected text; run again without PCC_RECORD")
      return
    }
    let expected = try #require(golden.expected, "no expected text; record it with PCC_RECORD=1")
    #expect(
      found.trimmingCharacters(in: .whitespacesAndNewlines)
        == expected.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  private func record(_ golden: GoldenCase, _ found: String) throws {
    var sections = try TestData.text(golden.file).components(separatedBy: "\n// -----\n")
    let input = sections[golden.index].components(separatedBy: Self.separator)[0]
    sections[golden.index] =
      input.trimmingCharacters(in: .newlines) + "\n\(Self.separator)\n"
      + found.trimmingCharacters(in: .newlines)
    try (sections.joined(separator: "\n// -----\n").trimmingCharacters(in: .newlines) + "\n")
      .write(to: golden.file, atomically: true, encoding: .utf8)
  }
}
