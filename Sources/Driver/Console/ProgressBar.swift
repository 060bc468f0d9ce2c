import Foundation

/// Progress with a bar and the time that is left, redrawn in place on a terminal.
public struct ProgressBar {
  private let isShown: Bool
  private let start = ContinuousClock.now
  private var lastDrawn: ContinuousClock.Instant?

  /// How often the bar is redrawn.
  private static let interval = Duration.milliseconds(100)
  private static let length = 24

  /// Creates a bar that is drawn only where the context shows progress.
  public init(_ context: CommandContext) { isShown = context.showsProgress }

  /// Draws `done` of `total` steps, with a label before the bar and a note after it.
  public mutating func update(_ label: String, done: Int, of total: Int, note: String = "") {
    guard isShown, total > 0 else { return }
    let now = ContinuousClock.now
    if let lastDrawn, now - lastDrawn < Self.interval, done < total { return }
    lastDrawn = now
    let line = Self.line(label, done: done, of: total, elapsed: now - start, note: note)
    let width = Terminal.width(of: STDERR_FILENO) ?? 80
    StandardErrorLog.write("\r\u{1B}[K" + line.prefix(max(1, width - 1)))
  }

  /// Erases the bar.
  public mutating func clear() {
    guard isShown, lastDrawn != nil else { return }
    StandardErrorLog.write("\r\u{1B}[K")
    lastDrawn = nil
  }

  /// The line that shows `done` of `total` steps after `elapsed`.
  static func line(
    _ label: String, done: Int, of total: Int, elapsed: Duration, note: String
  ) -> String {
    let fraction = min(1, max(0, Double(done) / Double(total)))
    let filled = Int(fraction * Double(length))
    let bar =
      String(repeating: "#", count: filled) + String(repeating: "-", count: length - filled)
    let seconds =
      Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    let left = done > 0 ? Quantity.duration(seconds / fraction * (1 - fraction)) + " left" : ""
    return [label, "[\(bar)]", String(format: "%3.0f %%", fraction * 100), left, note]
      .filter { !$0.isEmpty }.joined(separator: "  ")
  }
}
