import Dispatch
import IR

/// Writes checkpoints of a run from time to time.
final class CheckpointKeeper {
  private let folder: String
  private let identity: [String: String]
  private let interval: Double
  private var last = DispatchTime.now().uptimeNanoseconds
  private var cost = 0.0

  /// Creates a keeper that writes into `folder`.
  init(folder: String, identity: [String: String], interval: Double) {
    self.folder = folder
    self.identity = identity
    self.interval = interval
  }

  /// Whether it is time to write: not before the interval is over, nor so often that writing takes
  /// more than a twentieth of the time.
  var isDue: Bool {
    seconds(since: last) >= max(interval, 20 * cost)
  }

  /// Writes a checkpoint.
  func save(_ state: TrainerState) throws(Diagnostic) {
    let begin = DispatchTime.now().uptimeNanoseconds
    try Checkpoint(identity: identity, state: state).write(toFolder: folder)
    cost = seconds(since: begin)
    last = DispatchTime.now().uptimeNanoseconds
  }

  private func seconds(since moment: UInt64) -> Double {
    Double(DispatchTime.now().uptimeNanoseconds - moment) * 1e-9
  }
}
