import IR

/// Folds products with constant gate weights into the weights of neighbours.
///
/// Backwards through operators that are linear or positively homogeneous, as long as nothing else
/// reads a value on the way; else forwards into every consumer; else the product stays.
///
///     %c = Conv(%x, %w, %b)          %c = Conv(%x, w·g, b·g)
///     %r = Relu(%c)            =>    %r = Relu(%c)
///     %y = Mul(%r, g)
struct GateFolding {
  private(set) var graph: Graph
  private let facts: GraphFacts

  private init(_ graph: Graph, _ facts: GraphFacts) {
    self.graph = graph
    self.facts = facts
  }

  /// Folds the given products, which multiply operand 0 by a constant operand 1.
  static func fold(_ products: [NodeID], in graph: inout Graph, _ facts: GraphFacts) {
    var folding = GateFolding(graph, facts)
    for product in products { folding.fold(product) }
    graph = folding.graph
  }

  /// An edit of a constant operand: elements multiplied by factors along an axis.
  private enum Edit {
    /// Rows of a contraction: one factor an output.
    case outputs(Contraction, [Double])
    /// Columns of a contraction: one factor an input.
    case inputs(Contraction, [Double])
    /// A constant multiplied along an axis.
    case constant(OperandSite, axis: Int, [Double])
  }

  private mutating func fold(_ product: NodeID) {
    let node = graph[product]
    guard let data = node.input(0), let result = node.output(0),
      let tensor = graph.tensor(of: node.input(1)), let values = tensor.doubles,
      let rank = facts.types[result]?.rank
    else { return }
    let axis: Int
    if tensor.count == 1 {
      axis = -1
    } else {
      guard let own = tensor.shape.firstIndex(where: { $0 > 1 }), tensor.count == tensor.shape[own]
      else { return }
      axis = own + rank - tensor.rank
    }
    if values.allSatisfy({ $0 == 1 }) {
      if facts.types[data]?.shape == facts.types[result]?.shape {
        _ = graph.bypass(product, with: data)
      }
      return
    }
    guard values.allSatisfy({ $0 >= 0 && $0.isFinite }), !graph.isOutput(result) else { return }
    var edits: [Edit] = []
    if backwards(data, reader: product, axis, values, &edits) {
      if graph.bypass(product, with: data) { apply(edits) }
      return
    }
    edits = []
    if forwards(result, axis, values, &edits), graph.bypass(product, with: data) { apply(edits) }
  }

  /// The factors for `count` indices; a single factor stands for all.
  private func spread(_ factors: [Double], _ count: Int) -> [Double]? {
    if factors.count == count { return factors }
    return factors.count == 1 ? Array(repeating: factors[0], count: count) : nil
  }

  /// Collects the edits that multiply a value by factors at its origin; false if that cannot be done
  /// exactly.
  private func backwards(
    _ value: ValueID, reader: NodeID, _ axis: Int, _ factors: [Double], _ edits: inout [Edit]
  ) -> Bool {
    guard let use = graph.onlyUse(of: value), use.node == reader, let id = graph[value].producer
    else { return false }
    let node = graph[id]
    if let contraction = Contraction(id, graph, facts) {
      let count = contraction.groups * contraction.outputs
      guard let own = contraction.resultAxis, axis == -1 || axis == own,
        contraction.bias(graph) != nil,
        let factors = spread(factors, count)
      else { return false }
      edits.append(.outputs(contraction, factors))
      return true
    }
    if node.op == .batchNormalization {
      guard axis == -1 || axis == 1, node.outputs.compactMap({ $0 }).count == 1,
        let norm = BatchNorm(node, graph), let factors = spread(factors, norm.factors.count)
      else { return false }
      edits.append(.constant(OperandSite(id, 1), axis: 0, factors))
      edits.append(.constant(OperandSite(id, 2), axis: 0, factors))
      return true
    }
    if let edited = normalization(id, value, axis, factors) {
      edits += edited
      return true
    }
    if node.op == .gather {
      guard let own = tableAxis(id, axis, factors) else { return false }
      edits.append(.constant(OperandSite(id, 0), axis: own, factors))
      return true
    }
    if node.op == .add || node.op == .sub {
      guard let constant = [0, 1].first(where: { graph.tensor(of: node.input($0)) != nil }),
        let tensor = graph.tensor(of: node.input(constant)), let data = node.input(1 - constant),
        let rank = facts.types[value]?.rank, facts.types[data]?.shape == facts.types[value]?.shape,
        tensor.type.isFloatingPoint
      else { return false }
      let own = axis - (rank - tensor.rank)
      guard axis == -1 || (own >= 0 && tensor.shape[own] == factors.count),
        backwards(data, reader: id, axis, factors, &edits)
      else { return false }
      edits.append(.constant(OperandSite(id, constant), axis: axis == -1 ? -1 : own, factors))
      return true
    }
    guard let (operand, next) = passage(id, to: axis) else { return false }
    return backwards(operand, reader: id, next, factors, &edits)
  }

