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

  /// Creates an interpreter.
  public init(precision: Precision = .native, maximumBytes: Int = 1 << 33) {
    self.precision = precision
    self.maximumBytes = maximumBytes
  }

  /// The results of a node on the given operands; nil where a result is left out.
  ///
  /// In precision float64 operands of type float32 are widened and such results rounded back.
  public func evaluate(_ node: Node, _ operands: [Tensor?]) throws(Diagnostic) -> [Tensor?] {
    if precision == .native { return try compute(node, operands) }
    let hasDoubles = operands.contains { $0?.type == .float64 }
    let named = node.attributes.int("to") ?? 0
    let keepsDoubles = node.op == .cast ? named == ElementType.float64.rawValue : hasDoubles
    return try compute(node, operands.map { $0.map(widened) }).map { tensor in
      guard let tensor, tensor.type == .float64, !keepsDoubles, let values = tensor.doubles else {
        return tensor
      }
      return Tensor(rounding: values, to: .float32, shape: tensor.shape)
    }
  }

  /// The graph's outputs by name, from its inputs by name; see `run(_:inputs:)` by identity.
  public func run(_ graph: Graph, inputs: [String: Tensor]) throws(Diagnostic) -> [String: Tensor] {
    var given: [ValueID: Tensor] = [:]
    for (name, tensor) in inputs {
      guard let value = graph.value(named: name) else {
        throw .invalid("the graph has no input '\(name)'")
      }
      given[value] = tensor
    }
    let results = try run(graph, inputs: given)
    return Dictionary(
      graph.outputs.compactMap { value in results[value].map { (graph[value].name, $0) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// The graph's outputs from its inputs.
  ///
  /// Overridable constants may be given as well. In precision float64 outputs that the graph types
  /// as
  /// float32 are float64 tensors, not rounded.
  public func run(_ graph: Graph, inputs: [ValueID: Tensor]) throws(Diagnostic)
    -> [ValueID: Tensor]
  {
    var remaining = graph.values.reduce(into: [ValueID: Int]()) {
      $0[$1] = graph.uses(of: $1).count
    }
    return try run(graph, inputs: inputs) { values, node in
      for case let value? in node.inputs {
        remaining[value, default: 0] -= 1
        if remaining[value] == 0 { values[value] = nil }
      }
    } keeping: {
      graph.outputs
    }
  }

  /// Every value of the graph, from its inputs.
  public func trace(_ graph: Graph, inputs: [ValueID: Tensor]) throws(Diagnostic)
    -> [ValueID: Tensor]
  {
    try run(graph, inputs: inputs, after: { _, _ in }, keeping: { graph.values })
  }

  private func run(
    _ graph: Graph, inputs: [ValueID: Tensor],
    after: (inout [ValueID: Tensor], Node) -> Void, keeping: () -> [ValueID]
  ) throws(Diagnostic) -> [ValueID: Tensor] {
    var values = try bound(graph, inputs)
    for id in graph.nodes {
      let node = graph[id]
      var operands: [Tensor?] = []
      for input in node.inputs {
        guard let input else {
          operands.append(nil)
          continue
        }
        guard let tensor = values[input] else {
          throw .unsupported(
            "value '\(graph[input].name)' of the enclosing graph is not known",
            at: Site(nodes: [node.name], op: node.type))
        }
        operands.append(tensor)
      }
      let results = try compute(node, operands)
      for (index, output) in node.outputs.enumerated() {
        guard let output else { continue }
        guard index < results.count, let tensor = results[index] else {
          throw .unsupported(
            "result \(index) is not computed", at: Site(nodes: [node.name], op: node.type))
        }
        values[output] = tensor
      }
      for case let output? in node.outputs where graph.uses(of: output).isEmpty {
        if !keeping().contains(output) { values[output] = nil }
      }
      after(&values, node)
    }
    let kept = Set(keeping())
    return values.filter { kept.contains($0.key) }
  }

  /// The values known before the first node: inputs, checked, and constants.
  private func bound(_ graph: Graph, _ inputs: [ValueID: Tensor]) throws(Diagnostic)
    -> [ValueID: Tensor]
  {
    var values: [ValueID: Tensor] = [:]
    for id in graph.constants {
      guard let constant = graph[id].constant else { continue }
      values[id] = precision == .float64 ? widened(constant.tensor) : constant.tensor
    }
    var symbols: [String: Int] = [:]
    for id in graph.inputs {
      let value = graph[id]
      guard let tensor = inputs[id] else {
        if value.constant != nil { continue }
        throw .invalid("input '\(value.name)' is missing")
      }
      try InputCheck.check(tensor, value, &symbols)
      values[id] = precision == .float64 ? widened(tensor) : tensor
    }
    for id in inputs.keys where !graph.inputs.contains(id) {
      throw .invalid("'\(graph[id].name)' is no input of the graph")
    }
    return values
  }

  private func compute(_ node: Node, _ operands: [Tensor?]) throws(Diagnostic) -> [Tensor?] {
    let call = ReferenceCall(
      node: node, operands: operands, isWidened: precision == .float64, maximumBytes: maximumBytes)
    try call.checkOperands()
    // Safety: buffers into the operands do not outlive the call.
    return try withExtendedLifetime(call) { () throws(Diagnostic) in
      try node.op.reference(call)
    }
  }

  private func widened(_ tensor: Tensor) -> Tensor {
    guard tensor.type == .float32, let values = tensor.doubles else { return tensor }
    return Tensor(values, shape: tensor.shape)
  }
}
