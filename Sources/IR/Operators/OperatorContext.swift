/// What is known of one node when a rule of its schema is asked.
public struct OperatorContext: Sendable {
  public let node: Node
  /// The operands' types; nil where one is left out.
  public let inputs: [ValueType?]
  /// The results' types; nil where one is left out, `.unknown` during shape inference.
  public let outputs: [ValueType?]
  /// The constant operands' tensors by operand number.
  public let constants: [Int: Tensor]
  /// The integer operands whose elements are known, perhaps symbolically, by operand number:
  /// shapes, sizes and indices on their way to an operator that wants them. Scalars have one
  /// element.
  public let shapeValues: [Int: [Dim]]
  /// The types of the outputs of one of the node's graphs, from those of its inputs; nil if the graph
  /// cannot run at those, or nothing is known of it.
  public let bodyTypes: BodyTypes

  /// The operands' types before their extents changed, where an edit is asked for; else none.
  public let formerInputs: [ValueType?]

  /// Infers types through a graph of the node.
  public typealias BodyTypes = @Sendable (Graph, [ValueType]) -> [ValueType]?

  /// Creates a context.
  public init(
    node: Node, inputs: [ValueType?], outputs: [ValueType?], constants: [Int: Tensor],
    shapeValues: [Int: [Dim]], formerInputs: [ValueType?] = [],
    bodyTypes: @escaping BodyTypes = { _, _ in nil }
  ) {
    self.node = node
    self.inputs = inputs
    self.outputs = outputs
    self.constants = constants
    self.shapeValues = shapeValues
    self.formerInputs = formerInputs
    self.bodyTypes = bodyTypes
  }

  /// The shape of an operand; nil if it is left out or its rank is unknown.
  public func shape(_ index: Int) -> Shape? {
    index < inputs.count ? inputs[index]?.shape : nil
  }

  /// The element type of an operand.
  public func element(_ index: Int) -> ElementType? {
    index < inputs.count ? inputs[index]?.element : nil
  }

  /// Whether the operand is given.
  public func has(_ index: Int) -> Bool { node.input(index) != nil }

  /// Where the node is, for diagnostics.
  public var site: Site { Site(nodes: [node.name], op: node.type) }

  /// An error about the node.
  public func invalid(_ message: String) -> Diagnostic { .invalid(message, at: site) }
}
