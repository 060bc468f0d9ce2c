import Foundation
import IR
import Passes
import Testing

/// One case of a golden file: a model in textual form and what a pass makes of it.
///
/// A file `testdata/golden/<pass>/*.pcc` holds cases separated by lines `// -----`; in each, a line
/// `// ---- expected` separates the input from the expected output. Directives are comments:
/// `// pass: NAME` and `// numerics: 1e-5 seed 7` or `// numerics: off (reason)` in the first case
/// of a file hold for all that say nothing else; `// types: as written` leaves values without a
/// type as they are; `// expect: warning TEXT` at the end of a node's line
/// demands a diagnostic about that node.
public struct GoldenCase: Sendable, CustomTestStringConvertible {
  /// What is compared besides the text.
  public enum Numerics: Sendable, Equatable {
    case tolerance(Double, seed: Int)
    case off
  }

  /// A diagnostic the pass must report or throw.
  public struct Expectation: Sendable, Equatable {
    /// The first value named on the line.
    public var value: String
    public var level: String
    public var message: String
  }

  public var file: URL
  /// The position in the file.
  public var index: Int
  public var pass: String
  public var numerics: Numerics
  /// Whether values without a type get the one that follows before the pass runs.
  public var completesTypes: Bool
  public var input: String
  /// Nil until it is recorded.
  public var expected: String?
  public var expectations: [Expectation]

  public var testDescription: String { "\(file.lastPathComponent) #\(index + 1)" }

  static let caseSeparator = "// -----"
  static let expectedSeparator = "// ---- expected"

  /// All cases of the files in `testdata/golden/<folder>`, in order of their names; a file that
  /// cannot be read makes a case that fails.
  public static func all(_ folder: String) -> [GoldenCase] {
    let directory = TestData.url("golden/\(folder)")
    let files =
      (try? FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil))
      ?? []
    return files.filter { $0.pathExtension == "pcc" }
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
      .flatMap { file in cases((try? TestData.text(file)) ?? "", of: file) }
  }

  static func cases(_ text: String, of file: URL) -> [GoldenCase] {
    var pass = file.deletingLastPathComponent().lastPathComponent
    var numerics = Numerics.tolerance(1e-5, seed: 1)
    return sections(text).enumerated().map { index, section in
      let lines = section.split(separator: "\n", omittingEmptySubsequences: false)
      let divider = lines.firstIndex { $0 == expectedSeparator }
      let input = lines[..<(divider ?? lines.endIndex)]
      var own = (pass: pass, numerics: numerics)
      for line in input {
        if let name = directive("pass", line) { own.pass = name }
        if let words = directive("numerics", line) { own.numerics = parse(numerics: words) }
      }
      if index == 0 { (pass, numerics) = own }
      return GoldenCase(
        file: file, index: index, pass: own.pass, numerics: own.numerics,
        completesTypes: !input.contains("// types: as written"),
        input: input.joined(separator: "\n"),
        expected: divider.map { lines[($0 + 1)...].joined(separator: "\n") },
        expectations: input.compactMap(expectation))
    }
  }

  /// The text between case separators.
  static func sections(_ text: String) -> [String] {
    var sections: [[Substring]] = [[]]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line == caseSeparator {
        sections.append([])
      } else {
        sections[sections.count - 1].append(line)
      }
    }
    return sections.map { $0.joined(separator: "\n") }
  }

  private static func directive(_ name: String, _ line: Substring) -> String? {
    let prefix = "// \(name): "
    return line.hasPrefix(prefix) ? String(line.dropFirst(prefix.count)) : nil
  }

  private static func parse(numerics words: String) -> Numerics {
    if words.hasPrefix("off (") { return .off }
    let parts = words.split(separator: " ")
    let seed = parts.count == 3 && parts[1] == "seed" ? Int(parts[2]) : nil
    return .tolerance(parts.first.flatMap { Double($0) } ?? -1, seed: seed ?? 1)
  }

  private static func expectation(_ line: Substring) -> Expectation? {
    guard let mark = line.range(of: "// expect: "), let percent = line.firstIndex(of: "%") else {
      return nil
    }
    let words = line[mark.upperBound...].split(separator: " ", maxSplits: 1)
    let name = line[line.index(after: percent)...].prefix { $0 != ":" && $0 != " " && $0 != "," }
    guard words.count == 2 else { return nil }
    return Expectation(
      value: String(name), level: String(words[0]), message: String(words[1]))
  }
}
