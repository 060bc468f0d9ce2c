import Foundation
import IR

/// Writes results at once, for a reader at the other end of a pipe.
public enum StandardOutput {
  /// Writes a line; throws an `environment` diagnostic unless it is taken, or nobody reads any more.
  public static func line(_ text: String) throws(Diagnostic) {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    } catch {
      if errno == EPIPE { return }
      throw .environment("standard output cannot be written: \(String(cString: strerror(errno)))")
    }
  }
}
