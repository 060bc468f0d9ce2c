import ArgumentParser
import Driver

/// `pcc bench`.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure the latency of a model.",
    discussion: """
      With --serve it prints 'ready', and for each line 'go SECONDS' on standard
      input a line with the milliseconds of every inference in that time.

      Examples:
        pcc bench model.onnx
        pcc bench model.onnx --batch 8 --threads 2 --runs 200
        pcc bench model.onnx --profile
        pcc bench model.onnx --serve
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "An ONNX model.") var model: String

  @Option(help: "The batch.") var batch = 1

  @Option(help: "How many inferences are measured (default: as many as take a second or two).")
  var runs: Int?

  @Option(help: "How many inferences come before.") var warmup = 3

  @Flag(help: "Measure the steps too: where the time goes.") var profile = false

  @Flag(help: "Speak the worker protocol on standard input and output.") var serve = false

  func validate() throws {
    if batch < 1 { throw ValidationError("--batch takes a number above 0, not \(batch)") }
    if let runs, runs < 1 { throw ValidationError("--runs takes a number above 0, not \(runs)") }
    if warmup < 0 { throw ValidationError("--warmup takes no negative number") }
  }

  func run() throws {
    let bench = BenchJob(
      model: model, batch: batch, runs: runs, warmup: warmup, shapes: common.shapes,
      profiles: profile)
    if serve { return try bench.serve(common.context) }
    try common.finish(bench.run(common.context))
  }
}
