import Frontend
import IR
import Passes
import Training

/// What `pcc train` does: trains a model, and its gates if it has any.
public struct TrainJob: Sendable {
  public var model: String
  /// Where the result goes; nil for the model itself.
  public var output: String?
  public var data: DataOptions
  /// The path of the model to learn from.
  public var teacher: String?
  public var options: TrainerOptions
  public var overwrites: Bool

  /// Creates the job.
  public init(
    model: String, output: String?, data: DataOptions, teacher: String?, options: TrainerOptions,
    overwrites: Bool
  ) {
    self.model = model
    self.output = output
    self.data = data
    self.teacher = teacher
    self.options = options
    self.overwrites = overwrites
  }

  /// Trains the model and writes it, stopped by a signal or not.
  public func run(_ context: CommandContext) throws(Diagnostic) -> TrainOutcome {
    let file = try ModelFile(model)
    try file.requireKnownOperators()
    let target = try ModelTarget(output ?? model, overwrites: overwrites)
    var options = options
    options.threads = context.threads
    options.teacher = try teacher.map { path throws(Diagnostic) in try ModelFile(path).model }
    let source = try data.read(for: file.model, renames: true)
    guard let training = source.training else {
      throw Diagnostic.invalid("holds no training samples").inFile(data.path)
    }
    options.metadata = try file.locating { () throws(Diagnostic) in
      try data.metadata(of: file.model, training: training)
    }
    let dense = try file.locating { () throws(Diagnostic) in
      try Self.denseMACs(of: file.model, on: training)
    }
    SignalWatch.start()
    defer { SignalWatch.stop() }
    let phase: TrainingPhase
    do {
      phase = try TrainingRun(context: context, label: "train").train(
        file.model, on: training, validation: source.validation, options: options, failing: target)
    } catch { throw error.inFile(model) }
    try target.write(phase.model)
    SignalWatch.stop()
    context.note("wrote \(target.path)")
    var outcome = TrainOutcome(phase, denseMACs: dense)
    guard outcome.signal == nil, let evaluation = source.evaluation else { return outcome }
    outcome.result = EvalOutcome(
      try Evaluation.run(
        phase.model, on: evaluation, batch: options.samplesAtOnce,
        output: options.outputs.first?.name, teacher: options.teacher,
        threads: context.threads))
    return outcome
  }

  /// The multiply-accumulates of a model without its gates, for a batch of one.
  private static func denseMACs(of model: Model, on samples: Dataset) throws(Diagnostic) -> Int {
    if let table = try GateTable(model) { return table.dense.macs }
    let shapes = try InputSizes.usual.shapes(
      of: model.graph, requested: samples.inputShapes(of: model.graph))
    return try GraphFacts(model.graph, inputShapes: model.graph.identified(shapes)).macCount
  }
}
