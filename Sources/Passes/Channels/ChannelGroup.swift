import IR

/// One operand of one node.
public struct OperandSite: Hashable, Comparable, Sendable {
  public var node: NodeID
  public var operand: Int

  /// Creates a site.
  public init(_ node: NodeID, _ operand: Int) {
    self.node = node
    self.operand = operand
  }

  public static func < (left: OperandSite, right: OperandSite) -> Bool {
    (left.node, left.operand) < (right.node, right.operand)
  }
}

/// A set of channel indices that all its members must keep or lose together.
public struct ChannelGroup: Sendable {
  /// A constant whose rows make the channels.
  public struct Producer: Hashable, Sendable {
    public var node: NodeID
    /// The operand that holds the constant.
    public var operand: Int
    /// The axis of the constant.
    public var axis: Int
  }

  /// An axis of a value on which the group stands.
  public struct Member: Hashable, Sendable {
    public var value: ValueID
    public var axis: Int
  }

  public var id: GroupID
  /// The name of the value that the first producer makes; `.2`, `.3` … tell several groups of one
  /// value apart.
  public var name: String
  public var size: Int
  public var producers: [Producer]
  /// The operands over which the group is summed.
  public var consumers: [OperandSite]
  /// The axes of computed values on which the group stands.
  public var members: [Member]
  /// Why every index stays; empty if indices may go.
  public var blocked: [BlockReason]
  /// The nodes that are fitted to it when indices go, and what that costs.
  public var compensations: [BlockReason] = []

  /// Whether indices may be removed.
  public var isFree: Bool { blocked.isEmpty }
}