  /// The axis of a constant table that a Gather alone reads and that becomes `axis` of its result; nil
  /// if factors there cannot be multiplied into the table.
  private func tableAxis(_ id: NodeID, _ axis: Int, _ factors: [Double]) -> Int? {
    guard let table = graph[id].input(0), let tensor = graph.tensor(of: table),
      tensor.type.isFloatingPoint, graph.uses(of: table).count == 1
    else { return nil }
    if axis == -1 { return -1 }
    guard let signature = facts.signature(of: id), let term = signature.results[0]?[axis],
      let own = signature.operands[0]?.firstIndex(of: term), tensor.shape[own] == factors.count
    else { return nil }
    return own
  }

  /// The edits of a normalization's scale and offset that multiply its result; nil if the axis is not
  /// the one it normalizes over, or they are no constants.
  private func normalization(
    _ id: NodeID, _ value: ValueID, _ axis: Int, _ factors: [Double]
  ) -> [Edit]? {
    guard graph[id].output(0) == value, let signature = facts.signature(of: id),
      let terms = signature.results[0], let last = terms.indices.last, axis == -1 || axis == last,
      let form = signature.compensation(of: terms[last])
    else { return nil }
    let parameters: [Int?]
    switch form {
    case .mean, .standardization(_, nil, _): return nil
    case .rootMeanSquare(_, let scale): parameters = [scale]
    case .standardization(_, let scale?, let offset): parameters = [scale, offset]
    }
    var edits: [Edit] = []
    for case let operand? in parameters {
      guard let tensor = graph.tensor(of: graph[id].input(operand)), tensor.rank == 1,
        let factors = spread(factors, tensor.count)
      else { return nil }
      edits.append(.constant(OperandSite(id, operand), axis: 0, factors))
    }
    return edits
  }

  /// The operand that a node passes on, multiplied if it is multiplied, and its axis; nil if the node
  /// does not do so.
  private func passage(_ id: NodeID, to axis: Int) -> (ValueID, Int)? {
    let node = graph[id]
    guard node.outputs.compactMap({ $0 }).count == 1, let operand = node.input(0),
      graph[operand].constant == nil, let signature = facts.signature(of: id),
      let source = signature.operands[0], let target = signature.results[0]
    else { return nil }
    let context = facts.context(of: id)
    let response = node.op.schema.response(context)
    guard response == .linear || response == .positivelyHomogeneous else { return nil }
    if node.op == .mul || node.op == .div {
      guard let other = node.input(1), graph.tensor(of: other) != nil,
        facts.types[operand]?.shape
          == facts.types[graph[id].outputs.first.flatMap { $0 } ?? operand]?.shape
      else { return nil }
      return (operand, axis)
    }
    guard GateFolding.passing.contains(node.op),
      node.inputs.dropFirst().allSatisfy({ $0.map { graph[$0].constant != nil } ?? true }),
      facts.types[operand]?.element == context.outputs.first.flatMap({ $0 })?.element
    else { return nil }
    if axis == -1 { return (operand, -1) }
    guard case .label(let label) = target[axis],
      let own = source.firstIndex(of: .label(label)),
      target.filter({ $0 == .label(label) }).count == 1
    else { return nil }
    return (operand, own)
  }

  /// Operators of one tensor that factors can pass.
  private static let passing: Set<Operator> = [
    .relu, .leakyRelu, .clip, .abs, .neg, .identity, .dropout, .maxPool, .averagePool,
    .globalAveragePool, .reduceMean, .reduceSum, .resize, .transpose, .squeeze, .unsqueeze, .pad,
    .reshape, .flatten,
  ]

