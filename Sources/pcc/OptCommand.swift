import ArgumentParser
import Driver

/// `pcc opt`.
struct OptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "opt",
    abstract: "Run passes over a model; without --passes, read and write it as it is.",
    discussion: """
      The passes, in the order in which 'all' runs them until none finds anything:
      \(OptJob.passNames.map { "  " + $0 }.joined(separator: "\n"))

      Examples:
        pcc opt in.onnx -o out.onnx
        pcc opt in.onnx -o out.onnx --passes all
        pcc opt in.onnx -o out.onnx --passes fold-constants,remove-dead-nodes
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var target: TargetOptions

  @Argument(help: "An ONNX model.") var model: String

  @Option(name: .shortAndLong, help: "Where to write the result.") var output: String

  @Option(help: "Passes to run in this order, separated by commas, or 'all'.")
  var passes: String?

  func run() throws {
    let opt = OptJob(
      model: model, output: output, passes: passes, overwrites: target.force)
    try common.finish(opt.run(common.context))
  }
}
