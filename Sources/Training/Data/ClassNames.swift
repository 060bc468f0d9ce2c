import Foundation
import IR

/// The names of classes in a text file, one a line.
enum ClassNames {
  /// Reads the names; nil if there is no such file, or it has not `count` lines where a count is
  /// given.
  static func read(_ path: String, count: Int? = nil) throws(Diagnostic) -> [String]? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let file = try DataFile(path: path)
    guard file.count <= 1 << 24 else {
      throw Diagnostic.unsupported("has \(file.count) bytes, too many for names of classes")
        .inFile(path)
    }
    let text = String(decoding: try file.read(0, file.count), as: UTF8.self)
    let names = text.split(whereSeparator: \.isNewline).map {
      $0.trimmingCharacters(in: .whitespaces)
    }.filter { !$0.isEmpty }
    if let count, names.count != count { return nil }
    guard Set(names).count == names.count else {
      throw Diagnostic.invalid("names a class twice").inFile(path)
    }
    return names.isEmpty ? nil : names
  }
}
