import IR

/// Two versions of a graph with the same nodes cut out, and what of them is to be compared.
struct VerificationPair {
  /// Where a tensor to compare comes from.
  enum Source {
    /// A graph output of that name.
    case output(String)
    /// A graph input of that name.
    case input(String)
    case constant(Tensor)

    /// The tensor, from the inputs and outputs of a run.
    func tensor(_ inputs: [String: Tensor], _ outputs: [String: Tensor]) -> Tensor? {
      switch self {
      case .output(let name): outputs[name]
      case .input(let name): inputs[name]
      case .constant(let tensor): tensor
      }
    }
  }

  /// Two tensors that should be equal.
  struct Comparison {
    var label: String
    var reference: Source
    var other: Source
  }

  let reference: CutGraph
  let other: CutGraph
  private(set) var comparisons: [Comparison] = []

  /// Cuts the counterparts of the reference's cuts out of `other`.
  ///
  /// Throws a `difference` diagnostic if `other` holds an operator that cannot be run and that the
  /// reference lacks.
  init(_ reference: CutGraph, other graph: Graph) throws(Diagnostic) {
    self.reference = reference
    var other = CutGraph(graph)
    let nodes = Dictionary(
      graph.nodes.map { (CutGraph.key(of: $0, in: graph), $0) },
      uniquingKeysWith: { first, _ in first })
    for cut in reference.cuts {
      if let id = nodes[cut.key] { other.cutOnly(id, resultTypes: cut.resultTypes) }
    }
    other.cutUnreachable()
    for id in other.graph.nodes where other.graph[id].op == .opaque {
      throw Diagnostic(
        kind: .difference, "an operator that cannot be run and that the first model lacks",
        at: Site(nodes: [graph[id].name], op: graph[id].type))
    }
    self.other = other
    collect()
  }

  private mutating func collect() {
    var found = Dictionary(
      other.outputs.map { ($0.label, $0.value) }, uniquingKeysWith: { first, _ in first })
    for (label, value) in reference.outputs {
      guard let peer = found.removeValue(forKey: label) else { continue }
      add(label, value, peer)
    }
    let cuts = Dictionary(other.cuts.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    for cut in reference.cuts {
      guard let peer = cuts[cut.key] else { continue }
      for (name, peerName) in zip(cut.operands, peer.operands) {
        guard let name, let peerName, let value = reference.graph.value(named: name),
          let peerValue = other.graph.value(named: peerName)
        else { continue }
        add(name, value, peerValue)
      }
    }
  }

  private mutating func add(_ label: String, _ value: ValueID, _ peer: ValueID) {
    guard let source = Self.source(value, in: reference.graph),
      let peerSource = Self.source(peer, in: other.graph),
      !(reference.isStandIn(value) && other.isStandIn(peer))
    else { return }
    comparisons.append(Comparison(label: label, reference: source, other: peerSource))
  }

  private static func source(_ value: ValueID, in graph: Graph) -> Source? {
    switch graph[value].definition {
    case .constant(let constant): .constant(constant.tensor)
    case .input: .input(graph[value].name)
    case .node: .output(graph[value].name)
    case .capture: nil
    }
  }

  /// The inputs of one of the two graphs, by name.
  func inputs(
    _ drawn: [String: Tensor], _ standIns: [String: Tensor], of cut: CutGraph
  ) -> [String: Tensor] {
    var inputs = drawn
    for (name, value) in cut.standIns {
      inputs[cut.graph[value].name] = standIns[name] ?? Tensor(scalar: 0 as Float)
    }
    return inputs
  }

  /// The outputs of the uncut graph that are not compared, because they lie beyond a cut.
  var uncompared: Set<String> {
    Set(reference.outputs.map(\.label)).subtracting(comparisons.map(\.label))
      .union(reference.outputs.filter { reference.isStandIn($0.value) }.map(\.label))
  }
}
