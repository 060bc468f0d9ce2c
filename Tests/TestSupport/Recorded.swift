import Foundation
import Testing

/// Texts that are kept in files and compared as a whole.
public enum Recorded {
  /// Compares a text with a file below `testdata`; `PCC_RECORD=1` writes the file and fails.
  public static func check(_ text: String, _ path: String) throws {
    try check(text, at: TestData.url(path))
  }

  /// Compares a text with a file; `PCC_RECORD=1` writes the file and fails.
  public static func check(_ text: String, at file: URL) throws {
    if ProcessInfo.processInfo.environment["PCC_RECORD"] == "1" {
      try text.write(to: file, atomically: true, encoding: .utf8)
      Issue.record("recorded \(file.lastPathComponent); run again without PCC_RECORD")
      return
    }
    let expected = (try? TestData.text(file)) ?? ""
    if text != expected {
      Issue.record(
        "\(file.lastPathComponent) differs:\n\(unifiedDiff(expected: expected, found: text))")
    }
  }
}
