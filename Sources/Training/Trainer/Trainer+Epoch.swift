import DenseRuntime
import Dispatch
import IR

extension Trainer {
  /// Trains what is left of an epoch and returns its metrics; nil if it was stopped on the way, after
  /// whose last step `state` is.
  func runEpoch(_ keeper: CheckpointKeeper, _ progress: (TrainingProgress) -> Bool)
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
      let loss = try forward(batch, state: next, number: number)
      guard loss.isFinite else { throw diverged("the loss is \(loss)", number: number) }
      score.add(runner.floats(graph.prediction), batch)
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
      guard next.step < stepsPerEpoch, !goesOn || keeper.isDue else { continue }
      collect(&next)
      state = next
      if !goesOn { return nil }
      try keeper.save(state)
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
      r2: measured.map(\.determination) ?? score.errors.determination, seconds: seconds,
      rate: rate(state.epoch * stepsPerEpoch - 1),
      imagesPerSecond: Double((stepsPerEpoch - first) * options.batch) / max(seconds, 1e-9),
      undecided: state.gates?.weights.joined().count { (0.05...0.95).contains($0) } ?? 0)
  }

  /// Runs the training graph on a batch and returns the loss.
  func forward(_ batch: Batch, state: TrainerState, number: Int) throws(Diagnostic) -> Double {
    runner.fill(graph.input, batch.elements)
    if let labels = graph.labels { runner.fill(labels, batch.classes) }
    if let input = graph.shares, let labelShares {
      runner.fill(input, labelShares.of(batch))
    }
    if let targets = graph.targets { runner.fill(targets, batch.values) }
    var entropy = 0.0
    let logits = try teacher?.predict(batch.elements, count: batch.count)
    for (index, target) in graph.inner.enumerated() {
      guard let values = teacher?.innerValue(index) else { continue }
      let squares = values.reduce(0.0) { $0 + Double($1) * Double($1) }
      runner.fill(target.value, values)
      runner.fill(target.scale, [Float(Double(max(values.count, 1)) / max(squares, 1e-12))])
    }
    if let input = graph.teacher, let teacher, let logits {
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
  ///
  /// Throws a `difference` diagnostic, before anything changes, if they are not finite.
  func update(_ next: inout TrainerState, number: Int) throws(Diagnostic) {
    var norm = GradientNorm()
    for parameter in graph.parameters {
      runner.withOutput(parameter.gradient) { norm.add($0.bindMemory(to: Float.self)) }
    }
    guard norm.value.isFinite else {
      throw diverged("the gradient's norm is \(norm.value)", number: number)
    }
    let factor = options.clipping.map { norm.value > $0 ? Float($0 / norm.value) : 1 } ?? 1
    for (index, parameter) in graph.parameters.enumerated() {
      var memory: [[Float]] = []
      swap(&memory, &next.memories[index])
      runner.withOutput(parameter.gradient) { gradient in
        runner.withParameter(parameter.value) { elements in
          options.optimizer.step(
            elements, gradient: gradient.bindMemory(to: Float.self), memory: &memory,
            rate: rate(number), number: number, factor: factor, decays: parameter.decays)
        }
      }
      swap(&memory, &next.memories[index])
    }
    for statistic in graph.statistics {
      runner.setParameter(statistic.value, runner.floats(statistic.next))
    }
    average(&next, number: number)
    guard var gates = next.gates, driver != nil else { return }
    var slopes = gates.scores.map { Array(repeating: 0.0, count: $0.count) }
    for gate in graph.gates { slopes[gate.gate] = runner.floats(gate.gradient).map(Double.init) }
    driver?.step(
      &gates, slopes: slopes, moment: Double(number + 1) / Double(totalSteps), steps: totalSteps)
    next.gates = gates
  }

  /// Moves the averages towards the parameters and statistics.
  private func average(_ next: inout TrainerState, number: Int) {
    guard let averaging = options.averaging else { return }
    let decay = WeightAverage.decay(averaging, step: number)
    let values = graph.parameters.map(\.value) + graph.statistics.map(\.value)
    for (index, value) in values.enumerated() {
      var average: [Float] = []
      swap(&average, &next.averages[index])
      runner.withParameter(value) {
        WeightAverage.move(&average, to: UnsafeBufferPointer($0), decay: decay)
      }
      swap(&average, &next.averages[index])
    }
  }

  /// Copies what the runner and the driver hold into a state.
  private func collect(_ next: inout TrainerState) {
    next.memory = driver?.memory
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
    var number = totalSteps
    while let batch = try stream.next() {
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
      if !next.averages.isEmpty {
        next.averages[graph.parameters.count + index] = next.statistics[index]
      }
    }
  }

  /// What the model as it is comes to on the validation part; nil without one.
  private func validate() throws(Diagnostic) -> Evaluation? {
    guard let validation else { return nil }
    try store()
    return try Evaluation.run(
      model, on: validation, metadata: metadata, batch: options.batch,
      output: options.outputs.first?.name, threads: options.threads)
  }
}
