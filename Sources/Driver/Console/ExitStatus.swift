import IR

/// The exit statuses of the commands.
public enum ExitStatus {
  /// A comparison found a difference, or training diverged.
  public static let difference: Int32 = 1

  /// The status of a command that ended with an error of that kind.
  public static func of(_ kind: Diagnostic.Kind) -> Int32 {
    switch kind {
    case .difference: difference
    case .invalid, .unsupported: 2
    case .environment: 3
    case .usage: 64
    case .bug: 70
    }
  }

  /// The status of a command that a signal stopped, after saving.
  public static func ofSignal(_ signal: Int32) -> Int32 { 128 + signal }
}
