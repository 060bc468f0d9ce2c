import DenseRuntime
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
  private var firstEpochs: Int {
    gateEpochs ?? min(epochs, max(1, Int((Double(epochs) / 6).rounded())))
  }

  /// Prunes the model and writes the result; a signal ends it early, what is there is saved.
  public func run(_ context: CommandContext) throws(Diagnostic) -> PruneOutcome {
    let file = try ModelFile(model)
    try file.requireKnownOperators()
    let target = try ModelTarget(output, overwrites: overwrites)
    let source = try data.read(for: file.model)
    guard let samples = source.training else {
      throw Diagnostic.invalid("holds no training samples").inFile(data.path)
    }
    let chosen = try InputSizes.usual.shapes(of: file.model.graph, requested: shapes)
    context.logChoice(chosen, in: file.model.graph, requested: shapes)
    do {
      return try run(context, file, target, source, samples, chosen)
    } catch { throw error.inFile(model) }
  }

  private func run(
    _ context: CommandContext, _ file: ModelFile, _ target: ModelTarget, _ source: DataSource,
    _ samples: Dataset, _ inputs: [String: [Int]]
  ) throws(Diagnostic) -> PruneOutcome {
    var options = training
    options.threads = context.threads
    options.metadata = try data.metadata(of: file.model, training: samples)
    if distils {
      options.teacher =
        try teacher.map { path throws(Diagnostic) in try ModelFile(path).model }
        ?? file.model
    }
    let evaluation = source.evaluation ?? samples
    func evaluate(_ model: Model) throws(Diagnostic) -> Evaluation {
      try Evaluation.run(
        model, on: evaluation, metadata: options.metadata, batch: options.batch,
        output: options.outputs.first?.name, threads: context.threads)
    }
    var gated = file.model
    var augmented = try AugmentPass(augmentation, inputShapes: inputs).run(on: &gated)
    for warning in augmented.warnings { context.report(warning.inFile(model)) }
    guard !augmented.gates.isEmpty else {
      throw .unsupported("no channels of the model can be pruned; 'pcc info --why' says why")
    }
    augmented.macs = Double(augmented.dense.macs)
    var outcome = PruneOutcome(augmented, file: file)
    outcome.before = try evaluate(file.model)
    context.note("before: \(Quantity.named(outcome.before?.metric))")

    let gatePhase = try train(
      gated, samples, source.validation, phase: "gates", epochs: firstEpochs, goal: goal,
      options, context)
    outcome.add(gatePhase, phase: "gates", denseMACs: augmented.dense.macs)
    if gatePhase.signal != nil {
      let path = target.path + ".gated.onnx"
      try ModelTarget(path, overwrites: overwrites).write(gatePhase.model)
      context.note("stopped; wrote the gated model to \(path)")
      return outcome
    }
    outcome.gated = try evaluate(gatePhase.model)

    var verification = Verification(threads: context.threads)
    verification.shapes = shapes
    let (small, collapsed, _) = try CollapseJob.collapse(
      gatePhase.model, collapse, verification: verification, inputs)
    outcome.collapse = collapsed
    if let verify = collapsed.verify { context.logRemarks(on: verify) }
    guard collapsed.exitStatus == 0 else {
      context.fail("\(model): error: the collapsed model differs, so nothing was written")
      return outcome
    }
    outcome.threshold = try evaluate(small)
    context.note(
      "collapsed to \(Quantity.grouped(collapsed.collapse.macsAfter)) MACs, "
        + Quantity.named(outcome.threshold?.metric))

    var final = small
    if epochs > firstEpochs {
      options.memory = gatePhase.memory.applying(collapsed.collapse.cuts)
      let tuning = try train(
        small, samples, source.validation, phase: "tune", epochs: epochs - firstEpochs, goal: nil,
        options, context)
      outcome.add(tuning, phase: "tune", denseMACs: collapsed.collapse.macsAfter)
      final = tuning.model
    }
    try target.write(final)
    context.note("wrote \(target.path)")
    outcome.bytesAfter = ModelFile.size(of: target.path, model: final)
    if outcome.signal != nil { return outcome }
    outcome.after = try evaluate(final)
    try measure(file.model, final, inputs, context, &outcome)
    return outcome
  }

  /// Trains one phase; checkpoints of phases lie in folders of their own.
  private func train(
    _ model: Model, _ samples: Dataset, _ validation: Dataset?, phase: String, epochs: Int,
    goal: CostTarget?, _ base: TrainerOptions, _ context: CommandContext
  ) throws(Diagnostic) -> TrainingPhase {
    var options = base
    options.epochs = epochs
    options.target = goal
    if goal == nil, let teacher = base.teacher {
      options.inner = try InnerValues.shared(base.inner, model, teacher, on: samples)
    }
    options.checkpoint = base.checkpoint.map { "\($0)/\(phase)" }
    return try TrainingRun(context: context, label: phase).train(
      model, on: samples, validation: validation, options: options)
  }

  /// Measures the latency of both models, in turns so that a busy machine hits both alike.
  private func measure(
    _ before: Model, _ after: Model, _ inputs: [String: [Int]], _ context: CommandContext,
    _ outcome: inout PruneOutcome
  ) throws(Diagnostic) {
    let loops = [
      try InferenceLoop(before.graph, shapes: inputs, threads: context.threads),
      try InferenceLoop(after.graph, shapes: inputs, threads: context.threads),
    ]
    for loop in loops { _ = try loop.first() }
    var times: [[Double]] = [[], []]
    let clock = Stopwatch()
    while times[0].count < 10 || clock.milliseconds < 2000 {
      for (index, loop) in loops.enumerated() {
        _ = try loop.time()
        for _ in 0..<5 { times[index].append(try loop.time()) }
      }
    }
    outcome.latencyMsBefore = LatencySummary(times[0]).median
    outcome.latencyMsAfter = LatencySummary(times[1]).median
  }
}
