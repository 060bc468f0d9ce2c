import IR

/// The samples of a run, and in how many steps an epoch goes through them.
struct TrainingData {
  private static let mostEpochs = 1 << 30

  /// What is trained on.
  let training: Dataset
  /// What the metrics of epochs are measured on; nil for the training batches.
  let validation: Dataset?
  /// What the trained model is measured on.
  let evaluation: Dataset?
  /// The steps of an epoch.
  let stepsPerEpoch: Int

  /// Sets training samples aside for validation, unless some are given.
  ///
  /// Throws `usage` if epochs, batch and its parts are impossible, `invalid` if there is not a batch of
  /// samples.
  init(
    _ training: Dataset, validation given: Dataset?, evaluation: Dataset?,
    _ options: TrainerOptions
  ) throws(Diagnostic) {
    guard (1...TrainingData.mostEpochs).contains(options.epochs), options.batch > 0 else {
      throw Diagnostic(
        kind: .usage, "epochs must be from 1 to \(TrainingData.mostEpochs), and batch positive")
    }
    guard options.samplesAtOnce > 0, options.batch % options.samplesAtOnce == 0 else {
      throw Diagnostic(
        kind: .usage,
        "a batch of \(options.batch) cannot be cut into parts of \(options.samplesAtOnce)")
    }
    let wanted = options.validation ?? min(1000, training.count / 10)
    let held = given == nil ? wanted : 0
    let parts = training.split(validation: held, seed: 0)
    self.training = parts.training
    validation = given ?? (held > 0 ? parts.validation : nil)
    self.evaluation = evaluation
    let whole = parts.training.count / options.batch
    guard whole > 0 else {
      throw .invalid(
        "\(parts.training.count) samples are fewer than a batch of \(options.batch)",
        notes: held > 0 ? ["\(held) are set aside for validation"] : [])
    }
    stepsPerEpoch = min(max(options.stepsPerEpoch ?? whole, 1), whole)
  }

  /// How many classes the labels tell apart; nil where there are none.
  ///
  /// Throws unless the labels fit what a model predicts, its loss and the augmentation.
  func classes(for graph: TrainingGraph, _ options: TrainerOptions) throws(Diagnostic) -> Int? {
    if graph.targets != nil, training.labels.isClasses {
      throw .invalid(
        "the data has whole numbers, which are classes, not target numbers",
        notes: ["--loss mse learns numbers that are stored as float32"])
    }
    let score = Score(shape: graph.graph[graph.prediction].type.shape?.known ?? [])
    for set in [training, validation, evaluation].compactMap(\.self) { try score.check(set) }
    let takesClasses = graph.labels != nil || graph.shares != nil
    guard options.smoothing == 0 || takesClasses else {
      throw Diagnostic(kind: .usage, "label smoothing wants a loss of classes, ce or seg")
    }
    switch training.labels {
    case .none:
      guard !takesClasses, graph.targets == nil else {
        throw .invalid(
          "the data has no labels", notes: ["--loss distill learns from a teacher alone"])
      }
      return nil
    case .classes(let positions):
      guard positions > 1 || options.loss != .perPixel else {
        throw .invalid(
          "there is a label a sample, not one a pixel", notes: ["--loss ce learns classes"])
      }
      guard positions == 1 || options.augmentation.mixup == 0 else {
        throw Diagnostic(kind: .usage, "mixup wants a label a sample, but there is one a pixel")
      }
      return score.classes
    case .values:
      guard !takesClasses else { throw .invalid("the data has target numbers, not classes") }
      return nil
    }
  }
}
