import ArgumentParser
import Driver
import Passes

/// `pcc collapse`.
struct CollapseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collapse",
    abstract: "Close gates below a threshold, remove what is dead, and verify the result.",
    discussion: """
      The result computes what the gated model computes with its closed gates at
      zero. Unless a comparison on sampled inputs shows that, nothing is written
      and the exit status is 1.

      Examples:
        pcc collapse --threshold 0.5 gated.onnx -o small.onnx
        pcc collapse gated.onnx -o small.onnx --round-to 8 --masked masked.onnx
        pcc collapse pruned-elsewhere.onnx -o small.onnx
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var target: TargetOptions
  @OptionGroup var gates: GateOptions

  @Argument(help: "An ONNX model, with or without gates.") var model: String

  @Option(name: .shortAndLong, help: "Where to write the result.") var output: String

  @Option(help: "Gates at or above this weight stay.") var threshold = 0.5

  @Option(help: "Write the gated model with its gates fixed at their values or zero.")
  var masked: String?

  @Option(help: "How many inputs to compare the result on.") var samples = 4

  @Option(help: "The seed of the drawn inputs.") var seed: UInt64 = 0

  @Flag(name: .customLong("no-verify"), help: "Write the result without comparing.")
  var skipsVerification = false

  func validate() throws {
    if !(0...1).contains(threshold) {
      throw ValidationError("--threshold takes a number from 0 to 1, not \(threshold)")
    }
    if samples < 1 { throw ValidationError("--samples takes a number above 0, not \(samples)") }
  }

  func run() throws {
    var options = CollapseOptions()
    options.threshold = threshold
    options.roundTo = gates.roundTo
    options.minimumChannels = gates.minimumChannels
    options.keep = gates.keep
    let collapse = CollapseJob(
      model: model, output: output, options: options, masked: masked,
      samples: skipsVerification ? 0 : samples, seed: seed, shapes: common.shapes,
      overwrites: target.force)
    try common.finish(collapse.run(common.context))
  }
}
