import DenseRuntime
import Dispatch
import IR

extension Trainer {
  /// Trains what is left of an epoch and returns its metrics; nil if it was stopped on the way, after
  /// whose last step `state` is.
  func runEpoch(_ keeper: CheckpointKeeper?, _ progress: (TrainingProgress) -> Bool)
    throws(Diagnostic) -> EpochMetrics?
  {
    let begin = DispatchTime.now().uptimeNanoseconds
    let first = state.step
    let stream = BatchStream(assembler, epoch: state.epoch, from: first, count: stepsPerEpoch)
    var next = state
    var score = Score(
      shape: graph.graph[graph.prediction].type.shape?.known ?? [], takesLoss: false)
    while let batch = try stream.next() {
      let number = state.epoch * stepsPerEpoch + next.step
      let loss = try pass(batch, state: next, number: number) {
        score.add(runner.floats(graph.prediction), $0)
      }
      guard loss.isFinite else { throw diverged("the loss is \(loss)", number: number) }
      try update(&next, number: number)
      next.losses += loss
      next.step += 1
      let seconds = Double(DispatchTime.now().uptimeNanoseconds - begin) * 1e-9
      let done = Double(next.step - first)
      let current = TrainingProgress(
        epoch: state.epoch + 1, epochs: options.epochs, step: next.step, steps: stepsPerEpoch,
        loss: next.losses / Double(next.step), metric: score.metric, shares: shares(next),
        imagesPerSecond: done * Double(options.batch) / max(seconds, 1e-9),
        secondsLeft: seconds / done * Double(totalSteps - number - 1))
      let goesOn = progress(current)
      guard next.step < stepsPerEpoch, !goesOn || keeper?.isDue ?? false else { continue }
      collect(&next)
      state = next
      if !goesOn { return nil }
      try keeper?.save(state)
    }
    collect(&next)
    guard next.parameters.joined().allSatisfy(\.isFinite) else {
      throw Diagnostic(
        kind: .difference,
        "training diverged: a parameter is no finite number after epoch \(state.epoch + 1)",
        notes: ["a lower learning rate or --clip may help"])
    }
    let loss = next.losses / Double(max(next.step, 1))
    (next.epoch, next.step, next.losses) = (next.epoch + 1, 0, 0)
    if next.epoch == options.epochs { try recalibrate(&next) }
    state = next
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - begin) * 1e-9
    let measured = try validate()
    return EpochMetrics(
      epoch: state.epoch, loss: loss, task: options.loss.rawValue,
      macs: shares(state)?.macs ?? 1, params: shares(state)?.params,
      accuracy: measured.map(\.accuracy) ?? score.accuracy,
      miou: measured.map(\.meanIoU) ?? score.meanIoU,
      r2: measured.map(\.determination) ?? score.errors.determination,
      agreement: measured?.agreement, seconds: seconds,
      rate: rate(state.epoch * stepsPerEpoch - 1),
      imagesPerSecond: Double((stepsPerEpoch - first) * options.batch) / max(seconds, 1e-9),
      undecided: state.gates?.weights.joined().count { (0.05...0.95).contains($0) } ?? 0)
  }

  /// Copies what the runner and the driver hold into a state.
  private func collect(_ next: inout TrainerState) {
    next.memory = driver?.memory
    next.means = means
    next.parameters = graph.parameters.map { runner.parameter($0.value) }
    next.statistics = graph.statistics.map { runner.parameter($0.value) }
  }

  /// Puts a state into the runner.
  func install(_ state: TrainerState) {
    for (parameter, elements) in zip(graph.parameters, state.parameters) {
      runner.setParameter(parameter.value, elements)
    }
    for (statistic, elements) in zip(graph.statistics, state.statistics) {
      runner.setParameter(statistic.value, elements)
    }
    if let memory = state.memory { driver?.memory = memory }
    means = state.means
  }

  /// Replaces the running statistics by the mean of those of some batches, at the weights and gates
  /// as they are.
  private func recalibrate(_ next: inout TrainerState) throws(Diagnostic) {
    let count = min(options.recalibration, stepsPerEpoch)
    guard count > 0, !graph.statistics.isEmpty else { return }
    for (parameter, average) in zip(graph.parameters, next.averages) {
      runner.setParameter(parameter.value, average)
    }
    defer {
      for (parameter, elements) in zip(graph.parameters, next.parameters) {
        runner.setParameter(parameter.value, elements)
      }
    }
    var sums = next.statistics.map { Array(repeating: 0.0, count: $0.count) }
    let stream = BatchStream(assembler, epoch: options.epochs, count: count)
    let parts = options.parts
    var number = totalSteps * parts
    while let batch = try stream.next() {
      for part in 0..<parts {
        _ = try forward(batch.part(part, of: parts), state: next, number: number)
        number += 1
        addStatistics(&sums, of: next)
      }
    }
    for (index, statistic) in graph.statistics.enumerated() where statistic.momentum < 1 {
      next.statistics[index] = sums[index].map {
        let mean = Float($0 / Double(count * parts))
        return statistic.isVariance ? max(mean, 0) : mean
      }
      runner.setParameter(statistic.value, next.statistics[index])
      if !next.averages.isEmpty {
        next.averages[graph.parameters.count + index] = next.statistics[index]
      }
    }
  }

  /// Adds the statistics of the batch of the last run, which started from those of `state`.
  private func addStatistics(_ sums: inout [[Double]], of state: TrainerState) {
    for (index, statistic) in graph.statistics.enumerated() where statistic.momentum < 1 {
      for (channel, mixed) in runner.floats(statistic.next).enumerated() {
        let old = Double(state.statistics[index][channel])
        sums[index][channel] +=
          (Double(mixed) - old * statistic.momentum) / (1 - statistic.momentum)
      }
    }
  }

  /// What the model as it is comes to on the validation part; nil without one.
  private func validate() throws(Diagnostic) -> Evaluation? {
    guard let validation = data.validation else { return nil }
    try store()
    return try Evaluation.run(
      model, on: validation, metadata: metadata, batch: options.samplesAtOnce,
      output: options.outputs.first?.name, teacher: options.teacher, threads: options.threads)
  }
}
