/// A node as it stands in the text.
struct NodeSyntax: Sendable {
  /// A name, nil for an omitted operand.
  struct Operand: Sendable {
    var name: String?
    var position: Int
  }

  /// An attribute.
  struct NamedAttribute: Sendable {
    var name: String
    var value: AttributeSyntax
  }

  var results: [GraphSyntax.Definition?]
  var isOpaque: Bool
  var domain: String
  var type: String
  var operands: [Operand]
  var attributes: [NamedAttribute]
  var name: String?
  var overload: String
  var position: Int
}

/// An attribute's value as it stands in the text.
indirect enum AttributeSyntax: Sendable {
  case plain(Attribute)
  case graph(GraphSyntax)
  case graphs([GraphSyntax])
}