  /// Collects the edits that multiply a value by factors at all its readers; false if a reader
  /// cannot take them exactly.
  private func forwards(
    _ value: ValueID, _ axis: Int, _ factors: [Double], _ edits: inout [Edit]
  ) -> Bool {
    guard !graph.isOutput(value) else { return false }
    for use in graph.uses(of: value) {
      guard case .operand(let id, let index) = use, index == 0 || graph[id].op == .mul else {
        return false
      }
      if let contraction = Contraction(id, graph, facts) {
        let count = contraction.groups * contraction.inputs
        guard axis == -1 || axis == contraction.dataAxis, let factors = spread(factors, count)
        else {
          return false
        }
        edits.append(.inputs(contraction, factors))
        continue
      }
      guard axis != -1, let result = graph[id].output(0), graph[id].op == .mul || passes(id),
        let signature = facts.signature(of: id), let source = signature.operands[index],
        let target = signature.results[0]
      else { return false }
      let label = source[axis]
      let axes = target.indices.filter { own in
        !Set(AxisSignature.labels(of: label)).isDisjoint(
          with: AxisSignature.labels(of: target[own]))
      }
      guard axes.count == 1,
        let correspondence = AxisCorrespondence(from: label, to: target[axes[0]], signature)
      else { return false }
      var next: [Double] = []
      for sources in correspondence.sources {
        if sources.isEmpty, graph[id].op == .pad {
          next.append(1)
          continue
        }
        guard sources.count == 1, sources[0] < factors.count else { return false }
        next.append(factors[sources[0]])
      }
      guard forwards(result, axes[0], next, &edits) else { return false }
    }
    return true
  }

  /// Whether a node hands factors on to its result.
  private func passes(_ id: NodeID) -> Bool {
    let node = graph[id]
    let context = facts.context(of: id)
    let response = node.op.schema.response(context)
    return GateFolding.passing.contains(node.op)
      && (response == .linear || response == .positivelyHomogeneous)
      && node.outputs.compactMap({ $0 }).count == 1
      && node.inputs.dropFirst().allSatisfy { $0.map { graph[$0].constant != nil } ?? true }
  }

  private mutating func apply(_ edits: [Edit]) {
    for edit in edits {
      switch edit {
      case .outputs(let contraction, let factors): apply(contraction, outputs: factors)
      case .inputs(let contraction, let factors): apply(contraction, inputs: factors)
      case .constant(let site, let axis, let factors): scale(site, axis, factors)
      }
    }
  }

  private mutating func apply(_ contraction: Contraction, outputs factors: [Double]) {
    var matrix = ContractionWeights(contraction, graph)
    for (row, factor) in factors.enumerated() where factor != 1 {
      for input in 0..<contraction.inputs { matrix.scale(row: row, input: input, by: factor) }
    }
    matrix.store(in: &graph)
    guard contraction.takesBias(graph), graph[contraction.node].input(2) != nil,
      let bias = contraction.bias(graph), contraction.beta != 0
    else { return }
    contraction.setBias(zip(bias, factors).map { $0 * $1 }, in: &graph)
  }

  private mutating func apply(_ contraction: Contraction, inputs factors: [Double]) {
    var matrix = ContractionWeights(contraction, graph)
    for group in 0..<contraction.groups {
      for input in 0..<contraction.inputs {
        let factor = factors[group * contraction.inputs + input]
        guard factor != 1 else { continue }
        for output in 0..<contraction.outputs {
          matrix.scale(row: group * contraction.outputs + output, input: input, by: factor)
        }
      }
    }
    matrix.store(in: &graph)
  }

  private mutating func scale(_ site: OperandSite, _ axis: Int, _ factors: [Double]) {
    guard let tensor = graph.tensor(of: graph[site.node].input(site.operand)),
      var values = tensor.doubles
    else { return }
    let inner = axis == -1 ? 1 : tensor.shape[(axis + 1)...].reduce(1, *)
    for index in values.indices {
      values[index] *= axis == -1 ? factors[0] : factors[index / inner % factors.count]
    }
    graph.setConstant(Tensor(rounding: values, to: tensor.type, shape: tensor.shape), at: site)
  }
}
