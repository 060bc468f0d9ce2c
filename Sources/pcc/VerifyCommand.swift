import ArgumentParser
import Driver

/// `pcc verify`.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Compare two models on sampled inputs; exit with 1 if they differ.",
    discussion: """
      Examples:
        pcc verify model.onnx other.onnx
        pcc verify masked.onnx small.onnx --samples 16
        pcc verify a.onnx b.onnx --input x=image.npy --rtol 1e-3 --atol 1e-6
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var inputs: InputOptions

  @Argument(help: "The model that is right.") var reference: String

  @Argument(help: "The model to compare with it.") var other: String

  @Option(help: "The difference that is allowed, relative to an output's largest value.")
  var rtol: Double?

  @Option(help: "The difference that is allowed in any case.") var atol = 0.0

  @Option(help: "How many inputs are drawn.") var samples = 4

  @Option(help: "The seed of inputs that are drawn.") var seed: UInt64 = 0

  func validate() throws {
    if samples < 1 { throw ValidationError("--samples takes a number above 0, not \(samples)") }
    if let rtol, !(rtol >= 0) { throw ValidationError("--rtol takes no negative number") }
    if !(atol >= 0) { throw ValidationError("--atol takes no negative number") }
  }

  func run() throws {
    let verify = VerifyJob(
      reference: reference, other: other, inputs: inputs.input, relativeTolerance: rtol,
      absoluteTolerance: atol, samples: samples, seed: seed, shapes: common.shapes)
    try common.finish(verify.run(common.context))
  }
}
