import DenseRuntime
import Foundation
import IR
import Passes

/// Trains a model, with gates or without, on a data set.
public final class Trainer {
  /// The model as it is now: after `run`, trained.
  public internal(set) var model: Model
  let options: TrainerOptions
  let training: Dataset
  let validation: Dataset?
  let evaluation: Dataset?
  let metadata: InputMetadata
  let table: GateTable?
  let graph: TrainingGraph
  let runner: Session
  let assembler: BatchAssembler
  let teacher: Predictor?
  /// The epochs in which the teacher is run; nil for all, where no means are learned from.
  let teacherEpochs: Int?
  /// What the teacher said so far; nil unless means of that are learned from.
  var means: TeacherMeans?
  /// Makes shares of classes of labels; nil where the loss takes labels as they are.
  let labelShares: LabelShares?
  /// What the gates are driven to; nil where they stay as they are.
  let goal: GateGoal?
  /// The multiply-accumulates that gates leave; nil without gates.
  private let macs: RelaxedCost?
  var driver: (any GateDriver)?
  /// The gradients of the last batch; nil where it passes through the network as a whole.
  var gradients: GradientMeans?
  var state: TrainerState
  private let report: (Diagnostic) -> Void

  private static let mostEpochs = 1 << 30

  /// The steps of an epoch.
  public let stepsPerEpoch: Int
  /// The steps of all epochs.
  var totalSteps: Int { stepsPerEpoch * options.epochs }

