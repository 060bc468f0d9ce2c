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
        pcc eval unet.onnx --data scenes.npz --ignore-label 255
        pcc eval small.onnx --data images --teacher model.onnx
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var samples: DataArguments

  @Argument(help: "An ONNX model.") var model: String

  @Option(help: "Samples a run.") var batch = 100

  @Option(help: "The model's output to measure (default: the first).") var head: String?

  @Option(help: "A model to agree with, where the samples have no labels.") var teacher: String?

  func validate() throws {
    try common.refuseShapes()
    if samples.samples.normalize == "auto" {
      throw ValidationError("--normalize auto is for training; afterwards the model says how")
    }
    if batch < 1 { throw ValidationError("--batch takes a number above 0, not \(batch)") }
  }

  func run() throws {
    var data = try samples.options()
    data.output = head
    let eval = EvalJob(model: model, data: data, batch: batch, teacher: teacher)
    try common.finish(eval.run(common.context))
  }
}
