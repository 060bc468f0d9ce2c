import DenseRuntime
import IR

extension Trainer {
  /// The first samples of the training part as a batch.
  public func firstBatch() throws(Diagnostic) -> Batch {
    try assembler.batch(0, of: Array(0..<data.training.count), epoch: 0)
  }

  /// Takes the first step of a run on a batch, as often as it is called, and returns the loss
  /// before it; the model is left as it is.
  public func step(on batch: Batch) throws(Diagnostic) -> Double {
    let loss = try pass(batch, state: state, number: 0)
    try update(&state, number: 0)
    return loss
  }

  /// Runs the training graph on a batch, part by part, and returns the loss; `seen` is called with
  /// each part while its results are there. Ends with the first part whose loss is not finite.
  func pass(_ batch: Batch, state: TrainerState, number: Int, seen: (Batch) -> Void = { _ in })
    throws(Diagnostic) -> Double
  {
    let parts = options.parts
    gradients = parts > 1 ? GradientMeans(of: graph, parts: parts) : nil
    var loss = 0.0
    for part in 0..<parts {
      let samples = batch.part(part, of: parts)
      loss += try forward(samples, state: state, number: number * parts + part) / Double(parts)
      guard loss.isFinite else { break }
      seen(samples)
      gradients?.add(runner, graph)
      moveStatistics()
    }
    return loss
  }

  /// Gives the running statistics what the last run made of them.
  private func moveStatistics() {
    for statistic in graph.statistics {
      runner.setParameter(statistic.value, runner.floats(statistic.next))
    }
  }

  /// Calls `body` with the gradient of a parameter.
  private func withGradient(_ index: Int, _ body: (UnsafeBufferPointer<Float>) -> Void) {
    if let gradients { return gradients.parameters[index].withUnsafeBufferPointer(body) }
    runner.withOutput(graph.parameters[index].gradient) { body($0.bindMemory(to: Float.self)) }
  }

  /// Runs the training graph on as many samples as it takes and returns the loss.
  func forward(_ batch: Batch, state: TrainerState, number: Int) throws(Diagnostic)
    -> Double
  {
    for (input, values) in zip(graph.inputs, batch.inputs) { runner.fill(input, values) }
    if let labels = graph.labels { runner.fill(labels, batch.classes) }
    if let input = graph.shares, let labelShares {
      runner.fill(input, labelShares.of(batch))
    }
    if let targets = graph.targets { runner.fill(targets, batch.values) }
    var entropy = 0.0
    let logits = try teacherLogits(batch, epoch: number / (stepsPerEpoch * options.parts))
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
    let weight = options.outputs.first?.weight ?? 1
    return Double(runner.floats(graph.loss).first ?? .nan) - weight * share * entropy
  }

  /// Takes a step with the gradients of the last pass.
  ///
  /// Throws a `difference` diagnostic, before parameters change, if they are not finite.
  func update(_ next: inout TrainerState, number: Int) throws(Diagnostic) {
    var norm = GradientNorm()
    for index in graph.parameters.indices { withGradient(index) { norm.add($0) } }
    guard norm.value.isFinite else {
      throw diverged("the gradient's norm is \(norm.value)", number: number)
    }
    let factor = norm.value > clipping ? Float(clipping / norm.value) : 1
    for (index, parameter) in graph.parameters.enumerated() {
      var memory: [[Float]] = []
      swap(&memory, &next.memories[index])
      withGradient(index) { gradient in
        runner.withParameter(parameter.value) { elements in
          options.optimizer.step(
            elements, gradient: gradient, memory: &memory, rate: rate(number),
            number: (options.memory?.steps ?? 0) + number, factor: factor,
            decays: parameter.decays)
        }
      }
      swap(&memory, &next.memories[index])
    }
    average(&next, number: number)
    guard var gates = next.gates, driver != nil else { return }
    var slopes = gates.scores.map { Array(repeating: 0.0, count: $0.count) }
    for (index, gate) in graph.gates.enumerated() {
      let slope = gradients?.gates[index] ?? runner.floats(gate.gradient)
      slopes[gate.gate] = slope.map(Double.init)
    }
    driver?.step(
      &gates, slopes: slopes, moment: Double(number + 1) / Double(totalSteps), steps: totalSteps
    ) { collapsedShare($0, averages: next.averages) }
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
}
