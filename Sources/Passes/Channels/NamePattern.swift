import IR

/// A name in which `*` stands for any characters.
struct NamePattern: Sendable {
  private let parts: [String]

  /// Creates a pattern.
  init(_ text: String) {
    parts = text.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
  }

  /// Warnings of patterns of `--keep` that match none of the names.
  static func warnings(
    _ patterns: [String], matching names: some Sequence<String>
  ) -> [Diagnostic] {
    var idle = patterns
    for name in names where !idle.isEmpty { idle.removeAll { NamePattern($0).matches(name) } }
    return idle.map { .warning("--keep '\($0)' matches no gate") }
  }

  /// Whether the pattern matches the whole name.
  func matches(_ name: String) -> Bool {
    guard parts.count > 1, let first = parts.first, let last = parts.last else {
      return parts.first == name
    }
    var rest = name[...]
    guard rest.hasPrefix(first), rest.count >= first.count + last.count, rest.hasSuffix(last) else {
      return false
    }
    rest = rest.dropFirst(first.count).dropLast(last.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let range = rest.firstRange(of: part) else { return false }
      rest = rest[range.upperBound...]
    }
    return true
  }
}
