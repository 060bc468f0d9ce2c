import ArgumentParser

/// What every command takes that writes a model.
struct TargetOptions: ParsableArguments {
  @Flag(help: "Overwrite an existing file even if pcc did not write it.")
  var force = false
}
