import DenseRuntime
import Dispatch
import IR

extension Trainer {
  /// Trains one epoch and returns its metrics; nil if it was stopped on the way.
  func runEpoch(_ progress: (TrainingProgress) -> Bool) throws(Diagnostic) -> EpochMetrics? {
    let begin = DispatchTime.now().uptimeNanoseconds
    let stream = BatchStream(assembler, epoch: state.epoch, count: stepsPerEpoch)
    var next = state
    var losses = 0.0
    var score = Score(shape: graph.graph[graph.prediction].type.shape?.known ?? [])
    var step = 0
    while let batch = stream.next() {
      let number = state.epoch * stepsPerEpoch + step
      let loss = try forward(batch, state: next, number: number)
      guard loss.isFinite else {
        throw Diagnostic(
          kind: .difference,
          "training diverged: the loss is \(loss) in epoch \(state.epoch + 1), step \(step + 1)",
          notes: ["a lower learning rate may help"])
      }
      losses += loss
      score.add(runner.floats(graph.prediction), batch)
      update(&next, number: number)
      step += 1
      let seconds = Double(DispatchTime.now().uptimeNanoseconds - begin) * 1e-9
      let left = Double(totalSteps - number - 1)
      let current = TrainingProgress(
        epoch: state.epoch + 1, epochs: options.epochs, step: step, steps: stepsPerEpoch,
        loss: losses / Double(step), accuracy: score.accuracy, macs: share(next),
        imagesPerSecond: Double(step * options.batch) / max(seconds, 1e-9),
        secondsLeft: seconds / Double(step) * left)
      if !progress(current) { return nil }
    }
    collect(&next)
    guard next.parameters.joined().allSatisfy(\.isFinite) else {
      throw Diagnostic(
        kind: .difference,
        "training diverged: a parameter is no finite number after epoch \(state.epoch + 1)",
        notes: ["a lower learning rate may help"])
    }
    if state.epoch + 1 == options.epochs { try recalibrate(&next) }
    next.epoch += 1
    next.memory = driver?.memory
    state = next
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - begin) * 1e-9
    let accuracy = try validationAccuracy()
    return EpochMetrics(
      epoch: state.epoch, loss: losses / Double(max(step, 1)), task: options.loss.rawValue,
      macs: relaxedShare ?? 1, accuracy: accuracy ?? score.accuracy,
      seconds: seconds, rate: rate(state.epoch * stepsPerEpoch - 1),
      imagesPerSecond: Double(step * options.batch) / max(seconds, 1e-9),
      undecided: state.gates?.weights.joined().count { (0.05...0.95).contains($0) } ?? 0)
  }

  /// Runs the training graph on a batch and returns the loss.
  func forward(_ batch: Batch, state: TrainerState, number: Int) throws(Diagnostic) -> Double {
    runner.fill(graph.input, batch.elements)
    if let labels = graph.labels { runner.fill(labels, batch.classes) }
    if let targets = graph.targets { runner.fill(targets, batch.values) }
    var entropy = 0.0
    if let input = graph.teacher, let teacher {
      let logits = try teacher.predict(batch.elements, count: batch.count)
      let soft = SoftTargets(logits, shape: teacher.shape, temperature: options.temperature)
      entropy = soft.entropy * options.temperature * options.temperature
      runner.fill(input, soft.probabilities)
    }
    for (index, mask) in graph.masks.enumerated() {
      var random = RandomSource(
        seed: options.seed, stream: 3, UInt64(number), UInt64(index))
      let kept = Float(1 / (1 - mask.ratio))
      runner.withInput(mask.input) { memory in
        let elements = memory.bindMemory(to: Float.self)
        for position in elements.indices {
          elements[position] = random.uniform() < mask.ratio ? 0 : kept
        }
      }
    }
    if let gates = state.gates, goal != nil {
      let weights = gates.weights
      for gate in graph.gates {
        runner.setParameter(gate.value, weights[gate.gate].map { Float($0) })
      }
    }
    try runner.run()
    let share =
      options.loss == .distillation ? 1 : options.teacher == nil ? 0 : options.distillation
    return Double(runner.floats(graph.loss).first ?? .nan) - share * entropy
  }

  /// Takes a step with the gradients of the last run.
  func update(_ next: inout TrainerState, number: Int) {
    let rate = Float(rate(number))
    let momentum = Float(options.momentum)
    for (index, parameter) in graph.parameters.enumerated() {
      var descent = MomentumDescent(velocity: next.velocities[index])
      next.velocities[index] = []
      runner.withOutput(parameter.gradient) { gradient in
        runner.withParameter(parameter.value) { elements in
          descent.step(
            elements, gradient: gradient.bindMemory(to: Float.self), rate: rate,
            momentum: momentum, decay: parameter.decays ? Float(options.decay) : 0)
        }
      }
      next.velocities[index] = descent.velocity
    }
    for statistic in graph.statistics {
      runner.setParameter(statistic.value, runner.floats(statistic.next))
    }
    guard var gates = next.gates, driver != nil else { return }
    var slopes = gates.scores.map { Array(repeating: 0.0, count: $0.count) }
    for gate in graph.gates { slopes[gate.gate] = runner.floats(gate.gradient).map(Double.init) }
    driver?.step(
      &gates, slopes: slopes, moment: Double(number + 1) / Double(totalSteps), steps: totalSteps)
    next.gates = gates
  }

  /// Copies what the runner holds into a state.
  private func collect(_ next: inout TrainerState) {
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
  }

  /// Replaces the running statistics by the mean of those of some batches, at the weights and gates
  /// as they are.
  private func recalibrate(_ next: inout TrainerState) throws(Diagnostic) {
    let count = min(options.recalibration, stepsPerEpoch)
    guard count > 0, !graph.statistics.isEmpty else { return }
    var sums = next.statistics.map { Array(repeating: 0.0, count: $0.count) }
    let stream = BatchStream(assembler, epoch: options.epochs, count: count)
    var number = totalSteps
    while let batch = stream.next() {
      _ = try forward(batch, state: next, number: number)
      number += 1
      for (index, statistic) in graph.statistics.enumerated() where statistic.momentum < 1 {
        for (channel, mixed) in runner.floats(statistic.next).enumerated() {
          let old = Double(next.statistics[index][channel])
          sums[index][channel] +=
            (Double(mixed) - old * statistic.momentum) / (1 - statistic.momentum)
        }
      }
    }
    for (index, statistic) in graph.statistics.enumerated() where statistic.momentum < 1 {
      next.statistics[index] = sums[index].map {
        let mean = Float($0 / Double(count))
        return statistic.isVariance ? max(mean, 0) : mean
      }
      runner.setParameter(statistic.value, next.statistics[index])
    }
  }

  private func share(_ state: TrainerState) -> Double? {
    guard let goal, let gates = state.gates else { return nil }
    return goal.cost.value(gates.weights) / goal.cost.dense
  }

  /// The accuracy of the model as it is on the validation part; nil without one.
  private func validationAccuracy() throws(Diagnostic) -> Double? {
    guard let validation else { return nil }
    try store()
    return try Evaluation.run(
      model, on: validation, metadata: metadata, batch: options.batch, threads: options.threads
    ).accuracy
  }
}
