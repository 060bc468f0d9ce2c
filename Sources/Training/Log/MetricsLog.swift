import Foundation
import IR

/// What is kept of each epoch for people and tools: a file of JSON lines, and one for TensorBoard.
struct MetricsLog {
  private let path: String?
  private let events: EventFile?

  /// Opens the files that the options ask for.
  init(_ options: TrainerOptions) throws(Diagnostic) {
    path = options.log
    if let path { try LogFile.append([], to: path) }
    events = try options.events.map { folder throws(Diagnostic) in try EventFile(folder: folder) }
  }

  /// Adds an epoch, which ended with step `step` of the run.
  func add(_ metrics: EpochMetrics, step: Int) throws(Diagnostic) {
    if let path {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      if let line = try? encoder.encode(metrics) { try LogFile.append(line + [0x0A], to: path) }
    }
    try events?.write(metrics.scalars, step: step)
  }
}
