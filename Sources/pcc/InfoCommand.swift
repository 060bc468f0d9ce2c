import ArgumentParser
import Driver

/// `pcc info`.
struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Show operators, parameters, multiply-accumulates, channel groups and gates.",
    discussion: """
      Examples:
        pcc info model.onnx
        pcc info model.onnx --why
        pcc info model.onnx --layers --shape x:1,3,192,192
        pcc info model.onnx --json
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "An ONNX model.") var model: String

  @Flag(help: "Say what blocks each group that cannot be pruned.") var why = false

  @Flag(help: "List every node with its shape, parameters and multiply-accumulates.")
  var layers = false

  func run() throws {
    let info = InfoJob(model: model, explains: why, listsLayers: layers, shapes: common.shapes)
    try common.finish(info.run(common.context))
  }
}
