import IR
import Training

/// Trains a model under the eyes of a terminal: with a progress bar, and stopped in order by a signal.
final class TrainingRun {
  private let context: CommandContext
  private let label: String
  private var bar: ProgressBar
  /// The model after the last good epoch, if training diverged.
  private(set) var lastGood: Model?

  /// Creates a run; `label` stands before the bar.
  init(context: CommandContext, label: String) {
    self.context = context
    self.label = label
    bar = ProgressBar(context)
  }

  /// Trains a model.
  ///
  /// Throws a `difference` diagnostic if training diverges; `lastGood` is the model then.
  func train(
    _ model: Model, on samples: Dataset, validation: Dataset? = nil, options: TrainerOptions
  ) throws(Diagnostic) -> TrainingPhase {
    let context = context
    let trainer = try Trainer(
      model, training: samples, validation: validation, options: options
    ) { context.report($0) }
    SignalWatch.start()
    defer {
      bar.clear()
      SignalWatch.stop()
    }
    do {
      let report = try trainer.run { step in
        self.show(step)
        return SignalWatch.received == nil
      }
      return TrainingPhase(
        model: trainer.model, report: report, memory: trainer.memory, signal: SignalWatch.received)
    } catch {
      if error.kind == .difference { lastGood = trainer.model }
      throw error
    }
  }

  private func show(_ step: TrainingProgress) {
    var notes = ["loss " + Quantity.significant(step.loss)]
    if let metric = step.metric { notes.append(Quantity.metric(metric)) }
    if let shares = step.shares {
      notes.append("MACs " + Quantity.percent(shares.macs))
      if let params = shares.params { notes.append("parameters " + Quantity.percent(params)) }
    }
    notes.append(Quantity.significant(step.imagesPerSecond) + " samples/s")
    bar.update(
      "\(label) \(step.epoch)/\(step.epochs)", done: (step.epoch - 1) * step.steps + step.step,
      of: step.epochs * step.steps, note: notes.joined(separator: ", "))
    guard step.step == step.steps else { return }
    bar.clear()
    context.note("\(label) epoch \(step.epoch)/\(step.epochs): \(notes.joined(separator: ", "))")
  }
}

/// What one training of a model came to.
struct TrainingPhase {
  var model: Model
  var report: TrainingReport
  /// What the optimiser kept.
  var memory: OptimizerMemory
  /// The signal that stopped it, if one did.
  var signal: Int32?
}
