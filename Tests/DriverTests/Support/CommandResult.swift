import Foundation
import Testing

/// What a command printed and how it ended.
struct CommandResult {
  var status: Int32
  var output: String
  var log: String

  /// The single JSON object that the command printed.
  func json() throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
    return try #require(object as? [String: Any])
  }
}
