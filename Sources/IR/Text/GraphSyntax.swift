/// A graph as it stands in the text, before names are resolved.
struct GraphSyntax: Sendable {
  /// A value with its type and where it stands.
  struct Definition: Sendable {
    var name: String
    var type: ValueType
    var position: Int
  }

  /// A value of the enclosing graph that this one reads.
  struct Capture: Sendable {
    var inner: Definition
    var outer: String
  }

  /// A constant.
  struct ConstantLine: Sendable {
    var definition: Definition
    var tensor: Tensor
    var isOverridable: Bool
  }

  var name: String
  var inputs: [Definition] = []
  var captures: [Capture] = []
  var outputs: [Definition] = []
  var constants: [ConstantLine] = []
  var nodes: [NodeSyntax] = []
}
