/// How a training graph is made of a model.
public struct TrainingGraphOptions: Hashable, Sendable {
  public var loss: LossKind
  /// The number of samples of a step.
  public var batch: Int
  /// The share of the labels' weight that is spread over all classes.
  public var smoothing: Double
  /// The share of the teacher's divergence in the loss; 0 without a teacher, 1 without labels.
  public var distillation: Double
  /// What the outputs of model and teacher are divided by before their divergence is taken.
  public var temperature: Double
  /// Whether BatchNormalization keeps its running statistics.
  public var freezesNormalization: Bool
  /// Whether Dropout draws masks.
  public var drops: Bool
  /// The outputs that are trained on, the task's own first; none for the first of the model.
  public var outputs: [OutputShare] = []
  /// Whether labels come as a share of each class at each position, with their weights, instead of
  /// as class numbers; so they always do for one label a pixel.
  public var takesShares = false
  /// The names of inner values that are to be those of the teacher.
  public var inner: [String] = []
  /// The weight of their relative squared difference in the loss, all together.
  public var innerWeight = 1.0

  /// Creates options.
  public init(
    loss: LossKind = .crossEntropy, batch: Int, smoothing: Double = 0, distillation: Double = 0,
    temperature: Double = 2, freezesNormalization: Bool = false, drops: Bool = true
  ) {
    self.loss = loss
    self.batch = batch
    self.smoothing = smoothing
    self.distillation = distillation
    self.temperature = temperature
    self.freezesNormalization = freezesNormalization
    self.drops = drops
  }

  /// Takes what the options of a trainer say.
  init(_ options: TrainerOptions) {
    self.init(
      loss: options.loss, batch: options.samplesAtOnce, smoothing: options.smoothing,
      distillation: options.teacher == nil ? 0 : options.distillation,
      temperature: options.temperature, freezesNormalization: options.freezesNormalization)
    outputs = options.outputs
    takesShares = options.augmentation.mixup > 0 || options.classWeights != .equal
    inner = options.inner
    innerWeight = options.innerWeight
  }
}
