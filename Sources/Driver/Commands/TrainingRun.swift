import IR
import Training

/// Trains a model under the eyes of a terminal: with a progress bar, and stopped in order by a signal
/// that `SignalWatch` has seen.
final class TrainingRun {
  private let context: CommandContext
  private let label: String
  private var bar: ProgressBar
  private var last: TrainingProgress?

  /// Creates a run; `label` stands before the bar.
  init(context: CommandContext, label: String) {
    self.context = context
    self.label = label
    bar = ProgressBar(context)
  }

  /// Trains a model.
  ///
  /// Throws a `difference` diagnostic if training diverges. Whatever fails, the model as it was after the
  /// last good epoch or checkpoint is written to `target`.
  func train(
    _ model: Model, on samples: Dataset, validation: Dataset? = nil, options: TrainerOptions,
    failing target: ModelTarget
  ) throws(Diagnostic) -> TrainingPhase {
    var inference = model.graph
    let count = InferenceForm.run(on: &inference)
    if count > 0 {
      context.warn(
        "\(count) BatchNormalization nodes are in training mode; the result has them as they are for"
          + " inference")
    }
    let trainer = try Trainer(
      model, training: samples, validation: validation, options: options)
    defer { bar.clear() }
    do {
      let report = try trainer.run { step in
        self.show(step)
        return SignalWatch.received == nil
      } ended: {
        self.show($0)
      }
      return TrainingPhase(
        model: trainer.model, report: report, memory: trainer.memory, signal: SignalWatch.received)
    } catch {
      if error.kind == .difference || trainer.hasBegun {
        try target.write(trainer.model)
        context.note("wrote the last good state to \(target.path)")
      }
      throw error
    }
  }

  private func show(_ step: TrainingProgress) {
    last = step
    bar.update(
      "\(label) \(step.epoch)/\(step.epochs)", done: (step.epoch - 1) * step.steps + step.step,
      of: step.epochs * step.steps, note: notes(step).joined(separator: ", "))
  }

  private func show(_ epoch: EpochMetrics) {
    bar.clear()
    guard let last else { return }
    var notes = notes(last)
    if let metric = epoch.metric, metric != last.metric {
      notes.insert("held out " + Quantity.metric(metric), at: min(2, notes.count))
    }
    context.note("\(label) epoch \(last.epoch)/\(last.epochs): \(notes.joined(separator: ", "))")
  }

  private func notes(_ step: TrainingProgress) -> [String] {
    var notes = ["loss " + Quantity.significant(step.loss)]
    if let metric = step.metric { notes.append(Quantity.metric(metric)) }
    if let shares = step.shares {
      notes.append("MACs " + Quantity.percent(shares.macs))
      if let params = shares.params { notes.append("parameters " + Quantity.percent(params)) }
    }
    notes.append(Quantity.significant(step.imagesPerSecond) + " samples/s")
    return notes
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
