import ArgumentParser

/// What every command takes that runs a model on given inputs.
struct InputOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "An input, as name=file.npy, or name=file.npz with an array of that name; may be repeated.",
      valueName: "name=file"))
  var input: [String] = []

  func validate() throws {
    for text in input where !text.contains("=") {
      throw ValidationError("--input takes name=file.npy, not '\(text)'")
    }
  }
}
