import DenseRuntime
import IR

/// What two graphs made of one drawn input.
struct VerificationSample {
  /// The reference, with its inputs and outputs by name.
  let graph: Graph
  let inputs: [String: Tensor]
  let outputs: [String: Tensor]
  let otherInputs: [String: Tensor]
  let otherOutputs: [String: Tensor]

  /// How far the two tensors of a comparison are apart; nil if one is not there.
  func difference(_ comparison: VerificationPair.Comparison) -> OutputDifference? {
    guard let expected = comparison.reference.tensor(inputs, outputs),
      let found = comparison.other.tensor(otherInputs, otherOutputs)
    else { return nil }
    return OutputDifference(expected, found)
  }

  /// The largest difference between the reference's output and the same computed in float64; 0 for
  /// what is no output.
  func ownDifference(_ comparison: VerificationPair.Comparison) throws(Diagnostic) -> Double {
    guard case .output(let name) = comparison.reference, let found = outputs[name] else { return 0 }
    let exact = try Interpreter(precision: .float64).run(graph, inputs: inputs)
    let own = exact[name].map { OutputDifference($0, found).largest } ?? 0
    return own.isFinite ? own : 0
  }
}
