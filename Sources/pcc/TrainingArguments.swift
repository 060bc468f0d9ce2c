import ArgumentParser
import IR
import Training

/// What every command takes that trains.
struct TrainingArguments: ParsableArguments {
  @Option(help: "The seed of everything that is drawn.") var seed: UInt64 = 0

  @Option(help: "Samples a step.") var batch = 128

  @Option(
    name: .customLong("micro-batch"),
    help: "Samples that pass through the network at once, for less memory: a divisor of --batch.")
  var microBatch: Int?

  @Option(
    help: """
      Random changes to training samples, separated by commas: flip, vflip, crop:N (padded with \
      black), shift:N (border repeated), cutout:N, noise:S, brightness:S, contrast:S, mixup:A or none.
      """)
  var augment = "none"

  @Option(help: "How weights follow gradients: sgd (Nesterov), adam or adamw.")
  var optimizer = Optimizer.Kind.sgd

  @Option(help: "The momentum of sgd.") var momentum = 0.9

  @Option(name: .customLong("weight-decay"), help: "Weight decay.") var decay = 5e-4

  @Option(
    help: "The learning rate's way: cosine, step, onecycle or constant (the default with gates).")
  var schedule: LearningRate.Shape?

  @Option(help: "Epochs over which the learning rate rises.") var warmup = 1.0

  @Option(
    help: """
      Shorten gradients whose norm is above this; inf for none. (default: 1 without \
      BatchNormalization, else inf)
      """)
  var clip: Double?

  @Option(help: "Take a moving average of the weights with this decay, say 0.999.")
  var ema: Double?

  @Option(help: "The temperature at which a teacher's classes are learned.")
  var temperature = 3.0

  @Option(
    name: .customLong("teacher-weight"),
    help: "The share of the loss that is the teacher's; labels have the rest.")
  var teacherWeight = 0.7

  @Option(
    name: .customLong("teacher-epochs"),
    help: """
      The epochs at the start in which a teacher of classes is run; samples learn from the mean of what \
      it says of them, then and later. Or all: what it says of a view goes with that view alone. \
      (default: a fifth and at least 4, where there are classes; else all)
      """)
  var teacherEpochs: TeacherEpochs?

  @Option(
    help: "An inner value that is to be the teacher's, by its name in 'pcc print'; may be repeated."
  )
  var inner: [String] = []

  @Option(
    name: .customLong("inner-weight"),
    help: "The weight of inner values' relative squared difference in the loss.")
  var innerWeight = 1.0

  @Option(help: "How gates are driven: default, or paper for the method of arXiv 2308.14605.")
  var recipe = GateRecipe.default

  @Flag(name: .customLong("freeze-bn"), help: "Keep the statistics of BatchNormalization.")
  var freezesNormalization = false

  @Option(
    help: """
      Training samples that are held out, the same ones whatever the seed; accuracies on the way \
      are measured on them. (default: 1000, but a tenth at most)
      """)
  var validation: Int?

  @Option(help: "A folder for checkpoints: one every half minute, epoch and signal.")
  var checkpoint: String?

  @Flag(help: "Go on from the checkpoint, if there is one.") var resume = false

  @Option(help: "Append the metrics of each epoch to this file, a line of JSON each.")
  var log: String?

  @Option(help: "Write events for TensorBoard into this folder.") var tensorboard: String?

  func validate() throws {
    try check("--momentum", momentum, momentum >= 0 && momentum < 1, "a number from 0 to below 1")
    try check("--weight-decay", decay, decay >= 0 && decay.isFinite, "a number of at least 0")
    try check("--warmup", warmup, warmup >= 0 && warmup.isFinite, "a number of at least 0")
    try check(
      "--temperature", temperature, temperature > 0 && temperature.isFinite, "a number above 0")
    try check(
      "--teacher-weight", teacherWeight, teacherWeight > 0 && teacherWeight < 1,
      "a number between 0 and 1")
    try check(
      "--inner-weight", innerWeight, innerWeight > 0 && innerWeight.isFinite, "a number above 0")
    try check("--clip", clip, clip.map { $0 > 0 } ?? true, "a number above 0")
    try check("--ema", ema, ema.map { $0 > 0 && $0 < 1 } ?? true, "a number between 0 and 1")
    if let validation, validation < 0 {
      throw ValidationError("--validation takes a number of at least 0, not \(validation)")
    }
    if batch < 1 { throw ValidationError("--batch takes a number above 0, not \(batch)") }
    if let microBatch, microBatch < 1 || batch % microBatch != 0 {
      throw ValidationError("--micro-batch takes a divisor of --batch, \(batch), not \(microBatch)")
    }
    if resume && checkpoint == nil { throw ValidationError("--resume needs --checkpoint") }
    do { _ = try Augmentation(parsing: augment) } catch { throw ValidationError(error.message) }
  }

  private func check(_ name: String, _ value: Double?, _ holds: Bool, _ wanted: String) throws {
    if !holds, let value { throw ValidationError("\(name) takes \(wanted), not \(value)") }
  }

  /// The options they stand for.
  func options() throws -> TrainerOptions {
    var options = TrainerOptions()
    options.seed = seed
    options.batch = batch
    options.microBatch = microBatch
    options.augmentation = try Augmentation(parsing: augment)
    options.optimizer = Optimizer(optimizer, momentum: momentum, decay: decay)
    options.schedule = schedule
    options.warmup = warmup
    options.clipping = clip
    options.averaging = ema
    options.events = tensorboard
    options.validation = validation
    options.temperature = temperature
    options.distillation = teacherWeight
    options.teacherEpochs = teacherEpochs
    options.inner = inner
    options.innerWeight = innerWeight
    options.recipe = recipe
    options.freezesNormalization = freezesNormalization
    options.checkpoint = checkpoint
    options.resumes = resume
    options.log = log
    return options
  }
}

extension Optimizer.Kind: ExpressibleByArgument {}
extension LearningRate.Shape: ExpressibleByArgument {}
extension GateRecipe: ExpressibleByArgument {}
extension LossKind: ExpressibleByArgument {}

extension TeacherEpochs: ExpressibleByArgument {
  public init?(argument: String) {
    if argument == "all" {
      self = .all
    } else if let epochs = Int(argument), epochs > 0 {
      self = .first(epochs)
    } else {
      return nil
    }
  }
}
