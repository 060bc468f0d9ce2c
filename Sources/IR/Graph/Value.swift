/// The identity of a value within its graph.
public struct ValueID: Hashable, Comparable, Sendable {
  public let index: Int
  init(_ index: Int) { self.index = index }
  public static func < (left: ValueID, right: ValueID) -> Bool { left.index < right.index }
}

/// A value: one SSA name of a graph.
public struct Value: Sendable {
  /// Where a value comes from.
  public enum Definition: Sendable {
    /// A graph input.
    case input
    /// A constant. If `isInput`, it is a graph input as well, whose value a caller may override
    /// (IR version 4 on).
    case constant(Constant)
    /// Output number `output` of a node.
    case node(NodeID, output: Int)
    /// A value of the enclosing graph; `Graph.captures` says which.
    case capture
  }

  /// The name, unique in its graph and the graphs round it.
  public internal(set) var name: String
  public internal(set) var type: ValueType
  public internal(set) var definition: Definition
  /// What the source file says of the value besides (`ValueInfoProto`).
  public var annotation: ValueAnnotation?

  /// The constant, if the value is one.
  public var constant: Constant? {
    if case .constant(let constant) = definition { constant } else { nil }
  }

  /// The node that makes the value, if one does.
  public var producer: NodeID? {
    if case .node(let node, _) = definition { node } else { nil }
  }
}

/// What a `ValueInfoProto` says of a value beyond its name and type.
public struct ValueAnnotation: Hashable, Sendable {
  public var residue: Residue
  /// The `TypeProto` of the source file, emitted as it is while `type` has not changed: it may hold
  /// denotations.
  public var encodedType: [UInt8]
  /// The type that `encodedType` was read as.
  public var type: ValueType

  /// Creates an annotation.
  public init(residue: Residue, encodedType: [UInt8], type: ValueType) {
    self.residue = residue
    self.encodedType = encodedType
    self.type = type
  }
}
