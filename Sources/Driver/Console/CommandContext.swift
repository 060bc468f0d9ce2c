import Foundation
import IR
import Logging

/// What every command has round it: where its log goes, and how much of the machine it may use.
public struct CommandContext: Sendable {
  /// The log, on the standard error stream.
  public var log: Logger
  /// The number of threads.
  public var threads: Int
  /// Whether progress is drawn: only on a terminal.
  public var showsProgress: Bool

  /// Creates a context; `threads` is nil for one thread a core that the process may use.
  public init(log: Logger, threads: Int? = nil, showsProgress: Bool = false) {
    self.log = log
    self.threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    self.showsProgress = showsProgress
  }

  /// Logs what the user may want to know.
  public func note(_ message: String) { log.info("\(message)") }

  /// Logs what the user should know.
  public func warn(_ message: String) { log.warning("\(message)") }

  /// Logs what went wrong, where the command ends in order all the same.
  public func fail(_ message: String) { log.error("\(message)") }

  /// Logs a diagnostic that does not end the command.
  public func report(_ diagnostic: Diagnostic) {
    log.warning("\(diagnostic)")
  }
}
