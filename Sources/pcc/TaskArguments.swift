import ArgumentParser
import IR
import Training

/// What every command takes that trains: what is learned.
struct TaskArguments: ParsableArguments {
  @Option(help: "The loss: ce, seg (a label a pixel), mse or distill.")
  var loss = LossKind.crossEntropy

  @Option(
    name: .customLong("label-smoothing"), help: "Spread this share of a label over all classes.")
  var smoothing = 0.0

  @Option(
    name: .customLong("class-weights"),
    help: "How much classes count: numbers separated by commas, or auto for 1 / frequency.")
  var classWeights: String?

  @Option(
    help: """
      The model's output that is the task's (default: the first); given again, as name:weight, \
      others that learn the same labels.
      """)
  var head: [String] = []

  func validate() throws {
    if !(0..<1).contains(smoothing) {
      throw ValidationError("--label-smoothing takes a number from 0 up to 1, not \(smoothing)")
    }
    var options = TrainerOptions()
    try apply(to: &options)
  }

  /// Puts them into options; throws a validation error for wrong ones.
  func apply(to options: inout TrainerOptions) throws {
    options.loss = loss
    options.smoothing = smoothing
    do {
      if let classWeights { options.classWeights = try ClassWeights(parsing: classWeights) }
      options.outputs = try head.map { text throws(Diagnostic) in try OutputShare(parsing: text) }
    } catch { throw ValidationError(error.message) }
  }
}
