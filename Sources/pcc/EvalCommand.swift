import ArgumentParser
import Driver

/// `pcc eval`.
struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Measure the accuracy of a model on the evaluation part of a data set.",
    discussion: """
      Examples:
        pcc eval model.onnx --data fashion-mnist
        pcc eval model.onnx --data t10k-images-idx3-ubyte.gz --normalize 0.286,0.353 --json
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var samples: DataArguments

  @Argument(help: "An ONNX model.") var model: String

  @Option(help: "Samples a run.") var batch = 100

  func validate() throws {
    if batch < 1 { throw ValidationError("--batch takes a number above 0, not \(batch)") }
  }

  func run() throws {
    let eval = EvalJob(model: model, data: try samples.options(), batch: batch)
    try common.finish(eval.run(common.context))
  }
}
