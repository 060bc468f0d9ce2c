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
    let file = try ModelFile(model)
    try file.requireKnownOperators()
    let targets = try targets()
    let source = try data.read(for: file.model)
    guard let samples = source.training else {
      throw Diagnostic.invalid("holds no training samples").inFile(data.path)
    }
    let chosen = try InputSizes.usual.shapes(of: file.model.graph, requested: shapes)
    context.logChoice(chosen, in: file.model.graph, requested: shapes)
    do {
      return try run(context, file, targets, source, samples, chosen)
    } catch { throw error.inFile(model) }
  }

  private func run(
    _ context: CommandContext, _ file: ModelFile, _ targets: Targets,
    _ source: DataSource, _ samples: Dataset, _ inputs: [String: [Int]]
  ) throws(Diagnostic) -> PruneOutcome {
    var options = training
    options.threads = context.threads
    options.collapse = collapse
    options.metadata = try data.metadata(of: file.model, training: samples)
    if distils {
      options.teacher =
        try teacher.map { path throws(Diagnostic) in try ModelFile(path).model }
        ?? file.model
    }
    let evaluation = try data.evaluation(of: source, context)
    func evaluate(_ model: Model) throws(Diagnostic) -> Evaluation {
      try Evaluation.run(
        model, on: evaluation, metadata: options.metadata, batch: options.samplesAtOnce,
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

    SignalWatch.start()
    defer { SignalWatch.stop() }
    let gatePhase = try train(
      gated, samples, source.validation, phase: "gates", epochs: firstEpochs, goal: goal,
      options, context, failing: targets.gated)
    outcome.add(gatePhase, phase: "gates", denseMACs: augmented.dense.macs)
    if gatePhase.signal != nil {
      try targets.gated.write(gatePhase.model)
      context.note("stopped; wrote the gated model to \(targets.gated.path)")
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
    warnOfMissedTarget(collapsed.collapse, context)
    outcome.threshold = try evaluate(small)
    context.note(
      "collapsed to \(Quantity.grouped(collapsed.collapse.macsAfter)) MACs, "
        + Quantity.named(outcome.threshold?.metric))

    var final = small
    if epochs > firstEpochs {
      options.memory = gatePhase.memory.applying(collapsed.collapse.cuts)
      let tuning = try train(
        small, samples, source.validation, phase: "tune", epochs: epochs - firstEpochs, goal: nil,
        options, context, failing: targets.small)
      outcome.add(tuning, phase: "tune", denseMACs: collapsed.collapse.macsAfter)
      final = tuning.model
    }
    try targets.small.write(final)
    SignalWatch.stop()
    context.note("wrote \(targets.small.path)")
    outcome.bytesAfter = ModelFile.size(of: targets.small.path, model: final)
    if outcome.signal != nil { return outcome }
    outcome.after = try evaluate(final)
    try measure(file.model, final, inputs, context, &outcome)
    return outcome
  }

  /// Says so if the collapsed network does not have the size that was asked for.
  private func warnOfMissedTarget(_ report: CollapseReport, _ context: CommandContext) {
    let (left, whole, what) =
      switch goal.measure {
      case .macs: (report.macsAfter, report.macsBefore, "multiply-accumulates")
      case .params: (report.paramsAfter, report.paramsBefore, "parameters")
      }
    let share = Double(left) / Double(max(whole, 1))
    guard !CostTarget.window.contains(share / goal.share) else { return }
    context.warn(
      "\(model): \(Quantity.percent(share)) of the \(what) stay, \(Quantity.percent(goal.share)) were"
        + " asked for")
  }

  /// Trains one phase, and writes what there is of it to a file if it fails; checkpoints of phases lie in
  /// folders of their own.
  private func train(
    _ model: Model, _ samples: Dataset, _ validation: Dataset?, phase: String, epochs: Int,
    goal: CostTarget?, _ base: TrainerOptions, _ context: CommandContext,
    failing target: ModelTarget
  ) throws(Diagnostic) -> TrainingPhase {
    var options = base
    options.epochs = epochs
    options.target = goal
    if goal == nil, let teacher = base.teacher {
      options.inner = try InnerValues.shared(base.inner, model, teacher, on: samples)
    }
    options.checkpoint = base.checkpoint.map { "\($0)/\(phase)" }
    return try TrainingRun(context: context, label: phase).train(
      model, on: samples, validation: validation, options: options, failing: target)
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
