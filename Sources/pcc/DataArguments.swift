import ArgumentParser
import Driver
import Training

/// What every command takes that works on samples.
struct DataArguments: ParsableArguments {
  @Option(help: ArgumentHelp(SampleArguments.dataHelp)) var data: String

  @OptionGroup var samples: SampleArguments

  /// The options they stand for.
  func options() throws -> DataOptions { try samples.options(data) }
}
