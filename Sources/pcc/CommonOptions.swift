import ArgumentParser
import Driver
import IR
import Logging

/// What every command takes.
struct CommonOptions: ParsableArguments {
  @Flag(name: .long, help: "Print the result as one JSON object.")
  var json = false

  @Flag(name: .shortAndLong, help: "Log errors only, and draw no progress.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Log more.")
  var verbose = false

  @Option(name: .long, help: "The number of threads (default: one a core).")
  var threads: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The shape of an input, as name:1,3,224,224 or name:1x3x224x224; may be repeated.",
      valueName: "name:shape"))
  var shape: [String] = []

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads takes a number from 1 to 1024, not \(threads)")
    }
    if quiet && verbose { throw ValidationError("-q and -v exclude each other") }
    for text in shape where ShapeArgument(text) == nil {
      throw ValidationError(
        "--shape takes name:1,3,224,224 or name:1x3x224x224, not '\(text)'")
    }
  }

  /// Throws if a shape is given, where the data says what there is.
  func refuseShapes() throws {
    if let shape = shape.first {
      throw ValidationError("--shape \(shape): the data says what shape its samples have")
    }
  }

  /// The requested shapes by input name.
  var shapes: [String: [Int]] {
    shape.compactMap(ShapeArgument.init).reduce(into: [:]) { $0[$1.name] = $1.extents }
  }

  /// The context that these options ask for.
  var context: CommandContext {
    let level: Logger.Level = quiet ? .error : verbose ? .debug : .info
    return CommandContext(
      log: Logger(label: "pcc") { _ in StandardErrorLog(level: level) }, threads: threads,
      showsProgress: !quiet && Terminal.showsErrors)
  }

  /// Prints a result as the options ask, and ends the command with its status.
  func finish(_ report: some Report) throws {
    try StandardOutput.line(json ? report.json : report.text(width: Terminal.width))
    if report.exitStatus != 0 { throw ExitCode(report.exitStatus) }
  }
}
