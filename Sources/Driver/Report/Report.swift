import Foundation

/// The result of a command: printed as text, or with `--json` as one object with the same facts.
public protocol Report: Encodable, Sendable {
  /// The result for a reader, in lines of at most `width` columns where tables can be cut.
  func text(width: Int?) -> String

  /// The exit status of a command that ended with this result: 0, or 1 where something differs.
  var exitStatus: Int32 { get }
}

extension Report {
  /// Done, nothing differs.
  public var exitStatus: Int32 { 0 }

  /// The result as one JSON object, keys in snake case and sorted; numbers that JSON lacks are the
  /// strings `inf`, `-inf` and `nan`.
  public var json: String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = try? encoder.encode(self) else {
      preconditionFailure("a report that cannot be encoded: \(Self.self)")
    }
    return String(decoding: data, as: UTF8.self)
  }
}
