import IR
import Passes

/// How a model is trained.
public struct TrainerOptions: Sendable {
  public var epochs = 20
  public var batch = 128
  /// How many samples of a batch pass through the network at once, a divisor of `batch`; nil for all.
  /// Gradients are averaged over the parts of a batch; BatchNormalization, and the weights of classes,
  /// see one part at a time.
  public var microBatch: Int?
  /// The highest learning rate of the weights; nil for the default of the task: 0.05 with a cost
  /// target, else 0.1.
  public var rate: Double?
  /// The learning rate at the end.
  public var finalRate = 0.0
  public var optimizer = Optimizer()
  /// What the optimiser has kept of earlier training; nil for nothing.
  public var memory: OptimizerMemory?
  /// How the learning rate goes on after its rise; nil for the default of the task: constant with a
  /// cost target, because fine-tuning follows, else along a cosine.
  public var schedule: LearningRate.Shape?
  /// How many epochs the learning rate rises.
  public var warmup = 1.0
  /// The largest norm of the gradient of all parameters together; longer ones are shortened to it. nil
  /// for 1 where no BatchNormalization bounds what a step changes, else for any.
  public var clipping: Double?
  /// The decay of the moving average of weights that is taken for the result; nil for none.
  public var averaging: Double?
  public var loss = LossKind.crossEntropy
  public var smoothing = 0.0
  /// How much each class counts in the loss.
  public var classWeights = ClassWeights.equal
  /// The outputs that are trained on, the task's own first; none for the first of the model.
  public var outputs: [OutputShare] = []
  public var augmentation = Augmentation.none
  /// The model whose output is learned from.
  public var teacher: Model?
  /// The share of the teacher's divergence in the loss, where labels are used too.
  public var distillation = 0.7
  /// What logits of model and teacher are divided by before they are compared.
  public var temperature = 3.0
  /// The epochs in which the teacher is run; all in any case where gates are driven. nil for a fifth,
  /// but at least 4, where there can be means of what it says, else all.
  public var teacherEpochs: TeacherEpochs?
  /// The names of inner values that are to be the teacher's as well, and the weight of that in the loss.
  public var inner: [String] = []
  public var innerWeight = 1.0
  public var freezesNormalization = false
  /// What the gates are driven to; nil leaves them open or as they are.
  public var target: CostTarget?
  public var recipe = GateRecipe.default
  /// How the gated network is collapsed afterwards, for which the target is to be met.
  public var collapse = CollapseOptions()
  public var seed: UInt64 = 0
  public var threads: Int?
  /// How many training samples are set aside; accuracy of the epochs is measured on them. nil for 1,000,
  /// but a tenth at most.
  public var validation: Int?
  /// How the input is normalised; nil for what the model says.
  public var metadata: InputMetadata?
  /// How many batches the statistics of BatchNormalization are averaged over at the end.
  public var recalibration = 50
  /// The folder of the checkpoint; nil for none.
  public var checkpoint: String?
  /// After how many seconds another checkpoint is written within an epoch.
  public var checkpointInterval = 30.0
  /// Whether the checkpoint is gone on from, if there is one.
  public var resumes = false
  /// The file to which a line of JSON is added each epoch; nil for none.
  public var log: String?
  /// The folder of an event file for TensorBoard; nil for none.
  public var events: String?
  /// The most steps of an epoch; nil for all its samples.
  public var stepsPerEpoch: Int?

  /// Creates the default options.
  public init() {}

  /// How many samples pass through the network at once.
  public var samplesAtOnce: Int { microBatch ?? batch }

  /// In how many parts a batch passes through the network.
  var parts: Int { batch / samplesAtOnce }
}
