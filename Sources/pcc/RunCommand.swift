import ArgumentParser
import Driver

/// `pcc run`.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a model once.",
    discussion: """
      Inputs that are not given are drawn at random, the same for the same seed.

      Examples:
        pcc run model.onnx
        pcc run model.onnx --input x=image.npy -o out.npz
        pcc run model.onnx --shape x:4,3,224,224 --seed 7 --json
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var inputs: InputOptions

  @Argument(help: "An ONNX model.") var model: String

  @Option(name: .shortAndLong, help: "Write the outputs, by name, to this .npz archive.")
  var output: String?

  @Flag(help: "Overwrite an existing file.") var force = false

  @Option(help: "The seed of inputs that are drawn.") var seed: UInt64 = 0

  func run() throws {
    let run = RunJob(
      model: model, inputs: inputs.input, output: output, seed: seed, shapes: common.shapes,
      overwrites: force)
    try common.finish(run.run(common.context))
  }
}
