import Foundation

/// A folder for one test, removed at its end, in which commands run.
final class Workplace {
  let path: String

  /// Creates the folder.
  init() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("pcc-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in the folder.
  subscript(name: String) -> String { path + "/" + name }

  /// The names of all files in the folder, hidden ones included, sorted.
  var files: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }

  /// Writes a file.
  func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: self[name]))
  }

  /// The content of a file.
  func read(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: self[name])))
  }

  /// Starts the built `pcc` in the folder.
  func start(_ arguments: [String], input: String? = nil) throws -> RunningCommand {
    try RunningCommand(arguments, folder: path, input: input)
  }

  /// Runs the built `pcc` in the folder.
  func pcc(_ arguments: String..., input: String? = nil) throws -> CommandResult {
    try start(arguments, input: input).wait()
  }
}
