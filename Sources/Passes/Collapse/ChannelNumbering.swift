import IR

/// An axis of a value.
struct ValueAxis: Hashable {
  var value: ValueID
  var axis: Int
}

/// Forward analysis: finds channels that are zero, constant, or multiples of one another.
///
/// Channels are followed along every axis on which a channel group stands. Two channels of a value
/// with the same function are exact multiples of each other in real arithmetic, whatever the input.
struct ChannelNumbering {
  let graph: Graph
  let facts: GraphFacts
  let analysis: ChannelAnalysis
  let evaluator: any Evaluator
  /// Found once a quotient needs them.
  private(set) lazy var ranges = ValueRanges(graph, facts)
  private(set) var classes: [ValueAxis: [ChannelClass]] = [:]
  var functions = FunctionTable()
  /// The contractions of the graph by node.
  private(set) var contractions: [NodeID: Contraction] = [:]
  private var evaluation: ConstantEvaluation

  init(
    _ graph: Graph, _ facts: GraphFacts, _ analysis: ChannelAnalysis, _ evaluator: any Evaluator
  ) {
    self.graph = graph
    self.facts = facts
    self.analysis = analysis
    self.evaluator = evaluator
    evaluation = ConstantEvaluation(evaluator, facts)
    for node in graph.nodes { visit(node) }
  }

  /// The axes of a value along which channels are followed.
  func axes(of value: ValueID) -> [Int] {
    guard !analysis.constantValues.contains(value), let layouts = analysis.layouts(of: value) else {
      return []
    }
    return layouts.indices.filter {
      !layouts[$0].groups.isEmpty && layouts[$0].known.extent != nil
    }
  }

  /// The axis signature of a node in which labels count the indices that are followed: those of their
  /// layouts' known factors, one where they have none.
  func signature(of id: NodeID) -> AxisSignature? {
    guard var signature = facts.signature(of: id) else { return nil }
    for index in signature.labels.indices where signature.labels[index].extent.value == nil {
      let label = AxisSignature.Label(index: index)
      let layout = analysis.layout(of: label, in: id)
      let extent = layout.flatMap { $0.groups.isEmpty ? 1 : $0.known.extent }
      if let extent { signature.setExtent(label, .known(extent)) }
    }
    return signature
  }

  private mutating func visit(_ id: NodeID) {
    if let contraction = Contraction(id, graph, facts) { contractions[id] = contraction }
    for (index, output) in graph[id].outputs.enumerated() {
      guard let value = output else { continue }
      for axis in axes(of: value) {
        guard let extent = analysis.layouts(of: value)?[axis].known.extent else { continue }
        let found = classes(of: id, result: index, axis: axis, extent: extent)
        classes[ValueAxis(value: value, axis: axis)] =
          found.count == extent ? found : unknown(extent)
      }
    }
  }

  private mutating func unknown(_ count: Int) -> [ChannelClass] {
    (0..<count).map { _ in ChannelClass(function: functions.fresh(), scale: 1) }
  }

  private mutating func classes(of id: NodeID, result: Int, axis: Int, extent: Int)
    -> [ChannelClass]
  {
    let node = graph[id]
    guard let signature = self.signature(of: id), result < signature.results.count,
      let terms = signature.results[result], axis < terms.count, node.subgraphs.isEmpty
    else { return unknown(extent) }
    let place = Place(
      id: id, node: node, result: result, axis: axis, extent: extent, term: terms[axis],
      signature: signature, context: facts.context(of: id))
    if let contraction = contractions[id], axis == contraction.resultAxis {
      return contracted(contraction, place)
    }
    if let form = signature.compensation(of: terms[axis]) { return normalized(place, form) }
    let op = node.op
    if ChannelNumbering.binary.contains(op) { return combined(place) }
    if ChannelNumbering.pointwise.contains(op) { return applied(place) }
    if op == .pow, graph.tensor(of: node.input(1))?.count == 1 { return applied(place) }
    if ChannelNumbering.moving.contains(op), result == 0 || op == .split { return moved(place) }
    if op == .batchNormalization { return normalized(place) }
    if op == .concat { return joined(place) }
    if op == .gather, signature.operands[0]?.contains(terms[axis]) == true { return moved(place) }
    if ChannelNumbering.products.contains(op) {
      return multiplied(place, by: Array(node.inputs.indices))
    }
    if ChannelNumbering.multiplies(node), result == 0 { return multiplied(place, by: [2]) }
    if op == .rotaryEmbedding { return rotated(place) }
    if op == .fastGelu, node.input(1) == nil { return applied(place) }
    if op == .constantOfShape {
      let fill = node.attributes.tensor("value")?.doubles?.first ?? 0
      return Array(repeating: fill.isFinite ? .constant(fill) : freshClass(), count: extent)
    }
    if ChannelNumbering.choosing.contains(op) {
      return chosen(place, from: op == .where ? 1 : 0)
    }
    if op == .dropout, result == 0, op.schema.response(place.context) == .linear {
      return moved(place)
    }
    if [.conv, .convTranspose, .gemm, .softmax, .logSoftmax, .biasGelu, .fastGelu].contains(op) {
      return mapped(place)
    }
    return op.schema.response(place.context) == .other ? unknown(extent) : silenced(place)
  }

