import IR

/// A graph made ready to be run node by node, perhaps many times.
struct Schedule {
  let graph: Graph
  private let nodes: [NodeID]
  /// The constants by value index.
  private let constants: [Datum?]
  /// How many operands and captures read each value, by index; outputs are never given up.
  private let reads: [Int]
  private let keepsAll: Bool

  /// Prepares a graph; unless `keepsAll`, values are given up once nothing reads them any more.
  init(_ graph: Graph, _ interpreter: Interpreter, keepsAll: Bool = false) {
    self.graph = graph
    self.keepsAll = keepsAll
    nodes = graph.nodes
    var constants = [Datum?](repeating: nil, count: graph.valueCapacity)
    for id in graph.constants {
      guard let constant = graph[id].constant else { continue }
      constants[id.index] = interpreter.widened(.tensor(constant.tensor))
    }
    self.constants = constants
    var reads = [Int](repeating: 0, count: graph.valueCapacity)
    for value in graph.values { reads[value.index] = graph.uses(of: value).count }
    self.reads = reads
  }

  /// Runs the graph on what its inputs and captures hold, and returns what its values hold, by
  /// index.
  func run(
    _ given: [(ValueID, Datum)], _ interpreter: Interpreter, _ budget: TripBudget
  ) throws(Diagnostic) -> [Datum?] {
    var values = constants
    var remaining = reads
    for (value, datum) in given { values[value.index] = datum }
    for id in nodes {
      let node = graph[id]
      let results = try compute(node, values, interpreter, budget)
      for (index, output) in node.outputs.enumerated() {
        guard let output else { continue }
        guard index < results.count, let datum = results[index] else {
          throw .unsupported(
            "result \(index) is not computed", at: Site(nodes: [node.name], op: node.type))
        }
        if keepsAll || reads[output.index] > 0 { values[output.index] = datum }
      }
      if keepsAll { continue }
      for value in node.reads {
        remaining[value.index] -= 1
        if remaining[value.index] == 0 { values[value.index] = nil }
      }
    }
    return values
  }

  private func compute(
    _ node: Node, _ values: [Datum?], _ interpreter: Interpreter, _ budget: TripBudget
  ) throws(Diagnostic) -> [Datum?] {
    var operands: [Datum?] = []
    for input in node.inputs {
      guard let input else {
        operands.append(nil)
        continue
      }
      guard let datum = values[input.index] else {
        throw .unsupported(
          "value '\(graph[input].name)' of the enclosing graph is not known",
          at: Site(nodes: [node.name], op: node.type))
      }
      operands.append(datum)
    }
    return try Schedule.compute(node, operands, scope: values, interpreter, budget)
  }

  /// The results of a node that stands in a graph whose values hold what `scope` says, by index.
  static func compute(
    _ node: Node, _ operands: [Datum?], scope: [Datum?], _ interpreter: Interpreter,
    _ budget: TripBudget
  ) throws(Diagnostic) -> [Datum?] {
    if let kernel = StructuredKernels.table[node.op] {
      return try kernel(
        StructuredCall(
          node: node, operands: operands, scope: scope, interpreter: interpreter, budget: budget))
    }
    var tensors: [Tensor?] = []
    for (index, operand) in operands.enumerated() {
      guard operand == nil || operand?.tensor != nil else {
        throw .unsupported(
          "operand \(index) is \(operand?.kind ?? "missing"), expected a tensor",
          at: Site(nodes: [node.name], op: node.type))
      }
      tensors.append(operand?.tensor)
    }
    return try interpreter.compute(node, tensors).map { $0.map(Datum.tensor) }
  }
}

/// Counts how often the bodies of loops run, so that no model runs for ever.
final class TripBudget {
  private let limit: Int
  private var count = 0

  /// Allows so many trips.
  init(limit: Int) { self.limit = limit }

  /// Counts a trip; throws once there are too many.
  func take(at site: Site) throws(Diagnostic) {
    count += 1
    guard count <= limit else {
      throw .unsupported("loops run more than \(limit) times", at: site)
    }
  }
}
