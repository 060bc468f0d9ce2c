import Foundation
import IR

/// A file that only grows.
enum LogFile {
  /// Adds bytes to a file, which is made if it does not exist.
  static func append(_ bytes: some Sequence<UInt8>, to path: String) throws(Diagnostic) {
    if !FileManager.default.fileExists(atPath: path) {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    guard let file = FileHandle(forWritingAtPath: path) else {
      throw Diagnostic.environment("cannot be written").inFile(path)
    }
    defer { try? file.close() }
    do {
      try file.seekToEnd()
      try file.write(contentsOf: Data(bytes))
    } catch {
      throw Diagnostic.environment("cannot be written: \(error.localizedDescription)").inFile(path)
    }
  }
}
