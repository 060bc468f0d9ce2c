import Foundation

/// What ONNX's own test cases came to, as `scripts/onnx-conformance.sh` wrote it down.
public struct ConformanceCounts {
  /// How many cases passed, failed and are unsupported.
  public struct Row {
    public var passed: Int
    public var failed: Int
    public var unsupported: Int
    /// How many of those that passed fail when what they expect is perturbed, if that was tried.
    public var noticed: Int?

    /// The number of cases.
    public var total: Int { passed + failed + unsupported }
  }

  /// By kind of case, in order.
  public private(set) var kinds: [(name: String, row: Row)] = []
  /// The cases of single nodes by operator, in order.
  public private(set) var operators: [(name: String, row: Row)] = []

  /// Reads `testdata/conformance.txt`.
  public init() throws {
    for line in try TestData.text(TestData.url("conformance.txt")).split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      guard words.count >= 5, let passed = Int(words[2]), let failed = Int(words[3]),
        let unsupported = Int(words[4])
      else { continue }
      let row = Row(
        passed: passed, failed: failed, unsupported: unsupported,
        noticed: words.count > 5 ? Int(words[5]) : nil)
      if words[0] == "kind" { kinds.append((words[1], row)) }
      if words[0] == "operator" { operators.append((words[1], row)) }
    }
  }
}
