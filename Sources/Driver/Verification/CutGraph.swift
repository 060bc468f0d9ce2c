import IR

/// A graph from which nodes that cannot be run are cut out: what they make becomes an input, what
/// they read an output.
///
///     %y = Mystery(%x)            ->   input %y.cut, output %x
///     %z = Relu(%y)               ->   %z = Relu(%y.cut)
struct CutGraph {
  /// A node that was cut out.
  struct Cut: Hashable {
    /// The operator.
    var type: String
    /// The names of its results in the uncut graph.
    var results: [String?]
    /// The types of the inputs that stand for its results; nil where one is not known, so that
    /// nothing beyond it can be run.
    var resultTypes: [TensorType?]
    /// The names of the values it reads, captures of subgraphs last.
    var operands: [String?]

    /// What identifies the node in another version of the graph.
    var key: String { CutGraph.key(type, results) }
  }

  /// What is left of the graph.
  private(set) var graph: Graph
  private(set) var cuts: [Cut] = []
  /// The inputs that stand for results, by the result's name.
  private(set) var standIns: [String: ValueID] = [:]
  /// Values that stand for results of unknown type: nothing that depends on them can be run.
  private var unreachable: Set<ValueID> = []
  /// The names of the graph's outputs, before any cut.
  private let outputNames: [String]
  private let declaredOutputs: Int

  /// Creates a graph without cuts.
  init(_ graph: Graph) {
    self.graph = graph
    outputNames = graph.outputs.map { graph[$0].name }
    declaredOutputs = graph.outputs.count
  }

  /// What identifies a node in another version of the graph: its operator and its results' names.
  static func key(of id: NodeID, in graph: Graph) -> String {
    key(graph[id].type, graph[id].outputs.map { $0.map { graph[$0].name } })
  }

  private static func key(_ type: String, _ results: [String?]) -> String {
    type + "\u{0}" + results.map { $0 ?? "" }.joined(separator: "\u{0}")
  }

  /// What a node reads: operands, then values captured by its subgraphs.
  static func operands(of node: Node) -> [ValueID?] {
    node.inputs + node.subgraphs.flatMap { $0.captures.map(\.outer) }
  }

  /// Cuts a node out; results whose types are nil take all that depends on them out as well.
  mutating func cut(_ id: NodeID, resultTypes: [TensorType?]) {
    cutOnly(id, resultTypes: resultTypes)
    cutUnreachable()
  }

  /// Cuts one node out, whatever depends on it.
  mutating func cutOnly(_ id: NodeID, resultTypes: [TensorType?]) {
    if graph.contains(id) { _ = cutOne(id, resultTypes) }
  }

  /// Cuts out all that depends on results of unknown type.
  mutating func cutUnreachable() {
    var pending = Array(unreachable)
    while let value = pending.popLast() {
      for consumer in graph.consumers(of: value) where graph.contains(consumer) {
        pending += cutOne(consumer, [])
      }
    }
  }

  /// Cuts one node out and returns the inputs that stand for its results.
  private mutating func cutOne(_ id: NodeID, _ types: [TensorType?]) -> [ValueID] {
    let node = graph[id]
    let operands = Self.operands(of: node)
    var made: [ValueID] = []
    for (index, result) in node.outputs.enumerated() {
      guard let result else { continue }
      let name = graph[result].name
      let type = index < types.count ? types[index] : nil
      let standIn = graph.addInput(
        graph.freshName(name + ".cut"), type.map(ValueType.tensor) ?? .tensor(.float32, []))
      if type == nil { unreachable.insert(standIn) }
      graph.replaceUses(of: result, with: standIn)
      standIns[name] = standIn
      made.append(standIn)
    }
    cuts.append(
      Cut(
        type: node.type, results: node.outputs.map { $0.map { graph[$0].name } },
        resultTypes: node.outputs.indices.map { $0 < types.count ? types[$0] : nil },
        operands: operands.map { $0.map { graph[$0].name } }))
    graph.erase(id)
    for case let operand? in operands where graph[operand].producer != nil {
      if !graph.isOutput(operand) { graph.addOutput(operand) }
    }
    return made
  }

  /// The values to compare, with what to call them: the graph's outputs, then what was cut nodes'
  /// operands. Names are those of values of `graph`; outputs that no computed value makes are left
  /// out.
  var outputs: [(label: String, value: ValueID)] {
    (0..<declaredOutputs).map { (outputNames[$0], graph.outputs[$0]) }
  }

  /// Whether a value stands for the result of a cut node.
  func isStandIn(_ value: ValueID) -> Bool { standIns.values.contains(value) }

  /// Draws a tensor for every input that stands for a result, by the name of the result.
  func drawStandIns(seed: UInt64) throws(Diagnostic) -> [String: Tensor] {
    var drawn: [String: Tensor] = [:]
    for (name, value) in standIns.sorted(by: { $0.key < $1.key }) {
      guard let type = graph[value].type.tensor else { continue }
      let domain = type.element.isFloatingPoint ? InputSampler.Domain.normal : .bits
      drawn[name] = try InputSampler.draw(type, domain, seed: seed, stream: name)
    }
    return drawn
  }
}
