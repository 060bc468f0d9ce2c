import IR

/// Moves gates from activations into the normalisation or convolution that makes them, where that
/// is the same function, so that a gated model costs no more to train than a plain one.
///
///     %b = BatchNormalization(%x, %scale, %bias, …)      %scale' = Mul(%scale, %w)
///     %r = Relu(%b)                                  =>  %bias' = Mul(%bias, %w)
///     %g = Mul(%r, %w)                                   %b = BatchNormalization(%x, %scale', …)
///                                                        %g = Relu(%b)
///
/// Weights are never negative, so Relu and LeakyRelu let them pass. A gate stays where it is if a
/// value on the way has another reader or the gate runs along another axis than the channels.
struct GateFolding {
  private(set) var graph: Graph
  /// The constants that hold the gates' weights.
  private let weights: Set<ValueID>

  /// Folds the gates of a graph whose types are known.
  init(_ graph: Graph, weights: Set<ValueID>) throws(Diagnostic) {
    self.graph = graph
    self.weights = weights
    var changed = true
    while changed {
      changed = false
      for id in self.graph.nodes where self.graph.contains(id) && self.graph[id].op == .mul {
        if try fold(id) { changed = true }
      }
    }
  }

  private static let views: Set<Operator> = [
    .reshape, .unsqueeze, .squeeze, .identity, .flatten,
  ]

  /// The weights that a value is a view of, if it is one.
  private func source(of value: ValueID) -> ValueID? {
    var value = value
    while !weights.contains(value) {
      guard let producer = graph[value].producer, let first = graph[producer].input(0) else {
        return nil
      }
      guard GateFolding.views.contains(graph[producer].op) else { return nil }
      value = first
    }
    return value
  }

  private mutating func fold(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = graph[id]
    for (data, gate) in [(0, 1), (1, 0)] {
      guard let data = node.input(data), let view = node.input(gate), let weight = source(of: view),
        let shape = graph[data].type.shape?.known, let form = graph[view].type.shape?.known,
        shape.count > 1, weight != data, let target = producer(of: data),
        let result = node.output(0)
      else { continue }
      let along = Array(repeating: 1, count: shape.count - form.count) + form
      let isScalar = along.allSatisfy { $0 == 1 }
      guard form.count <= shape.count,
        isScalar || along.enumerated().allSatisfy({ $1 == ($0 == 1 ? shape[1] : 1) })
      else { continue }
      try scale(target, by: weight, count: isScalar ? 1 : shape[1], name: graph[result].name)
      guard graph.replace(result, with: data) else { return false }
      graph.erase(id)
      return true
    }
    return false
  }

  /// The node that can take the gate over, if only homogeneous activations lie between.
  private func producer(of value: ValueID) -> NodeID? {
    var value = value
    while true {
      guard graph.uses(of: value).count == 1, !graph.isOutput(value),
        let id = graph[value].producer
      else { return nil }
      let node = graph[id]
      if node.op == .conv || node.op == .batchNormalization {
        return node.output(0) == value ? id : nil
      }
      guard node.op == .relu || node.op == .leakyRelu, let operand = node.input(0),
        node.attributes.float("alpha") ?? 0 >= 0
      else { return nil }
      value = operand
    }
  }

  private mutating func scale(_ id: NodeID, by weight: ValueID, count: Int, name: String)
    throws(Diagnostic)
  {
    for index in 1...2 {
      guard let operand = graph[id].input(index), let type = graph[operand].type.tensor,
        let shape = type.shape?.known
      else { continue }
      let view = [count] + Array(repeating: 1, count: max(shape.count - 1, 0))
      var factor = weight
      if graph[weight].type.shape?.known != view {
        let extents = graph.addConstant(
          graph.freshName("\(name).view\(index).shape"), Tensor(view.map(Int64.init)))
        factor = graph.add(
          .reshape, [weight, extents], result: graph.freshName("\(name).view\(index)"),
          .tensor(type.element, Shape(view)), at: .before(id))
      }
      let product = graph.add(
        .mul, [operand, factor], result: graph.freshName("\(name).scaled\(index)"),
        .tensor(type), at: .before(id))
      graph.setInput(id, index, product)
    }
  }
}
