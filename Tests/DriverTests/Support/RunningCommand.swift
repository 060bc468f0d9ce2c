import Foundation

/// A `pcc` process whose output goes to files.
final class RunningCommand {
  private let process = Process()
  private let outputPath: String
  private let logPath: String

  /// Starts the `pcc` that was built beside the tests.
  init(_ arguments: [String], folder: String, input: String?) throws {
    let tests = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
    process.executableURL = tests.deletingLastPathComponent().appendingPathComponent("pcc")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let base = FileManager.default.temporaryDirectory.appendingPathComponent(
      "pcc-output-\(UUID().uuidString)"
    ).path
    outputPath = base + ".out"
    logPath = base + ".err"
    for path in [outputPath, logPath] {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    process.standardOutput = FileHandle(forWritingAtPath: outputPath)
    process.standardError = FileHandle(forWritingAtPath: logPath)
    let pipe = Pipe()
    process.standardInput = pipe
    try process.run()
    if let input { try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8)) }
    try pipe.fileHandleForWriting.close()
  }

  deinit {
    for path in [outputPath, logPath] { try? FileManager.default.removeItem(atPath: path) }
  }

  /// What the process has logged so far.
  var log: String { Self.text(logPath) }

  /// Whether the process still runs.
  var isRunning: Bool { process.isRunning }

  /// Sends SIGINT.
  func interrupt() { process.interrupt() }

  /// Sends SIGTERM.
  func terminate() { process.terminate() }

  /// Ends the process at once, whatever it does.
  func kill() { _ = Foundation.kill(process.processIdentifier, SIGKILL) }

  /// Waits for the end.
  func wait() -> CommandResult {
    process.waitUntilExit()
    return CommandResult(
      status: process.terminationStatus, output: Self.text(outputPath), log: Self.text(logPath))
  }

  private static func text(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
