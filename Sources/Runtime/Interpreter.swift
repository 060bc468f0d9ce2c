import IR

/// Computes nodes and whole graphs naively, one node at a time, with reference kernels.
///
/// It is the measure that every faster way of computing is compared with.
public struct Interpreter: Evaluator {
  /// The numbers that values of type float32 are computed in.
  public enum Precision: Hashable, Sendable {
    /// float32 itself.
    case native
    /// float64, for verification.
    case float64
  }

  public let precision: Precision
  /// The most bytes a single result may take.
  public let maximumBytes: Int
  /// How often the bodies of all loops together may run.
  public let maximumTrips: Int

  /// Creates an interpreter.
  public init(
    precision: Precision = .native, maximumBytes: Int = 1 << 33, maximumTrips: Int = 1 << 22
  ) {
    self.precision = precision
    self.maximumBytes = maximumBytes
    self.maximumTrips = maximumTrips
  }

  /// The results of a node on the given operands; nil where a result is left out.
  ///
  /// In precision float64 operands of type float32 are widened and such results rounded back. Nodes
  /// with graphs of their own, and those about sequences, are refused: they need a graph round
  /// them.
  public func evaluate(_ node: Node, _ operands: [Tensor?]) throws(Diagnostic) -> [Tensor?] {
    if precision == .native { return try compute(node, operands) }
    let keepsDoubles = makesDoubles(node, operands)
    return try compute(node, operands.map { $0.map(widened) }).map { tensor in
      guard let tensor, tensor.type == .float64, !keepsDoubles, let values = tensor.doubles else {
        return tensor
      }
      return Tensor(rounding: values, to: .float32, shape: tensor.shape)
    }
  }

  /// Whether results of type float64 are of that type in the graph too: an attribute or the operand
  /// that sets the type says so.
  private func makesDoubles(_ node: Node, _ operands: [Tensor?]) -> Bool {
    for name in ["to", "dtype", "output_datatype"] {
      if let named = node.attributes.int(name) { return named == ElementType.float64.rawValue }
    }
    if node.op == .castLike, operands.count > 1 { return operands[1]?.type == .float64 }
    return operands.contains { $0?.type == .float64 }
  }

  /// The graph's outputs by name, from its inputs by name; see `run(_:inputs:)` by identity.
  ///
  /// Outputs that are no tensors are left out.
  public func run(_ graph: Graph, inputs: [String: Tensor]) throws(Diagnostic) -> [String: Tensor] {
    try run(graph, inputs: inputs.mapValues(Datum.tensor)).compactMapValues(\.tensor)
  }

  /// The graph's outputs by name, from its inputs by name, sequences and optionals among them.
  public func run(_ graph: Graph, inputs: [String: Datum]) throws(Diagnostic) -> [String: Datum] {
    var given: [ValueID: Datum] = [:]
    for (name, datum) in inputs {
      guard let value = graph.value(named: name) else {
        throw .invalid("the graph has no input '\(name)'")
      }
      given[value] = datum
    }
    let results = try results(graph, given, keepsAll: false)
    return Dictionary(
      graph.outputs.compactMap { value in
        results[value.index].map { (graph[value].name, $0) }
      }, uniquingKeysWith: { first, _ in first })
  }

  /// The graph's outputs from its inputs.
  ///
  /// Overridable constants may be given as well. In precision float64 outputs that the graph types
  /// as float32 are float64 tensors, not rounded. Outputs that are no tensors are left out.
  public func run(_ graph: Graph, inputs: [ValueID: Tensor]) throws(Diagnostic)
    -> [ValueID: Tensor]
  {
    let results = try results(graph, inputs.mapValues(Datum.tensor), keepsAll: false)
    return graph.outputs.reduce(into: [:]) { $0[$1] = results[$1.index]?.tensor }
  }

  /// Every tensor of the graph, from its inputs.
  public func trace(_ graph: Graph, inputs: [ValueID: Tensor]) throws(Diagnostic)
    -> [ValueID: Tensor]
  {
    let results = try results(graph, inputs.mapValues(Datum.tensor), keepsAll: true)
    return graph.values.reduce(into: [:]) { $0[$1] = results[$1.index]?.tensor }
  }

  /// What the values of a main graph hold after a run, by index; unless all are kept, only its
  /// outputs for certain.
  private func results(
    _ graph: Graph, _ inputs: [ValueID: Datum], keepsAll: Bool
  ) throws(Diagnostic) -> [Datum?] {
    let schedule = Schedule(graph, self, keepsAll: keepsAll)
    let budget = TripBudget(limit: maximumTrips)
    return try schedule.run(try checked(graph, inputs), self, budget)
  }

  /// The inputs of a main graph, checked, and widened if need be.
  private func checked(
    _ graph: Graph, _ inputs: [ValueID: Datum]
  ) throws(Diagnostic) -> [(ValueID, Datum)] {
    var checked: [(ValueID, Datum)] = []
    var symbols: [String: Int] = [:]
    for id in graph.inputs {
      let value = graph[id]
      guard let datum = inputs[id] else {
        if value.constant != nil { continue }
        throw .invalid("input '\(value.name)' is missing")
      }
      if let tensor = datum.tensor { try InputCheck.check(tensor, value, &symbols) }
      checked.append((id, widened(datum)))
    }
    for id in inputs.keys where !graph.inputs.contains(id) {
      throw .invalid("'\(graph[id].name)' is no input of the graph")
    }
    return checked
  }

  /// The results of a node, with values widened already where the precision is float64.
  func compute(_ node: Node, _ operands: [Tensor?]) throws(Diagnostic) -> [Tensor?] {
    let call = ReferenceCall(
      node: node, operands: operands, isWidened: precision == .float64, maximumBytes: maximumBytes)
    try call.checkOperands()
    // Safety: buffers into the operands do not outlive the call.
    return try withExtendedLifetime(call) { () throws(Diagnostic) in
      try node.op.reference(call)
    }
  }

  /// The results of a node that stands in a graph whose values hold what `scope` says, by index.
  func evaluate(_ node: Node, _ operands: [Datum?], scope: [Datum?]) throws(Diagnostic) -> [Datum?]
  {
    try Schedule.compute(node, operands, scope: scope, self, TripBudget(limit: maximumTrips))
  }

  /// The datum in the precision's numbers.
  func widened(_ datum: Datum) -> Datum {
    guard precision == .float64 else { return datum }
    switch datum {
    case .tensor(let tensor): return .tensor(widened(tensor))
    case .sequence(let tensors): return .sequence(tensors.map(widened))
    case .absent: return .absent
    }
  }

  private func widened(_ tensor: Tensor) -> Tensor {
    guard tensor.type == .float32, let values = tensor.doubles else { return tensor }
    return Tensor(values, shape: tensor.shape)
  }
}
