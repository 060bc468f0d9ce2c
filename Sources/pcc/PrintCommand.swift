import ArgumentParser
import Driver

/// `pcc print`.
struct PrintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "print", abstract: "Print a model as text.",
    discussion: """
      Examples:
        pcc print model.onnx
        pcc print model.onnx | less
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "An ONNX model.") var model: String

  func run() throws { try common.finish(PrintJob(model: model).run(common.context)) }
}
