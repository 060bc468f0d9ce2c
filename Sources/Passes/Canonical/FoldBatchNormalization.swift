import IR

/// Folds a BatchNormalization into the convolution that nobody else reads.
///
///     %a = Conv(%x, w, b); %y = BatchNormalization(%a, γ, β, μ, v)   ->   %y = Conv(%x, w', b')
///
/// With f = γ / √(v + ε): w' = f · w on the output channels, b' = f · (b − μ) + β. A gated result
/// keeps its normalization.
public struct FoldBatchNormalization: Pass {
  public static let name = "fold-batch-normalization"

  /// Creates the pass.
  public init() {}

  public func run(on model: inout Model, _ context: PassContext) throws(Diagnostic) -> Int {
    let names = ReservedNames(model)
    return try model.editGraphs { graph throws(Diagnostic) in
      var changes = 0
      for node in graph.nodes where fold(node, in: &graph, names) { changes += 1 }
      return changes
    }
  }

  private func fold(_ node: NodeID, in graph: inout Graph, _ names: ReservedNames) -> Bool {
    guard graph[node].op == .batchNormalization,
      graph[node].attributes.int("training_mode") ?? 0 == 0,
      let value = graph[node].input(0), let result = graph[node].output(0),
      let convolution = graph[value].producer, graph.uses(of: value).count == 1,
      !graph.isOutput(value), !names.isGated(result, of: graph),
      graph[convolution].op == .conv || graph[convolution].op == .convTranspose,
      let weight = graph[convolution].input(1), let filters = graph.tensor(of: weight),
      filters.type.isFloatingPoint, filters.rank >= 3,
      let affine = affine(graph[node], graph), let elements = filters.doubles
    else { return false }
    let channels = affine.factors.count
    let channel = channelIndex(graph[convolution], filters.shape)
    guard channel(filters.count - 1) == channels - 1 else { return false }
    var offsets = affine.offsets
    if let bias = graph[convolution].input(2) {
      guard let values = graph.tensor(of: bias)?.doubles, values.count == channels else {
        return false
      }
      for index in offsets.indices { offsets[index] += affine.factors[index] * values[index] }
    }
    let scaled = elements.enumerated().map { $1 * affine.factors[channel($0)] }
    guard graph.replace(result, with: value) else { return false }
    graph.erase(node)
    let newWeight = graph.addConstant(
      graph.freshName(graph[weight].name + ".folded"),
      Tensor(rounding: scaled, to: filters.type, shape: filters.shape))
    let newBias = graph.addConstant(
      graph.freshName(graph[weight].name + ".bias"),
      Tensor(rounding: offsets, to: filters.type, shape: [channels]))
    graph.setInput(convolution, 1, newWeight)
    graph.setInput(convolution, 2, newBias)
    return true
  }

  /// The factors f and offsets β − f·μ of a normalization; nil if its parameters are not constant.
  private func affine(_ node: Node, _ graph: Graph) -> (factors: [Double], offsets: [Double])? {
    let parameters = (1..<5).map { graph.tensor(of: node.input($0))?.doubles }
    guard let scale = parameters[0], let bias = parameters[1], let mean = parameters[2],
      let variance = parameters[3],
      [bias.count, mean.count, variance.count].allSatisfy({ $0 == scale.count }), !scale.isEmpty
    else { return nil }
    let epsilon = Double(node.attributes.float("epsilon") ?? 1e-5)
    let factors = zip(scale, variance).map { $0 / ($1 + epsilon).squareRoot() }
    guard factors.allSatisfy(\.isFinite) else { return nil }
    return (factors, scale.indices.map { bias[$0] - factors[$0] * mean[$0] })
  }

  /// The output channel of each element of a convolution's weight.
  private func channelIndex(_ node: Node, _ shape: [Int]) -> (Int) -> Int {
    let taps = shape[2...].reduce(1, *)
    if node.op == .conv { return { $0 / (taps * shape[1]) } }
    let group = node.attributes.int("group") ?? 1
    let perGroup = max(shape[0] / max(group, 1), 1)
    return { element in
      let row = element / (taps * shape[1])
      return row / perGroup * shape[1] + element / taps % shape[1]
    }
  }
}
