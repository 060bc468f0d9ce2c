import Foundation

/// Writes results at once, for a reader at the other end of a pipe.
public enum StandardOutput {
  /// Writes a line.
  public static func line(_ text: String) {
    try? FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
  }
}
