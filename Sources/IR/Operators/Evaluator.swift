/// Something that computes nodes; the runtime implements it, passes use it to fold constants.
public protocol Evaluator: Sendable {
  /// The results of a node on the given operands; nil where a result is left out.
  ///
  /// Throws an `unsupported` diagnostic for operators and types it cannot compute, an `invalid` one
  /// for operands that do not fit the operator.
  func evaluate(_ node: Node, _ operands: [Tensor?]) throws(Diagnostic) -> [Tensor?]
}
