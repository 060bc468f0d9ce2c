import ArgumentParser
import Driver

/// `pcc check`.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Run ONNX test cases and compare the outputs with the expected ones.",
    discussion: """
      A test case is a folder with model.onnx, test_data_set_0/input_0.pb and so on,
      and test_data_set_0/output_0.pb and so on; other folders are searched for some.
      Type, shape and elements must agree; a data.json beside the model may name
      rtol and atol. Exit status 1 if a case fails or is invalid, 0 if cases only
      are unsupported.

      Examples:
        pcc check test_relu
        pcc check node simple --json
        pcc check node --rtol 1e-4 --atol 1e-6
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "Folders that are test cases or hold some.") var folders: [String]

  @Option(help: "The relative difference that is allowed (default: as the case says, or 1e-3).")
  var rtol: Double?

  @Option(help: "The absolute difference that is allowed (default: as the case says, or 1e-7).")
  var atol: Double?

  func validate() throws {
    if let rtol, !(rtol >= 0) { throw ValidationError("--rtol takes no negative number") }
    if let atol, !(atol >= 0) { throw ValidationError("--atol takes no negative number") }
  }

  func run() throws {
    let check = CheckJob(folders: folders, relativeTolerance: rtol, absoluteTolerance: atol)
    try common.finish(check.run(common.context))
  }
}
