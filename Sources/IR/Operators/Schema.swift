/// What the compiler knows about an operator without being able to run it.
///
/// Every field is required: an operator that has nothing to say on a matter says so in words.
public struct Schema: Sendable {
  /// How many operands or results there are; the last one may repeat.
  public struct Arity: Hashable, Sendable {
    public var minimum: Int
    /// Nil where any number is allowed.
    public var maximum: Int?

    /// Exactly `count`.
    public static func exactly(_ count: Int) -> Arity { Arity(minimum: count, maximum: count) }
    /// From `range.lowerBound` to `range.upperBound`.
    public static func between(_ range: ClosedRange<Int>) -> Arity {
      Arity(minimum: range.lowerBound, maximum: range.upperBound)
    }
    /// `count` or more.
    public static func atLeast(_ count: Int) -> Arity { Arity(minimum: count, maximum: nil) }
  }

  /// One attribute.
  public struct AttributeSpec: Sendable {
    /// The kinds of values an attribute can have.
    public enum Kind: String, Hashable, Sendable {
      case float, int, string, tensor, graph, floats, ints, strings
      /// A `TypeProto`, kept as it is.
      case type
    }

    /// What holds where the attribute is left out.
    public enum Absence: Sendable {
      case invalid
      /// Nothing: the operator does without, or derives it from its operands.
      case derived
      case equals(Attribute)
    }

    public var name: String
    public var kind: Kind
    public var absence: Absence
  }

  /// How a result reacts when one channel of the first operand is scaled by a factor, all else
  /// equal.
  public enum Response: Hashable, Sendable {
    /// By the same factor: f(a·x) = a·f(x), and so f(0) = 0.
    case linear
    /// By the same factor if it is positive, and f(0) = 0.
    case positivelyHomogeneous
    /// In some other way, but zero stays zero.
    case zeroPreserving
    /// In no way that is known.
    case other
  }

  /// The multiply-accumulates of a node: `positions` times the extents of `labels`, times the sum of
  /// the extents of `summed`, each `times` a number, if there are any.
  ///
  /// The batch is among the labels, because exporters fold other axes into it: ask with a batch of
  /// 1.
  public struct MACs: Hashable, Sendable {
    /// Labels of the node's axis signature, each counted once.
    public var labels: [AxisSignature.Label]
    /// Extents that no label stands for: output positions and kernel taps.
    public var positions: [Dim]
    /// Labels whose extents are added up to one factor; none for no such factor.
    public var summed: [AxisSignature.Label]
    /// How often each of `summed` counts; once where nothing is said.
    public var times: [Dim]

    /// Creates a count.
    public init(
      labels: [AxisSignature.Label], positions: [Dim], summed: [AxisSignature.Label] = [],
      times: [Dim] = []
    ) {
      self.labels = labels
      self.positions = positions
      self.summed = summed
      self.times = times
    }

    /// How often one of `summed` counts.
    public func times(_ index: Int) -> Dim { index < times.count ? times[index] : .known(1) }

    /// The extents whose product the count is.
    public func factors(_ signature: AxisSignature) -> [Dim] {
      let factors = labels.map { signature[$0].extent } + positions
      let terms = summed.enumerated().map { signature[$1].extent * times($0) }
      guard let first = terms.first else { return factors }
      return factors + [terms.dropFirst().reduce(first, +)]
    }
  }

  /// What must change in a node, besides its weights, when extents of its operands and results
  /// have.
  public struct ExtentEdit: Sendable {
    /// Constants to put in the place of operands, by operand number.
    public var operands: [Int: Tensor]
    /// Numbers to put in the place of elements of computed shapes, by operand number and element.
    public var elements: [Int: [Int: Int]]
    /// Attributes to set.
    public var attributes: Attributes
    /// Attributes to remove.
    public var removedAttributes: [String]

    /// Creates an edit.
    public init(
      operands: [Int: Tensor] = [:], elements: [Int: [Int: Int]] = [:],
      attributes: Attributes = [:], removedAttributes: [String] = []
    ) {
      self.operands = operands
      self.elements = elements
      self.attributes = attributes
      self.removedAttributes = removedAttributes
    }

    /// Whether nothing changes.
    public var isEmpty: Bool {
      operands.isEmpty && elements.isEmpty && attributes.isEmpty && removedAttributes.isEmpty
    }

    /// Nothing changes.
    public static let none = ExtentEdit()
  }

  public typealias ShapeRule = @Sendable (OperatorContext) throws(Diagnostic) -> [ValueType]
  public typealias ShapeValueRule = @Sendable (OperatorContext) -> [[Dim]?]
  public typealias AxisRule = @Sendable (OperatorContext) -> AxisSignature
  public typealias CostRule = @Sendable (OperatorContext, AxisSignature) -> MACs?
  public typealias ExtentRule = @Sendable (OperatorContext, AxisSignature) -> ExtentEdit
  public typealias ResponseRule = @Sendable (OperatorContext) -> Response
  public typealias BorderRule = @Sendable (OperatorContext) -> Bool

  public var inputs: Arity
  public var outputs: Arity
  public var attributes: [AttributeSpec]
  /// The results' types.
  public var shape: ShapeRule
  /// The elements of integer results, as far as they follow from shapes; nil where they do not.
  public var shapeValues: ShapeValueRule
  /// The axis signature; asked only when the ranks of all operands and results are known.
  public var axes: AxisRule
  /// The multiply-accumulates; nil where there are none to speak of.
  public var cost: CostRule
  /// The edit that fits the node to new extents: those of the context's types, and of the labels of
  /// the signature. The context's constants and shape values are the old ones.
  public var extents: ExtentRule
  public var response: ResponseRule
  /// Whether the operator mixes in something at borders or positions, so that a channel that is
  /// constant in the first operand need not be constant in the result.
  public var hasBorders: BorderRule

  /// Creates a schema.
  public init(
    inputs: Arity, outputs: Arity, attributes: [AttributeSpec], shape: @escaping ShapeRule,
    shapeValues: @escaping ShapeValueRule, axes: @escaping AxisRule, cost: @escaping CostRule,
    extents: @escaping ExtentRule, response: @escaping ResponseRule,
    hasBorders: @escaping BorderRule
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
    self.shape = shape
    self.shapeValues = shapeValues
    self.axes = axes
    self.cost = cost
    self.extents = extents
    self.response = response
    self.hasBorders = hasBorders
  }
}
