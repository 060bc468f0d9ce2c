import ArgumentParser
import Driver

/// What every command takes that works on samples.
struct DataArguments: ParsableArguments {
  @Option(
    help: """
      A folder with IDX pairs: train-images-idx3-ubyte, train-labels-idx1-ubyte and the t10k pair, \
      each perhaps with .gz; or one of these files.
      """)
  var data: String

  @Option(
    help: "Means, then standard deviations, one a channel: 0.286,0.353. Default: as the model says."
  )
  var normalize: String?

  func validate() throws { _ = try Self.options(data, normalize) }

  /// The options that arguments stand for; throws a validation error for a wrong normalisation.
  static func options(
    _ data: String, _ normalize: String?
  ) throws -> DataOptions {
    guard let normalize else { return DataOptions(path: data) }
    let parts = normalize.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Double($0) }.filter(\.isFinite)
    guard numbers.count == parts.count, numbers.count % 2 == 0, numbers.count > 0,
      numbers.dropFirst(numbers.count / 2).allSatisfy({ $0 > 0 })
    else {
      throw ValidationError(
        "--normalize takes means, then positive standard deviations, not '\(normalize)'")
    }
    return DataOptions(path: data, normalization: numbers)
  }

  /// The options they stand for.
  func options() throws -> DataOptions { try Self.options(data, normalize) }
}
