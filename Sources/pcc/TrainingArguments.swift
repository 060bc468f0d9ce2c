import ArgumentParser
import IR
import Training

/// What every command takes that trains.
struct TrainingArguments: ParsableArguments {
  @Option(help: "The seed of everything that is drawn.") var seed: UInt64 = 0

  @Option(help: "Samples a step.") var batch = 128

  @Option(help: "Random changes to training samples: flip, crop:N or none, separated by commas.")
  var augment = "none"

  @Option(help: "How gates are driven: default, or paper for the method of arXiv 2308.14605.")
  var recipe = GateRecipe.default

  @Flag(name: .customLong("freeze-bn"), help: "Keep the statistics of BatchNormalization.")
  var freezesNormalization = false

  @Option(help: "A folder for checkpoints, one an epoch.") var checkpoint: String?

  @Flag(help: "Go on from the checkpoint, if there is one.") var resume = false

  @Option(help: "Append the metrics of each epoch to this file, a line of JSON each.")
  var log: String?

  func validate() throws {
    if batch < 1 { throw ValidationError("--batch takes a number above 0, not \(batch)") }
    if resume && checkpoint == nil { throw ValidationError("--resume needs --checkpoint") }
    if (try? Augmentation(parsing: augment)) == nil {
      throw ValidationError("--augment takes flip, crop:N or none, not '\(augment)'")
    }
  }

  /// The options they stand for.
  func options() throws -> TrainerOptions {
    var options = TrainerOptions()
    options.seed = seed
    options.batch = batch
    options.augmentation = try Augmentation(parsing: augment)
    options.recipe = recipe
    options.freezesNormalization = freezesNormalization
    options.checkpoint = checkpoint
    options.resumes = resume
    options.log = log
    return options
  }
}

extension GateRecipe: ExpressibleByArgument {}
extension LossKind: ExpressibleByArgument {}
