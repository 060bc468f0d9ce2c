import Foundation

/// Where the files of tests are.
public enum TestData {
  /// The repository's root.
  public static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// A file or folder below `testdata`.
  public static func url(_ path: String) -> URL {
    root.appendingPathComponent("testdata").appendingPathComponent(path)
  }

  /// A file's text.
  public static func text(_ url: URL) throws -> String {
    try String(contentsOf: url, encoding: .utf8)
  }
}
