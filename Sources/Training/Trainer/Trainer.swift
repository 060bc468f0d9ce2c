import DenseRuntime
import Foundation
import IR
import Passes

/// Trains a model, with gates or without, on a data set.
public final class Trainer {
  /// The model as it is now: after `run`, trained.
  public internal(set) var model: Model
  let options: TrainerOptions
  let data: TrainingData
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

  /// The steps of an epoch.
  public var stepsPerEpoch: Int { data.stepsPerEpoch }
  /// The steps of all epochs.
  var totalSteps: Int { stepsPerEpoch * options.epochs }

  /// Prepares training.
  ///
  /// Throws `invalid` if model and data do not fit, `unsupported` if the model cannot be trained, `usage`
  /// if the options contradict each other or the data.
  public init(
    _ model: Model, training: Dataset, validation: Dataset? = nil, evaluation: Dataset? = nil,
    options: TrainerOptions
  ) throws(Diagnostic) {
    data = try TrainingData(training, validation: validation, evaluation: evaluation, options)
    self.options = options
    var model = model
    ParameterSeparation.run(on: &model.graph)
    InferenceForm.run(on: &model.graph)
    let table = try GateTable(model)
    var fitted = model
    fitted.graph = try model.graph.fitted(to: training)
    graph = try TrainingGraphBuilder.build(
      fitted, table: table, options: TrainingGraphOptions(options))
    metadata = try Trainer.metadata(of: model, data, options, graph.inputs)
    assembler = try BatchAssembler(
      data.training, size: options.batch, types: graph.inputs.map(\.type), metadata: metadata,
      augmentation: options.augmentation, seed: options.seed,
      classes: try data.classes(for: graph, options))
    labelShares = try LabelShares(for: graph, of: data.training, options)
    teacher = try Trainer.teacher(for: graph, data, metadata, options)
    teacherEpochs = try Trainer.teacherEpochs(teacher, samples: data.training.count, options)
    if teacherEpochs != nil, let teacher {
      means = TeacherMeans(samples: data.training.count, classes: teacher.shape[1])
    }
    runner = try Session(
      graph.graph, parameters: graph.variables,
      options: SessionOptions(threads: options.threads ?? SessionOptions.processors))
    goal = try options.target.map { target throws(Diagnostic) in
      try GateGoal(fitted, table, target)
    }
    macs =
      if let goal, options.target?.measure == .macs {
        goal.cost
      } else {
        try table.map { table throws(Diagnostic) in try GateGoal.cost(of: fitted, table, .macs) }
      }
    state = TrainerState(
      parameters: graph.parameters.map { [runner] in runner.parameter($0.value) },
      memories: graph.parameters.map { [graph] in
        let shape = graph.graph[$0.value].type.shape?.known ?? []
        let memory = options.memory ?? OptimizerMemory(steps: 0, moments: [:])
        return memory.arrays(of: $0.name, shape: shape, count: options.optimizer.memories)
      }, statistics: graph.statistics.map { [runner] in runner.parameter($0.value) })
    if options.averaging != nil { state.averages = state.parameters + state.statistics }
    state.means = means
    state.gates = try table.map { table throws(Diagnostic) in
      try GateState(table, in: model.graph)
    }
    if let goal, let gates = state.gates {
      driver = options.recipe.driver(goal, sharpness: gates.sharpness)
      state.memory = driver?.memory
    }
    self.table = table
    self.model = model
  }

  private static func metadata(
    of model: Model, _ data: TrainingData, _ options: TrainerOptions, _ inputs: [ModelInput]
  ) throws(Diagnostic) -> InputMetadata {
    var metadata = InputMetadata()
    if let given = options.metadata {
      metadata = given
    } else if let own = try InputMetadata(of: model) {
      metadata = own
    }
    metadata.layout = try data.training.layout(for: inputs)
    return metadata
  }

  /// The learning rate of a step.
  func rate(_ step: Int) -> Double {
    let warmup = min((options.warmup * Double(stepsPerEpoch)).rounded(), Double(totalSteps / 2))
    return LearningRate(
      options.schedule ?? (goal == nil ? .cosine : .constant), peak: peakRate,
      final: options.finalRate, warmup: Int(warmup), steps: totalSteps
    ).rate(step)
  }

  /// The largest norm of a gradient.
  var clipping: Double { options.clipping ?? (graph.statistics.isEmpty ? 1 : .infinity) }

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
    if let evaluation = data.evaluation {
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
