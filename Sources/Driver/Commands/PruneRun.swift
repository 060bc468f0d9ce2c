import DenseRuntime
import IR
import Passes
import Training

/// One run of `pcc prune`: the model as it is, with gates, collapsed, and fine-tuned.
struct PruneRun {
  private let job: PruneJob
  private let context: CommandContext
  private let file: ModelFile
  private let targets: PruneJob.Targets
  private let training: Dataset
  private let validation: Dataset?
  private let evaluation: Dataset
  /// The shapes that costs and latencies are taken at, by input name.
  private let inputs: [String: [Int]]
  /// What both trainings have in common.
  private let options: TrainerOptions

  /// Reads model and data, and sees that results may be written.
  init(_ job: PruneJob, _ context: CommandContext) throws(Diagnostic) {
    self.job = job
    self.context = context
    let file = try ModelFile(job.model)
    self.file = file
    try file.requireKnownOperators()
    targets = try job.targets()
    let source = try job.data.read(for: file.model)
    guard let training = source.training else {
      throw Diagnostic.invalid("holds no training samples").inFile(job.data.path)
    }
    self.training = training
    validation = source.validation
    evaluation = try job.data.evaluation(of: source, context)
    let samples = try file.locating { () throws(Diagnostic) in
      try training.inputShapes(of: file.model.graph)
    }
    inputs = try InputSizes.usual.shapes(
      of: file.model.graph, requested: samples.merging(job.shapes) { _, asked in asked })
    var options = job.training
    options.threads = context.threads
    options.collapse = job.collapse
    options.metadata = try file.locating { () throws(Diagnostic) in
      try job.data.metadata(of: file.model, training: training)
    }
    if job.distils {
      options.teacher =
        try job.teacher.map { path throws(Diagnostic) in try ModelFile(path).model } ?? file.model
    }
    self.options = options
  }

  /// Prunes and writes what there is at the end.
  func prune() throws(Diagnostic) -> PruneOutcome {
    var gated = file.model
    var outcome = PruneOutcome(try augment(&gated), file: file)
    outcome.before = try evaluate(file.model)
    context.note("before: \(Quantity.named(outcome.before?.metric))")

    SignalWatch.start()
    defer { SignalWatch.stop() }
    let gates = try train(
      gated, phase: "gates", epochs: job.firstEpochs, failing: targets.gated
    ) { $0.target = job.goal }
    outcome.add(gates, phase: "gates", denseMACs: outcome.macsBefore)
    if gates.signal != nil {
      try targets.gated.write(gates.model)
      context.note("stopped; wrote the gated model to \(targets.gated.path)")
      return outcome
    }
    outcome.gated = try evaluate(gates.model)

    guard let (small, report) = try collapse(gates.model, &outcome) else { return outcome }
    let final = try tune(small, after: gates, report, &outcome)
    try targets.small.write(final)
    SignalWatch.stop()
    context.note("wrote \(targets.small.path)")
    outcome.bytesAfter = ModelFile.size(of: targets.small.path, model: final)
    if outcome.signal != nil { return outcome }
    outcome.after = try evaluate(final)
    try measure(final, &outcome)
    return outcome
  }

  /// Inserts gates.
  private func augment(_ model: inout Model) throws(Diagnostic) -> AugmentReport {
    let report = try AugmentPass(job.augmentation, inputShapes: inputs).run(on: &model)
    for warning in report.warnings { context.report(warning.inFile(job.model)) }
    guard !report.gates.isEmpty else {
      throw .unsupported("no channels of the model can be pruned; 'pcc info --why' says why")
    }
    return report
  }

  /// Collapses the gated model and verifies that; nil if the result differs.
  private func collapse(
    _ gated: Model, _ outcome: inout PruneOutcome
  ) throws(Diagnostic) -> (small: Model, report: CollapseReport)? {
    var verification = Verification(threads: context.threads)
    verification.shapes = try training.inputShapes(of: gated.graph, batch: 2)
      .merging(job.shapes) { _, asked in asked }
    let (small, collapsed, _) = try CollapseJob.collapse(
      gated, job.collapse, verification: verification, inputs)
    outcome.collapse = collapsed
    if let verify = collapsed.verify { context.logRemarks(on: verify) }
    guard collapsed.exitStatus == 0 else {
      context.fail("\(job.model): error: the collapsed model differs, so nothing was written")
      return nil
    }
    warnOfMissedTarget(collapsed.collapse)
    outcome.threshold = try evaluate(small)
    context.note(
      "collapsed to \(Quantity.grouped(collapsed.collapse.macsAfter)) MACs, "
        + Quantity.named(outcome.threshold?.metric))
    return (small, collapsed.collapse)
  }

  /// Says so if the collapsed network does not have the size that was asked for.
  private func warnOfMissedTarget(_ report: CollapseReport) {
    let (left, whole, what) =
      switch job.goal.measure {
      case .macs: (report.macsAfter, report.macsBefore, "multiply-accumulates")
      case .params: (report.paramsAfter, report.paramsBefore, "parameters")
      }
    let share = Double(left) / Double(max(whole, 1))
    guard !CostTarget.window.contains(share / job.goal.share) else { return }
    context.warn(
      "\(job.model): \(Quantity.percent(share)) of the \(what) stay,"
        + " \(Quantity.percent(job.goal.share)) were asked for")
  }

  /// Trains the collapsed model in the epochs that are left, with what the optimiser has kept.
  private func tune(
    _ small: Model, after gates: TrainingPhase, _ report: CollapseReport,
    _ outcome: inout PruneOutcome
  ) throws(Diagnostic) -> Model {
    guard job.epochs > job.firstEpochs else { return small }
    let memory = gates.memory.applying(report.cuts)
    var inner = options.inner
    if let teacher = options.teacher {
      inner = try InnerValues.shared(inner, small, teacher, on: training)
    }
    let tuning = try train(
      small, phase: "tune", epochs: job.epochs - job.firstEpochs, failing: targets.small
    ) {
      $0.memory = memory
      $0.inner = inner
    }
    outcome.add(tuning, phase: "tune", denseMACs: report.macsAfter)
    return tuning.model
  }

  /// Trains one phase, and writes what there is of it to a file if it fails; checkpoints of phases lie in
  /// folders of their own.
  private func train(
    _ model: Model, phase: String, epochs: Int, failing target: ModelTarget,
    _ change: (inout TrainerOptions) -> Void
  ) throws(Diagnostic) -> TrainingPhase {
    var options = options
    options.epochs = epochs
    options.checkpoint = options.checkpoint.map { "\($0)/\(phase)" }
    change(&options)
    return try TrainingRun(context: context, label: phase).train(
      model, on: training, validation: validation, options: options, failing: target)
  }

  private func evaluate(_ model: Model) throws(Diagnostic) -> Evaluation {
    try Evaluation.run(
      model, on: evaluation, metadata: options.metadata, batch: options.samplesAtOnce,
      output: options.outputs.first?.name, teacher: options.teacher, threads: context.threads)
  }

  /// Measures the latency of both models, in turns so that a busy machine hits both alike.
  private func measure(_ small: Model, _ outcome: inout PruneOutcome) throws(Diagnostic) {
    let loops = [
      try InferenceLoop(file.model.graph, shapes: inputs, threads: context.threads),
      try InferenceLoop(small.graph, shapes: inputs, threads: context.threads),
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
