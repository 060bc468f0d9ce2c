import DenseRuntime
import IR

extension Trainer {
  /// Says that a step of a batch came to no finite numbers, and where they begin.
  func diverged(_ what: String, number: Int) -> Diagnostic {
    var place = "epoch \(number / stepsPerEpoch + 1), step \(number % stepsPerEpoch + 1)"
    if let culprit = culprit() { place += ", at \(culprit)" }
    return Diagnostic(
      kind: .difference, "training diverged: \(what) in \(place)",
      notes: ["a lower learning rate or --clip may help"])
  }

  /// The first parameter, or else the first node of the training graph, that is not finite at the
  /// parameters and inputs of the last run; nil if there is none, or no memory to look.
  private func culprit() -> String? {
    for parameter in graph.parameters
    where !runner.parameter(parameter.value).allSatisfy(\.isFinite) {
      return "parameter '\(parameter.name)'"
    }
    var probe = graph.graph
    var made: [(node: NodeID, value: ValueID)] = []
    for node in probe.nodes {
      for case let value? in probe[node].outputs where probe[value].type.element == .float32 {
        if !probe.isOutput(value) { probe.addOutput(value) }
        made.append((node, value))
      }
    }
    guard let session = try? Session(probe, parameters: graph.variables) else { return nil }
    for input in probe.inputs {
      runner.withInput(input) { from in
        _ = session.withInput(input) { $0.copyMemory(from: UnsafeRawBufferPointer(from)) }
      }
    }
    for value in graph.variables { session.setParameter(value, runner.parameter(value)) }
    guard (try? session.run()) != nil else { return nil }
    for (node, value) in made where !session.floats(value).allSatisfy(\.isFinite) {
      let name = probe[node].name
      return "\(probe[node].type) '\(name.isEmpty ? probe[value].name : name)'"
    }
    return nil
  }
}
