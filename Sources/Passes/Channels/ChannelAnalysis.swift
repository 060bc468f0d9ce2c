import IR

/// The channel groups of a graph and the layout of every axis of every value.
///
/// Every axis is a variable; each node's axis signature unifies the variables of its operands and
/// results. The leaves that remain and that a constant weight produces are the channel groups. Each
/// use of a constant, or of what follows from constants alone, has axes of its own: a constant that
/// two nodes want cut differently is cloned when it is cut.
public struct ChannelAnalysis: Sendable {
  /// The groups in the order of their first producers.
  public let groups: [ChannelGroup]
  private let values: [ValueID: [Layout]]
  private let uses: [OperandSite: [Layout]]
  private let labels: [NodeID: [Int: Layout]]
  /// The values that follow from constants alone, constants included.
  public let constantValues: Set<ValueID>

  /// Those of them that are computed, and cut where they are read; dequantized weights are cut before
  /// that.
  let computedConstants: Set<ValueID>

  /// The group with that identity.
  public subscript(id: GroupID) -> ChannelGroup { groups[id.index] }

  /// The layouts of all axes of a computed value or graph input; nil if its rank is unknown.
  public func layouts(of value: ValueID) -> [Layout]? { values[value] }

  /// The layouts of all axes of what a node's operand holds; nil if its rank is unknown, or for a
  /// constant that carries a shape or that nothing may be removed from.
  public func layouts(at site: OperandSite, in graph: Graph) -> [Layout]? {
    guard let value = graph[site.node].input(site.operand) else { return nil }
    return graph[value].constant == nil ? uses[site] ?? values[value] : uses[site]
  }

  /// The layouts of a constant where a node reads it that computes more than a constant: itself, or a
  /// gate's product of it.
  func layouts(ofConstant value: ValueID, in graph: Graph) -> [Layout]? {
    for case .operand(let node, let index) in graph.uses(of: value) {
      if let found = layouts(at: OperandSite(node, index), in: graph) { return found }
      guard graph[node].op == .mul, let product = graph[node].output(0),
        constantValues.contains(product)
      else { continue }
      for case .operand(let reader, let operand) in graph.uses(of: product) {
        if let found = layouts(at: OperandSite(reader, operand), in: graph) { return found }
      }
    }
    return nil
  }

  /// The layout of a label of a node's axis signature.
  public func layout(of label: AxisSignature.Label, in node: NodeID) -> Layout? {
    labels[node]?[label.index]
  }

  /// Analyses a graph; nothing may be removed of `frozen` values that follow from constants.
  public init(_ graph: Graph, _ facts: GraphFacts, frozen: Set<ValueID> = []) {
    var builder = ChannelAnalysisBuilder(graph, facts, frozen: frozen)
    builder.unifyAll()
    builder.collectGroups()
    groups = builder.groups
    values = builder.valueLayouts()
    uses = builder.useLayouts()
    labels = builder.labelLayouts()
    constantValues = builder.constantValues
    computedConstants = builder.computedConstants
  }

  /// The free groups.
  public var freeGroups: [ChannelGroup] { groups.filter(\.isFree) }

  /// The group whose name that is.
  public func group(named name: String) -> ChannelGroup? { groups.first { $0.name == name } }
}