  /// Prepares training.
  ///
  /// Throws `invalid` if model and data do not fit, `unsupported` if the model cannot be trained.
  public init(
    _ model: Model, training: Dataset, validation given: Dataset? = nil,
    evaluation: Dataset? = nil, options: TrainerOptions,
    report: @escaping (Diagnostic) -> Void = { _ in }
  ) throws(Diagnostic) {
    guard (1...Trainer.mostEpochs).contains(options.epochs), options.batch > 0 else {
      throw Diagnostic(
        kind: .usage, "epochs must be from 1 to \(Trainer.mostEpochs), and batch positive")
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
    let whole = parts.training.count / options.batch
    guard whole > 0 else {
      throw .invalid(
        "\(parts.training.count) samples are fewer than a batch of \(options.batch)",
        notes: held > 0 ? ["\(held) are set aside for validation"] : [])
    }
    stepsPerEpoch = min(options.stepsPerEpoch ?? whole, whole)
    self.evaluation = evaluation
    validation = given ?? (held > 0 ? parts.validation : nil)
    self.report = report
    self.options = options
    var model = model
    ParameterSeparation.run(on: &model.graph)
    table = try GateTable(model)
    var shape = TrainingGraphOptions(
      loss: options.loss, batch: options.samplesAtOnce, smoothing: options.smoothing,
      distillation: options.teacher == nil ? 0 : options.distillation,
      temperature: options.temperature, freezesNormalization: options.freezesNormalization)
    shape.outputs = options.outputs
    shape.takesShares = options.augmentation.mixup > 0 || options.classWeights != .equal
    shape.inner = options.inner
    shape.innerWeight = options.innerWeight
    var fitted = model
    fitted.graph = try model.graph.fitted(to: training)
    graph = try TrainingGraphBuilder.build(fitted, table: table, options: shape)
    metadata = try Trainer.metadata(model, self.training, options, graph.inputs)
    let classes = try Trainer.check(
      graph, self.training, [validation, evaluation], options)
    assembler = try BatchAssembler(
      self.training, size: options.batch, types: graph.inputs.map(\.type), metadata: metadata,
      augmentation: options.augmentation, seed: options.seed, classes: classes)
    labelShares = try Trainer.labelShares(graph, self.training, options)
    if options.loss == .distillation || !options.inner.isEmpty, options.teacher == nil {
      throw Diagnostic(kind: .usage, "distillation needs a teacher")
    }
    var predictor: Predictor?
    if let teacher = options.teacher, graph.teacher != nil || !graph.inner.isEmpty {
      predictor = try Predictor(
        teacher, for: training, batch: options.samplesAtOnce, logits: true,
        output: options.outputs.first?.name, inner: options.inner, threads: options.threads)
    }
    teacher = predictor
    for (index, target) in graph.inner.enumerated() {
      let (own, other) = (graph.graph[target.value].type.shape?.known, predictor?.innerShape(index))
      guard own == other else {
        throw .invalid(
          "'\(target.name)' has shape \(own ?? []) in the model and \(other ?? []) in the teacher")
      }
    }
    if let predictor,
      !zip(predictor.inputs, graph.inputs).allSatisfy({ $0.takesTheSame(as: $1) })
    {
      throw .invalid("the teacher's inputs are unlike the model's")
    }
    if let teacher = options.teacher, predictor != nil {
      let names = self.training.classNames ?? metadata.names
      try metadata.check(teacher: teacher, classNames: names, on: self.training)
    }
    if let predictor, let input = graph.teacher,
      predictor.shape != graph.graph[input].type.shape?.known
    {
      throw .invalid("the teacher's output has shape \(predictor.shape), unlike the model's")
    }
    teacherEpochs = try Trainer.teacherEpochs(
      predictor, samples: self.training.count, options)
    if teacherEpochs != nil, let predictor {
      means = TeacherMeans(samples: self.training.count, classes: predictor.shape[1])
    }
    runner = try Session(
      graph.graph, parameters: graph.variables,
      options: SessionOptions(threads: options.threads ?? SessionOptions.processors))
    goal = try Trainer.goal(fitted, table, options)
    macs =
      if let table {
        options.target?.measure == .macs ? goal?.cost : try GateGoal.cost(of: fitted, table, .macs)
      } else { nil }
    driver =
      if let table, let goal {
        Trainer.driver(options.recipe, goal, Double(table.sharpness(in: model.graph)))
      } else { nil }
    self.model = model
    state = TrainerState(
      parameters: graph.parameters.map { [runner] in runner.parameter($0.value) },
      memories: graph.parameters.map { [graph] in
        let shape = graph.graph[$0.value].type.shape?.known ?? []
        let memory = options.memory ?? OptimizerMemory(steps: 0, moments: [:])
        return memory.arrays(of: $0.name, shape: shape, count: options.optimizer.memories)
      }, statistics: graph.statistics.map { [runner] in runner.parameter($0.value) })
    if options.averaging != nil { state.averages = state.parameters + state.statistics }
    if let table {
      var scores: [[Double]] = []
      for gate in table.gates {
        scores.append(try table.scores(of: gate, in: model.graph).map(Double.init))
      }
      state.gates = GateState(
        scores: scores, sharpness: Double(table.sharpness(in: model.graph)))
    }
    state.memory = driver?.memory
    state.means = means
  }

  private static func declared(_ model: Model, _ options: TrainerOptions) throws(Diagnostic)
    -> InputMetadata?
  {
    if let given = options.metadata { return given }
    return try InputMetadata(of: model)
  }

  private static func driver(_ recipe: GateRecipe, _ goal: GateGoal, _ sharpness: Double)
    -> any GateDriver
  {
    switch recipe {
    case .default: ImportanceDriver(goal, sharpness: sharpness)
    case .paper: GradientDriver(goal, sharpness: sharpness)
    }
  }

  private static func metadata(
    _ model: Model, _ training: Dataset, _ options: TrainerOptions,
    _ inputs: [ModelInput]
  ) throws(Diagnostic) -> InputMetadata {
    var metadata = try Trainer.declared(model, options) ?? InputMetadata()
    metadata.layout = try training.layout(for: inputs)
    return metadata
  }

  /// Throws unless labels, loss and model fit together; returns how many classes there are.
  private static func check(
    _ graph: TrainingGraph, _ training: Dataset, _ others: [Dataset?], _ options: TrainerOptions
  ) throws(Diagnostic) -> Int? {
    let shape = graph.graph[graph.prediction].type.shape?.known ?? []
    let score = Score(shape: shape)
    for set in [training] + others.compactMap(\.self) { try score.check(set) }
    let takesClasses = graph.labels != nil || graph.shares != nil
    guard options.smoothing == 0 || takesClasses else {
      throw Diagnostic(kind: .usage, "label smoothing wants a loss of classes, ce or seg")
    }
    switch training.labels {
    case .none:
      guard !takesClasses, graph.targets == nil else {
        throw .invalid("the data has no labels; without them a model learns from a teacher only")
      }
      return nil
    case .classes(let positions):
      guard graph.targets == nil else { throw .invalid("the data has classes, not target numbers") }
      guard positions == 1 || options.augmentation.mixup == 0 else {
        throw Diagnostic(kind: .usage, "mixup wants a label a sample, but there is one a pixel")
      }
      return score.classes
    case .values:
      guard !takesClasses else { throw .invalid("the data has target numbers, not classes") }
      return nil
    }
  }

  private static func labelShares(
    _ graph: TrainingGraph, _ training: Dataset, _ options: TrainerOptions
  ) throws(Diagnostic) -> LabelShares? {
    guard let input = graph.shares, let shape = graph.graph[input].type.shape?.known else {
      guard options.classWeights == .equal else {
        throw Diagnostic(kind: .usage, "class weights want a loss of classes, ce or seg")
      }
      return nil
    }
    return LabelShares(
      shape: shape, smoothing: options.smoothing,
      weights: try options.classWeights.factors(
        classes: shape[1], of: training, seed: options.seed))
  }

  private static func goal(
    _ model: Model, _ table: GateTable?, _ options: TrainerOptions
  ) throws(Diagnostic) -> GateGoal? {
    guard let target = options.target else { return nil }
    guard let table, !table.gates.isEmpty else {
      throw .invalid("a cost target is given, but the model has no gates")
    }
    guard target.share > 0, target.share <= 1 else {
      throw Diagnostic(
        kind: .usage, "target \(target.share) is no share of the dense model's cost")
    }
    return GateGoal(
      gates: table.gates, cost: try GateGoal.cost(of: model, table, target.measure),
      projected: GateGoal.projected(table, in: model.graph), target: target.share)
  }

  /// The learning rate of a step.
  func rate(_ step: Int) -> Double {
    let warmup = min((options.warmup * Double(stepsPerEpoch)).rounded(), Double(totalSteps / 2))
    return LearningRate(
      options.schedule ?? (goal == nil ? .cosine : .constant), peak: peakRate,
      final: options.finalRate, warmup: Int(warmup), steps: totalSteps
    ).rate(step)
  }

  private var peakRate: Double {
    if let rate = options.rate { return rate }
    guard options.optimizer.kind == .sgd else { return 1e-3 }
    return goal == nil ? 0.1 : 0.05
  }

  /// Trains, and returns what it came to; `progress` is called after each step and returns whether
  /// to go on, `ended` after each epoch.
  ///
  /// Throws a `difference` diagnostic if the loss is no number any more. Whatever is thrown, the model is
  /// left as it was after the last epoch or checkpoint.
  public func run(
    _ progress: (TrainingProgress) -> Bool = { _ in true },
    ended: (EpochMetrics) -> Void = { _ in }
  ) throws(Diagnostic) -> TrainingReport {
    var keeper: CheckpointKeeper?
    if let folder = options.checkpoint {
      let identity = try Checkpoint.identity(of: self)
      if options.resumes, let saved = try Checkpoint.read(fromFolder: folder, identity: identity) {
        let ends = saved.epoch == options.epochs
        guard saved.isLike(state), (0...options.epochs).contains(saved.epoch),
          (0..<(ends ? 1 : stepsPerEpoch)).contains(saved.step)
        else { throw Diagnostic.invalid("is damaged").inFile(folder) }
        state = saved
      }
      keeper = CheckpointKeeper(
        folder: folder, identity: identity, interval: options.checkpointInterval)
    }
    install(state)
    let log = try MetricsLog(options)
    while state.epoch < options.epochs {
      do {
        guard let metrics = try runEpoch(keeper, progress) else {
          try keeper?.save(state)
          break
        }
        state.metrics.append(metrics)
        try log.add(metrics, step: state.epoch * stepsPerEpoch)
        ended(metrics)
        try keeper?.save(state)
      } catch {
        install(state)
        try store()
        throw error
      }
    }
    try store()
    var result = TrainingReport(
      epochs: state.metrics, accuracy: nil, macs: shares(state)?.macs ?? 1,
      imagesPerSecond: state.metrics.map(\.imagesPerSecond).max() ?? 0)
    if let evaluation {
      result.accuracy = try Evaluation.run(
        model, on: evaluation, metadata: metadata, batch: options.samplesAtOnce,
        output: options.outputs.first?.name, threads: options.threads
      ).accuracy
    }
    return result
  }

  /// Whether the model is another than at the start.
  public var hasBegun: Bool { state.epoch > 0 || state.step > 0 }

  /// What the optimiser keeps of the parameters as they are now.
  public var memory: OptimizerMemory {
    var moments: [String: [Tensor]] = [:]
    for (parameter, arrays) in zip(graph.parameters, state.memories) {
      let shape = graph.graph[parameter.value].type.shape?.known ?? []
      moments[parameter.name] = arrays.map { Tensor($0, shape: shape) }
    }
    let steps = state.epoch * stepsPerEpoch + state.step
    return OptimizerMemory(steps: (options.memory?.steps ?? 0) + steps, moments: moments)
  }

  /// What the gates leave of the dense model; nil without gates.
  func shares(_ state: TrainerState) -> CostShares? {
    guard let macs, let gates = state.gates else { return nil }
    let weights = gates.weights
    var shares = CostShares(macs: macs.value(weights) / macs.dense)
    if let goal, options.target?.measure == .params {
      shares.params = goal.cost.value(weights) / goal.cost.dense
    }
    return shares
  }
}
