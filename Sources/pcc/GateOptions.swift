import ArgumentParser

/// What limits the channels that may go.
struct GateOptions: ParsableArguments {
  @Option(name: .customLong("round-to"), help: "Keep a multiple of N channels in each group.")
  var roundTo = 1

  @Option(name: .customLong("min-channels"), help: "Keep at least N channels in each group.")
  var minimumChannels = 1

  @Option(
    parsing: .upToNextOption,
    help: "Leave groups of these names alone; * stands for anything.")
  var keep: [String] = []

  func validate() throws {
    if roundTo < 1 { throw ValidationError("--round-to takes a number above 0, not \(roundTo)") }
    if minimumChannels < 1 {
      throw ValidationError("--min-channels takes a number above 0, not \(minimumChannels)")
    }
  }
}