  /// Operators that move elements along axes that must not change.
  static let rearranging: Set<Operator> = [.depthToSpace, .spaceToDepth, .tile]
  /// Products of computed values, linear in each operand.
  static let products: Set<Operator> = [.matMul, .fusedMatMul, .einsum]
  /// Whether a node multiplies computed values with each other and sums, attention without a bias of
  /// its own included.
  static func multiplies(_ node: Node) -> Bool {
    products.contains(node.op) || node.op == .attention
      || node.op == .multiHeadAttention && node.input(3) == nil
  }
  /// Functions of two tensors that broadcast.
  private static let binary: Set<Operator> = [.add, .sub, .mul, .div]
  /// Functions of several tensors that are a number where all of them are that number; Sum only if
  /// it is zero.
  private static let choosing: Set<Operator> = [.max, .min, .mean, .sum, .where]
  /// Functions of each element of operand 0.
  private static let pointwise: Set<Operator> = [
    .relu, .leakyRelu, .clip, .sigmoid, .hardSigmoid, .hardSwish, .tanh, .abs, .neg, .exp, .log,
    .sqrt, .cast, .elu, .selu, .celu, .softplus, .softsign, .thresholdedRelu, .gelu, .mish, .swish,
    .shrink, .quickGelu, .microsoftGelu, .erf, .reciprocal, .floor, .ceil, .round, .sign, .sin,
    .cos, .tan, .asin, .acos, .atan, .sinh, .cosh, .asinh, .acosh, .atanh,
  ]
  /// Operators that move elements, or average them within each channel.
  private static let moving: Set<Operator> = [
    .identity, .maxPool, .averagePool, .globalAveragePool, .reduceMean, .reduceSum, .resize,
    .flatten, .reshape, .squeeze, .unsqueeze, .transpose, .split, .slice, .expand, .pad,
  ]

  /// A result axis of a node under analysis.
  struct Place {
    let id: NodeID
    let node: Node
    let result: Int
    let axis: Int
    let extent: Int
    let term: AxisSignature.Term
    let signature: AxisSignature
    let context: OperatorContext

    /// The origin of functions that the node makes.
    var origin: FunctionTable.Key.Origin { .node(id, result: result) }
  }

  /// What one operand contributes to each index of the result's axis.
  enum Contribution {
    /// One channel of the operand, and which of the indices it is spread over this one is.
    case channel(ChannelClass, part: Int)
    /// Several channels.
    case channels([ChannelClass], part: Int)
    /// Nothing: the index is filled in.
    case nothing
    /// Something that is not known.
    case unknown
  }

  /// What an operand contributes to every index of the place's axis.
  mutating func contributions(_ operand: Int, _ place: Place) -> [Contribution] {
    guard let value = place.node.input(operand) else { return [] }
    guard operand < place.signature.operands.count, let terms = place.signature.operands[operand]
    else { return Array(repeating: .unknown, count: place.extent) }
    let labels = Set(AxisSignature.labels(of: place.term))
    let sharing = terms.indices.filter {
      !labels.isDisjoint(with: AxisSignature.labels(of: terms[$0]))
    }
    if sharing.isEmpty {
      return isBroadcast(terms, place)
        ? wholes(value, place) : Array(repeating: .unknown, count: place.extent)
    }
    let followed = axes(of: value)
    let candidates =
      analysis.constantValues.contains(value) ? sharing : sharing.filter(followed.contains)
    guard let main = candidates.last(where: { isFree(value, $0) }) ?? candidates.last else {
      return Array(repeating: .unknown, count: place.extent)
    }
    var result = contributions(of: value, main, terms, place)
    for axis in candidates where axis != main {
      for (index, other) in contributions(of: value, axis, terms, place).enumerated() {
        if case .channel(let channel, _) = other, channel.constant != nil { result[index] = other }
      }
    }
    return result
  }

