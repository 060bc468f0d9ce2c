/// A graph in SSA form: values, and nodes in topological order.
///
/// Every change goes through the methods of `Graph+Editing.swift`, which keep the use lists right.
public struct Graph: Sendable {
  /// A value of the enclosing graph that this one reads.
  public struct Capture: Hashable, Sendable {
    /// The value in the enclosing graph.
    public var outer: ValueID
    /// The value that stands for it here.
    public var inner: ValueID
  }

  /// One place where a value is read.
  public enum Use: Hashable, Sendable {
    /// Operand number `index` of a node.
    case operand(NodeID, index: Int)
    /// A subgraph of a node captures the value.
    case capture(NodeID)
    /// Output number `index` of the graph.
    case output(index: Int)
  }

  public var name: String
  public var residue: Residue
  /// The graph's inputs; those of a model below IR version 4 that only declare an initializer are
  /// among them.
  public internal(set) var inputs: [ValueID] = []
  public internal(set) var outputs: [ValueID] = []
  /// What a subgraph reads from the graph round it; empty for the main graph.
  public internal(set) var captures: [Capture] = []
  /// Value annotations of the source file for names that are no values of the graph.
  public var strayAnnotations: [(name: String, annotation: ValueAnnotation)] = []

  var valueSlots: [Value?] = []
  var nodeSlots: [Node?] = []
  var useSlots: [[Use]] = []
  var valuesByName: [String: ValueID] = [:]
  var links = NodeOrder()
  var calls = FunctionCalls()

  /// Creates an empty graph.
  public init(name: String) {
    self.name = name
    self.residue = Residue()
  }

  /// The value with that identity.
  ///
  /// - Precondition: it belongs to this graph and has not been erased.
  public subscript(id: ValueID) -> Value {
    guard let value = valueSlots[id.index] else { preconditionFailure("value was erased") }
    return value
  }

  /// The node with that identity.
  ///
  /// - Precondition: it belongs to this graph and has not been erased.
  public subscript(id: NodeID) -> Node {
    guard let node = nodeSlots[id.index] else { preconditionFailure("node was erased") }
    return node
  }

  /// Whether the value still exists.
  public func contains(_ id: ValueID) -> Bool {
    id.index < valueSlots.count && valueSlots[id.index] != nil
  }

  /// Whether the node still exists.
  public func contains(_ id: NodeID) -> Bool {
    id.index < nodeSlots.count && nodeSlots[id.index] != nil
  }

  /// All values, in the order they were made.
  public var values: [ValueID] {
    valueSlots.indices.filter { valueSlots[$0] != nil }.map(ValueID.init)
  }

  /// All nodes in topological order.
  public var nodes: [NodeID] { Array(links) }

  /// The number of nodes.
  public var nodeCount: Int { links.count }

  /// An upper bound of `ValueID.index`, for tables indexed by value.
  public var valueCapacity: Int { valueSlots.count }

  /// An upper bound of `NodeID.index`, for tables indexed by node.
  public var nodeCapacity: Int { nodeSlots.count }

  /// The constants, in the order they were made.
  public var constants: [ValueID] {
    values.filter { self[$0].constant != nil }
  }

  /// The value of that name.
  public func value(named name: String) -> ValueID? { valuesByName[name] }

  /// Every place where the value is read.
  public func uses(of value: ValueID) -> [Use] { useSlots[value.index] }

  /// The nodes that read the value, each once, subgraphs included.
  public func consumers(of value: ValueID) -> [NodeID] {
    var seen: [NodeID] = []
    for use in useSlots[value.index] {
      switch use {
      case .operand(let node, _), .capture(let node):
        if !seen.contains(node) { seen.append(node) }
      case .output: break
      }
    }
    return seen
  }

  /// Whether the value is an output of the graph.
  public func isOutput(_ value: ValueID) -> Bool {
    useSlots[value.index].contains { if case .output = $0 { true } else { false } }
  }

  /// The tensor of a constant that no caller may override; nil for other values.
  public func tensor(of value: ValueID?) -> Tensor? {
    guard let value, let constant = self[value].constant, !constant.isOverridable else {
      return nil
    }
    return constant.tensor
  }

  /// The node that follows in topological order.
  public func node(after node: NodeID) -> NodeID? { links.next(node) }
}
