import IR

/// How gradients flow backwards through an operator.
enum GradientRule: Sendable {
  /// Builds the nodes for one application and returns the gradient with respect to each operand;
  /// nil where there is none or none is needed.
  typealias Builder =
    @Sendable (inout GradientBuilder, GradientRequest) throws(Diagnostic) -> [ValueID?]

  /// Builds nodes that compute the results of a node from its operands, so that gradients flow
  /// through them instead; nil for a result that they do not compute.
  typealias Expander =
    @Sendable (inout GradientBuilder, Node) throws(Diagnostic) -> [ValueID?]

  case rule(Builder)
  /// The node is replaced by others, which have gradients, before gradients flow.
  case expansion(Expander)
  /// The results do not vary with small changes of the operands.
  case zero
  /// No rule is known; a phrase that continues "X ...".
  case unsupported(because: String)
}

/// One application of an operator through which gradients flow backwards.
struct GradientRequest {
  /// The forward node.
  let node: Node
  /// The gradient with respect to each result; nil where the loss does not depend on it.
  let results: [ValueID?]
  /// Whether the gradient with respect to an operand is asked for.
  let needs: [Bool]

  /// Whether the gradient with respect to operand number `index` is asked for.
  func needs(_ index: Int) -> Bool { index < needs.count && needs[index] }

  /// The same request with further operands' gradients asked for.
  func needing(_ indices: [Int]) -> GradientRequest {
    var needs = needs
    for index in indices where index < needs.count { needs[index] = true }
    return GradientRequest(node: node, results: results, needs: needs)
  }
}
