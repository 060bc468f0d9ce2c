/// A call of a model-local function whose body stands in the graph in its place.
///
/// It is written as a call again as long as no pass has changed the body: every edit of one of its
/// nodes or constants drops the call, and what it stood for stays.
public struct FunctionCall: Sendable {
  public var name: String
  /// The function's name.
  public var type: String
  public var domain: String
  public var overload: String
  public var inputs: [ValueID?]
  public var outputs: [ValueID?]
  public var attributes: Attributes
  public var residue: Residue

  /// Creates a call.
  public init(
    name: String, type: String, domain: String, overload: String, inputs: [ValueID?],
    outputs: [ValueID?], attributes: Attributes, residue: Residue
  ) {
    self.name = name
    self.type = type
    self.domain = domain
    self.overload = overload
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
    self.residue = residue
  }
}

/// The calls of a graph, by the nodes and constants that stand in their places.
struct FunctionCalls: Sendable {
  private var calls: [Int: FunctionCall] = [:]
  private var members: [Int: [NodeID]] = [:]
  private var callOfNode: [NodeID: Int] = [:]
  private var callOfConstant: [ValueID: Int] = [:]
  private var count = 0

  /// Notes a call.
  mutating func add(_ call: FunctionCall, nodes: [NodeID], constants: [ValueID]) {
    calls[count] = call
    members[count] = nodes
    for node in nodes { callOfNode[node] = count }
    for constant in constants { callOfConstant[constant] = count }
    count += 1
  }

  /// Drops the call that a node belongs to.
  mutating func touch(_ node: NodeID) {
    if let call = callOfNode[node] { drop(call) }
  }

  /// Drops the call that a constant belongs to.
  mutating func touch(_ constant: ValueID) {
    if let call = callOfConstant[constant] { drop(call) }
  }

  private mutating func drop(_ call: Int) {
    guard calls.removeValue(forKey: call) != nil else { return }
    for node in members.removeValue(forKey: call) ?? [] { callOfNode[node] = nil }
    callOfConstant = callOfConstant.filter { $0.value != call }
  }

  /// The calls and their nodes, in the order they were noted.
  var all: [(call: FunctionCall, nodes: [NodeID])] {
    calls.keys.sorted().compactMap { key in
      calls[key].map { ($0, members[key] ?? []) }
    }
  }
}

extension Graph {
  /// Notes a call in whose place the nodes and constants from these indices on stand.
  public mutating func addCall(_ call: FunctionCall, nodesFrom node: Int, valuesFrom value: Int) {
    let nodes = nodes(from: node)
    guard !nodes.isEmpty else { return }
    calls.add(call, nodes: nodes, constants: constants(from: value))
  }

  /// The nodes whose index is at least `first`, in the order they were made.
  public func nodes(from first: Int) -> [NodeID] {
    (first..<max(first, nodeSlots.count)).map(NodeID.init).filter(contains)
  }

  /// The constants whose index is at least `first`, in the order they were made.
  public func constants(from first: Int) -> [ValueID] {
    (first..<max(first, valueSlots.count)).map(ValueID.init).filter {
      contains($0) && self[$0].constant != nil
    }
  }

  /// The calls that can be written again: nothing outside reads what is within, or comes between
  /// the nodes and reads a result.
  public var intactCalls: [(call: FunctionCall, nodes: [NodeID])] {
    let all = calls.all
    guard !all.isEmpty else { return [] }
    var places: [NodeID: Int] = [:]
    for (place, node) in nodes.enumerated() { places[node] = place }
    return all.filter { isIntact($0.call, of: $0.nodes, places: places) }
  }

  private func isIntact(
    _ call: FunctionCall, of nodes: [NodeID], places: [NodeID: Int]
  ) -> Bool {
    let inside = Set(nodes)
    let results = Set(call.outputs.compactMap { $0 })
    let last = nodes.compactMap { places[$0] }.max() ?? 0
    guard call.inputs.allSatisfy({ $0.map(contains) ?? true }),
      results.allSatisfy({ isProduced($0, by: inside) })
    else { return false }
    return nodes.flatMap { self[$0].outputs.compactMap { $0 } }.allSatisfy { value in
      uses(of: value).allSatisfy { use in
        switch use {
        case .operand(let reader, _), .capture(let reader):
          inside.contains(reader) || (results.contains(value) && places[reader] ?? 0 > last)
        case .output: results.contains(value)
        }
      }
    }
  }

  private func isProduced(_ value: ValueID, by nodes: Set<NodeID>) -> Bool {
    guard contains(value), let producer = self[value].producer else { return false }
    return nodes.contains(producer)
  }
}
