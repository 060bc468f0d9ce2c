import IR

/// The choice of the constants that training changes: weights and biases, and what scales and
/// shifts values computed from them; not shapes, bounds, running statistics, or the preparation of
/// inputs.
struct TrainableConstants {
  private let graph: Graph
  /// Values that a graph input reaches.
  private var isDynamic: Set<ValueID> = []
  /// Values that a weight reaches.
  private var isLearned: Set<ValueID> = []
  private(set) var found: Set<ValueID> = []

  /// Chooses the constants of a graph; `excluded` never count.
  init(_ graph: Graph, excluding excluded: Set<ValueID>) {
    self.graph = graph
    isDynamic = Set(graph.inputs.filter { graph[$0].constant == nil })
    for id in graph.nodes {
      let node = graph[id]
      if node.inputs.contains(where: { $0.map(isDynamic.contains) ?? false }) {
        isDynamic.formUnion(node.outputs.compactMap(\.self))
      }
    }
    for id in graph.nodes {
      let results = graph[id].outputs.compactMap(\.self)
      if results.contains(where: isDynamic.contains) { visit(graph[id]) }
    }
    found.subtract(excluded)
  }

  private mutating func visit(_ node: Node) {
    for index in roles(of: node) {
      guard let operand = node.input(index), !isDynamic.contains(operand) else { continue }
      if isWeighted(node), graph.tensor(of: operand)?.count == 1 {
        take(operand)
      } else {
        collect(operand)
      }
    }
    let reached =
      !roles(of: node).isEmpty
      || node.inputs.contains { $0.map(isLearned.contains) ?? false }
    if reached { isLearned.formUnion(node.outputs.compactMap(\.self)) }
  }

  private static let weighted: [Operator: [Int]] = [
    .conv: [1, 2], .convTranspose: [1, 2], .fusedConv: [1, 2], .deformConv: [1, 3],
    .causalConvolution: [1, 2],
    .batchNormalization: [1, 2], .layerNormalization: [1, 2], .rmsNormalization: [1],
    .simplifiedLayerNormalization: [1], .skipLayerNormalization: [2, 3, 4],
    .skipSimplifiedLayerNormalization: [2, 3], .embedLayerNormalization: [2, 3, 4, 5, 6],
    .instanceNormalization: [1, 2], .groupNormalization: [1, 2],
    .gemm: [1, 2], .matMul: [0, 1], .fusedMatMul: [0, 1], .einsum: [0, 1, 2, 3],
    .gather: [0], .prelu: [1], .biasGelu: [1], .fastGelu: [1],
    .projectedAttention: [1, 2], .multiHeadAttention: [3],
    .lstm: [1, 2, 3, 7], .gru: [1, 2, 3], .rnn: [1, 2, 3],
  ]

  private static let arithmetic: Set<Operator> = [.add, .sub, .mul, .div]

  /// Whether a tensor lets values pass or shuts them out: it holds 0 and one large negative number.
  private static func isMask(_ tensor: Tensor) -> Bool {
    guard let numbers = tensor.floats, let lowest = numbers.min(), lowest <= -50 else {
      return false
    }
    return numbers.allSatisfy { $0 == 0 || $0 == lowest }
  }

  private func isWeighted(_ node: Node) -> Bool { TrainableConstants.weighted[node.op] != nil }

  /// The operands that hold what is learned, if they are constant.
  private func roles(of node: Node) -> [Int] {
    if let operands = TrainableConstants.weighted[node.op] { return operands }
    let follows = node.inputs.contains { $0.map(isLearned.contains) ?? false }
    return follows && TrainableConstants.arithmetic.contains(node.op) ? [0, 1] : []
  }

  /// Takes a float constant, if it is no mask and no default of an input.
  private mutating func take(_ value: ValueID) {
    guard let constant = graph[value].constant, constant.tensor.type == .float32,
      !constant.isOverridable, !TrainableConstants.isMask(constant.tensor)
    else { return }
    found.insert(value)
  }

  /// Takes the constants with more than one element that a constant value is computed of: one alone is
  /// a number of the formula, unless an operator has it for a weight.
  private mutating func collect(_ value: ValueID) {
    var pending = [value]
    while let next = pending.popLast() {
      if let constant = graph[next].constant {
        if constant.tensor.count > 1 { take(next) }
      } else if let producer = graph[next].producer {
        let node = graph[producer]
        let skipped: Set<Int> = node.op == .batchNormalization ? [3, 4] : []
        for (index, input) in node.inputs.enumerated() where !skipped.contains(index) {
          if let input { pending.append(input) }
        }
      }
    }
  }
}