  /// Whether indices of a value's axis may be removed.
  private func isFree(_ value: ValueID, _ axis: Int) -> Bool {
    analysis.layouts(of: value)?[axis].groups.contains { analysis[$0].isFree } ?? false
  }

  /// What one axis of an operand contributes to every index of the place's axis.
  private mutating func contributions(
    of value: ValueID, _ axis: Int, _ terms: [AxisSignature.Term], _ place: Place
  ) -> [Contribution] {
    guard let entries = entries(value, axis),
      let correspondence = AxisCorrespondence(
        from: terms[axis], to: place.term, place.signature),
      correspondence.sources.count == place.extent
    else { return Array(repeating: .unknown, count: place.extent) }
    var seen: [[Int]: Int] = [:]
    return correspondence.sources.map { sources in
      let part = seen[sources, default: 0]
      seen[sources] = part + 1
      if sources.isEmpty { return .nothing }
      if sources.contains(where: { $0 >= entries.count }) { return .unknown }
      return sources.count == 1
        ? .channel(entries[sources[0]], part: part)
        : .channels(sources.map { entries[$0] }, part: part)
    }
  }

  /// Whether every index of the place's axis sees the same of an operand that has no label there.
  private func isBroadcast(_ terms: [AxisSignature.Term], _ place: Place) -> Bool {
    if [.add, .sub, .mul, .div, .expand].contains(place.node.op) {
      let rank = place.signature.results[place.result]?.count ?? 0
      let axis = place.axis - (rank - terms.count)
      return axis < 0 || terms[axis] == .one
    }
    return AxisSignature.labels(of: place.term).allSatisfy {
      place.signature[$0].freedom == .free
    }
  }

  /// The contribution of an operand that does not run along the place's axis.
  private mutating func wholes(_ value: ValueID, _ place: Place) -> [Contribution] {
    let whole: ChannelClass
    if let tensor = small(value), let first = uniform(tensor) {
      whole = .constant(first)
    } else {
      let key = FunctionTable.Key(origin: .value(value, index: -1))
      whole = ChannelClass(function: functions.number(key), scale: 1)
    }
    return Array(repeating: .channel(whole, part: 0), count: place.extent)
  }

  /// The tensor of a value that follows from constants and known extents; shapes that shrink are
  /// frozen at these.
  private mutating func small(_ value: ValueID) -> Tensor? {
    if let tensor = graph.tensor(of: value) { return tensor }
    return (try? evaluation.tensor(of: value, in: graph)) ?? nil
  }

  /// The classes of an operand's slices along an axis; nil if nothing is known.
  private mutating func entries(_ value: ValueID, _ axis: Int) -> [ChannelClass]? {
    if let tensor = graph.tensor(of: value) { return slices(tensor, axis) }
    if analysis.constantValues.contains(value), let tensor = small(value) {
      return slices(tensor, axis)
    }
    return classes[ValueAxis(value: value, axis: axis)]
  }

  /// For every slice of a value along an axis whether it is zero; nil if nothing is known.
  func zeros(of value: ValueID, axis: Int) -> [Bool]? {
    var copy = self
    return copy.entries(value, axis)?.map(\.isZero)
  }

  private func uniform(_ tensor: Tensor) -> Double? {
    guard tensor.count > 0, tensor.count <= 1 << 16, let values = tensor.doubles,
      values.allSatisfy({ $0 == values[0] && $0.isFinite })
    else { return nil }
    return values[0]
  }

  private mutating func slices(_ tensor: Tensor, _ axis: Int) -> [ChannelClass]? {
    guard let values = tensor.doubles, axis < tensor.rank else { return nil }
    let extent = tensor.shape[axis]
    let inner = tensor.shape[(axis + 1)...].reduce(1, *)
    let outer = tensor.shape[..<axis].reduce(1, *)
    return (0..<extent).map { index in
      var slice: [Double] = []
      for block in 0..<outer {
        let start = (block * extent + index) * inner
        slice += values[start..<(start + inner)]
      }
      guard let first = slice.first else {
        return ChannelClass(function: functions.fresh(), scale: 1)
      }
      if first.isFinite, slice.allSatisfy({ $0 == first }) { return .constant(first) }
      let key = FunctionTable.Key(origin: .content(slice.map(\.bitPattern)))
      return ChannelClass(function: functions.number(key), scale: 1)
    }
  }
}
