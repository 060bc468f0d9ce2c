import DenseRuntime

/// The means of the gradients over the parts of a batch.
struct GradientMeans {
  /// In the order of the training graph's parameters.
  private(set) var parameters: [[Float]]
  /// In the order of the training graph's gates.
  private(set) var gates: [[Float]]
  private let share: Float

  /// Means of gradients of which none has been added yet.
  init(of graph: TrainingGraph, parts: Int) {
    parameters = Array(repeating: [], count: graph.parameters.count)
    gates = Array(repeating: [], count: graph.gates.count)
    share = 1 / Float(parts)
  }

  /// Adds the gradients of one part, the last that `runner` ran.
  mutating func add(_ runner: Session, _ graph: TrainingGraph) {
    for (index, parameter) in graph.parameters.enumerated() {
      runner.withOutput(parameter.gradient) {
        add($0.bindMemory(to: Float.self), to: &parameters[index])
      }
    }
    for (index, gate) in graph.gates.enumerated() {
      runner.withOutput(gate.gradient) { add($0.bindMemory(to: Float.self), to: &gates[index]) }
    }
  }

  private func add(_ gradient: UnsafeBufferPointer<Float>, to mean: inout [Float]) {
    if mean.isEmpty { mean = Array(repeating: 0, count: gradient.count) }
    mean.withUnsafeMutableBufferPointer { mean in
      // Safety: both have the parameter's count.
      for index in 0..<gradient.count { mean[index] += share * gradient[index] }
    }
  }
}
