/// The identity of a node within its graph.
public struct NodeID: Hashable, Comparable, Sendable {
  public let index: Int
  init(_ index: Int) { self.index = index }
  public static func < (left: NodeID, right: NodeID) -> Bool { left.index < right.index }
}

/// A node: one application of an operator.
public struct Node: Sendable {
  public internal(set) var op: Operator
  /// The name; may be empty, as in the source file.
  public internal(set) var name: String
  /// The operands; nil where an optional one is left out.
  public internal(set) var inputs: [ValueID?]
  /// The results; nil where an optional one is left out.
  public internal(set) var outputs: [ValueID?]
  public internal(set) var attributes: Attributes
  /// The operator's name where `op` is `.opaque`.
  public internal(set) var opaqueType: String
  /// The operator's domain as the source file spells it (`""` and `"ai.onnx"` are the same).
  public var domain: String
  /// The overload of a model-local function.
  public var overload: String
  public var residue: Residue

  /// The operator's name, opaque or not.
  public var type: String { op == .opaque ? opaqueType : op.name }

  /// Operand number `index`; nil if it is left out or there are not so many.
  public func input(_ index: Int) -> ValueID? {
    index < inputs.count ? inputs[index] : nil
  }

  /// Result number `index`; nil if it is left out or there are not so many.
  public func output(_ index: Int) -> ValueID? {
    index < outputs.count ? outputs[index] : nil
  }

  /// What the node reads: its operands, then what its subgraphs capture, each as often as it is
  /// read.
  public var reads: [ValueID] {
    let operands = inputs.compactMap { $0 }
    return hasSubgraphs ? operands + subgraphs.flatMap { $0.captures.map(\.outer) } : operands
  }

  /// Whether an attribute is a graph.
  public var hasSubgraphs: Bool {
    attributes.contains { entry in
      switch entry.attribute {
      case .graph: true
      case .graphs(let graphs): !graphs.isEmpty
      case .float, .int, .string, .tensor, .floats, .ints, .strings, .tensors, .reference,
        .opaque:
        false
      }
    }
  }

  /// The subgraphs among the attributes, in their order.
  public var subgraphs: [Graph] {
    attributes.flatMap { entry -> [Graph] in
      switch entry.attribute {
      case .graph(let graph): [graph]
      case .graphs(let graphs): graphs
      case .float, .int, .string, .tensor, .floats, .ints, .strings, .tensors, .reference,
        .opaque:
        []
      }
    }
  }
}
