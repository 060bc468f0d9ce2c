import Foundation
import Logging

/// Writes log messages to the standard error stream, a line each.
///
/// Warnings and errors that do not say so themselves are marked; metadata are left out.
public struct StandardErrorLog: LogHandler {
  public var logLevel: Logger.Level
  public var metadata: Logger.Metadata = [:]

  /// Creates a handler that passes messages of `level` and above.
  public init(level: Logger.Level) { logLevel = level }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let text = "\(event.message)"
    let mark = event.level >= .warning && !text.contains("\(event.level): ")
    Self.write((mark ? "\(event.level): " : "") + text + "\n")
  }

  /// Writes text as it is.
  public static func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
