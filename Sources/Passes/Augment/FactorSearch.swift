import IR

/// Finds the values of a channel group that need no gate of their own: every reader leads to a
/// product whose other factor has one.
///
/// Of the factors of a product the *keeper* bears the gate: of one that sums over the group
/// (queries times keys) the first; of one that maps it (probabilities times values) the first that
/// does not come out of a function that loses zeros; of a quotient the dividend.
struct FactorSearch {
  private let graph: Graph
  private let facts: GraphFacts
  private let analysis: ChannelAnalysis
  private let group: GroupID
  private var known: [ValueID: Bool] = [:]

  init(_ graph: Graph, _ facts: GraphFacts, _ analysis: ChannelAnalysis, _ group: GroupID) {
    self.graph = graph
    self.facts = facts
    self.analysis = analysis
    self.group = group
  }

  private static let stepLimit = 24
  private static let products: Set<Operator> = [
    .mul, .div, .matMul, .fusedMatMul, .einsum, .attention, .multiHeadAttention,
  ]

  /// Whether every reader of a value leads to a product of which another factor is the keeper.
  mutating func isFactor(_ value: ValueID) -> Bool {
    if let found = known[value] { return found }
    known[value] = false
    var isRead = false
    for use in graph.uses(of: value) {
      guard case .operand(let node, let operand) = use else { return false }
      if graph[node].op == .shape { continue }
      guard endsAsFactor(OperandSite(node, operand)) else { return false }
      isRead = true
    }
    known[value] = isRead
    return isRead
  }

  private mutating func endsAsFactor(_ site: OperandSite) -> Bool {
    var own = labels(at: site)
    guard !own.isEmpty, let signature = facts.signature(of: site.node) else { return false }
    let results = Set(
      signature.results.compactMap { $0 }.flatMap { $0 }.flatMap(AxisSignature.labels(of:)))
    if graph[site.node].op == .slice {
      own.formIntersection(results)
      if own.isEmpty { return true }
    }
    if own.isSubset(of: results) {
      let values = graph[site.node].outputs.compactMap { $0 }
      if values.allSatisfy({ isFactor($0) }) { return true }
    }
    return keeper(of: site.node).map { $0 != site.operand } ?? false
  }

  /// The operand of a product that bears the gate; nil where fewer than two carry the group.
  func keeper(of node: NodeID) -> Int? {
    let op = graph[node].op
    let hasBias = op == .multiHeadAttention && graph[node].input(3) != nil
    guard FactorSearch.products.contains(op), !hasBias, let signature = facts.signature(of: node)
    else {
      return nil
    }
    let carriers = graph[node].inputs.indices.filter { operand in
      graph[node].input(operand).map { !analysis.constantValues.contains($0) } ?? false
        && !labels(at: OperandSite(node, operand)).isEmpty
    }
    guard carriers.count > 1, let first = carriers.first else { return nil }
    let shared = carriers.dropFirst().reduce(labels(at: OperandSite(node, first))) {
      $0.intersection(labels(at: OperandSite(node, $1)))
    }
    if shared.isEmpty { return nil }
    if op == .div { return first }
    let results = Set(
      signature.results.compactMap { $0 }.flatMap { $0 }.flatMap(AxisSignature.labels(of:)))
    if shared.isDisjoint(with: results) { return first }
    if op == .attention || op == .multiHeadAttention { return carriers.contains(2) ? 2 : nil }
    return carriers.first { !isSquashed(graph[node].input($0)) } ?? first
  }

  /// Whether a node's results are zero where an operand is, because it is the keeper of a product or
  /// the values of fused attention.
  func keepsZero(_ node: NodeID, _ operand: Int) -> Bool {
    let op = graph[node].op
    if op == .multiHeadAttention, graph[node].input(3) != nil { return false }
    return (op == .attention || op == .multiHeadAttention) && operand == 2
  }

  /// Whether a node sums over the group between two computed operands.
  func isContraction(_ node: NodeID) -> Bool {
    guard let keeper = keeper(of: node), let signature = facts.signature(of: node) else {
      return false
    }
    let results = signature.results.compactMap { $0 }.flatMap { $0 }
      .flatMap(AxisSignature.labels(of:))
    return labels(at: OperandSite(node, keeper)).isDisjoint(with: results)
  }

  /// The labels of a node's operand that the group stands on.
  private func labels(at site: OperandSite) -> Set<AxisSignature.Label> {
    guard let signature = facts.signature(of: site.node),
      site.operand < signature.operands.count, let terms = signature.operands[site.operand]
    else { return [] }
    return Set(
      terms.flatMap(AxisSignature.labels(of:)).filter {
        analysis.layout(of: $0, in: site.node)?.groups.contains(group) ?? false
      })
  }

  /// Whether a value comes out of a function of one tensor that does not keep zero, as a sigmoid or
  /// Softmax, perhaps through operators that keep it.
  private func isSquashed(_ value: ValueID?) -> Bool {
    var current = value
    for _ in 0..<FactorSearch.stepLimit {
      guard let value = current, let producer = graph[value].producer,
        let signature = facts.signature(of: producer)
      else { return false }
      let carriers = graph[producer].inputs.indices.filter {
        !labels(at: OperandSite(producer, $0)).isEmpty
      }
      guard carriers.count == 1, let operand = carriers.first else { return false }
      let op = graph[producer].op
      if op.schema.response(facts.context(of: producer)) == .other {
        return op != .add && op != .sub && signature.results.first == signature.operands[operand]
      }
      current = graph[producer].input(operand)
    }
    return false
  }
}
