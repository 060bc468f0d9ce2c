import IR
import Passes
import Training

/// What `pcc prune` does: augment, train, collapse, fine-tune, verify, report.
public struct PruneJob: Sendable {
  public var model: String
  public var output: String
  public var data: DataOptions
  /// How much of the dense model is to be left.
  public var goal: CostTarget
  /// The epochs of training with gates and of fine-tuning together.
  public var epochs: Int
  /// The epochs with gates; nil for a sixth.
  public var gateEpochs: Int?
  /// Whether the original model is learned from besides the labels.
  public var distils: Bool
  /// The path of the model that is learned from; nil for the one that is pruned.
  public var teacher: String?
  public var training: TrainerOptions
  public var augmentation: AugmentOptions
  public var collapse: CollapseOptions
  public var shapes: [String: [Int]]
  public var overwrites: Bool

  /// Creates the job.
  public init(
    model: String, output: String, data: DataOptions, goal: CostTarget, epochs: Int,
    gateEpochs: Int?, distils: Bool, training: TrainerOptions, augmentation: AugmentOptions,
    collapse: CollapseOptions, shapes: [String: [Int]], overwrites: Bool
  ) {
    self.model = model
    self.output = output
    self.data = data
    self.goal = goal
    self.epochs = epochs
    self.gateEpochs = gateEpochs
    self.distils = distils
    self.training = training
    self.augmentation = augmentation
    self.collapse = collapse
    self.shapes = shapes
    self.overwrites = overwrites
  }

  /// The epochs with gates.
  var firstEpochs: Int {
    gateEpochs ?? min(epochs, max(1, Int((Double(epochs) / 6).rounded())))
  }

  /// Where the result goes, and where the gated model goes if it does not come to one.
  typealias Targets = (small: ModelTarget, gated: ModelTarget)

  /// Checks that all may be written, before any work is done.
  func targets() throws(Diagnostic) -> Targets {
    (
      try ModelTarget(output, overwrites: overwrites),
      try ModelTarget(output + ".gated.onnx", overwrites: overwrites)
    )
  }

  /// Prunes the model and writes the result; a signal ends it early, what is there is saved.
  public func run(_ context: CommandContext) throws(Diagnostic) -> PruneOutcome {
    let run = try PruneRun(self, context)
    do { return try run.prune() } catch { throw error.inFile(model) }
  }
}
