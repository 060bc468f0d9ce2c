import IR

/// Tells from how values are made which are positive whatever the inputs, so that what is zero can be
/// divided by them: norms with a least value, roots of squares and an epsilon.
struct SignSearch {
  /// What is known of every element of a value.
  enum Bound: Int, Comparable {
    case unknown, nonnegative, positive

    static func < (left: Bound, right: Bound) -> Bool { left.rawValue < right.rawValue }
  }

  private let graph: Graph
  private static let depthLimit = 24

  init(_ graph: Graph) { self.graph = graph }

  /// Whether every element of a value is above zero.
  func isPositive(_ value: ValueID?) -> Bool { bound(value, SignSearch.depthLimit) == .positive }

  private static let squares: Set<Operator> = [
    .abs, .relu, .reduceL1, .reduceL2, .reduceSumSquare, .exp, .sigmoid, .softplus, .softmax,
  ]
  /// Operators of which a small positive number may become zero.
  private static let damped: Set<Operator> = [
    .reduceMean, .reduceSum, .globalAveragePool, .averagePool, .cast,
  ]
  private static let movements: Set<Operator> = [
    .identity, .reshape, .transpose, .squeeze, .unsqueeze, .expand, .slice, .flatten, .split,
    .gather,
  ]

  private func bound(_ value: ValueID?, _ depth: Int) -> Bound {
    guard let value, depth > 0 else { return .unknown }
    if let tensor = graph.tensor(of: value) { return bound(tensor) }
    guard let id = graph[value].producer else { return .unknown }
    let node = graph[id]
    func operand(_ index: Int) -> Bound { bound(node.input(index), depth - 1) }
    if SignSearch.movements.contains(node.op) || node.op == .sqrt { return operand(0) }
    if SignSearch.squares.contains(node.op) { return .nonnegative }
    if SignSearch.damped.contains(node.op) { return min(operand(0), .nonnegative) }
    if node.op == .clip { return graph.tensor(of: node.input(1)).map { bound($0) } ?? .unknown }
    if node.op == .max { return node.inputs.indices.map(operand).max() ?? .unknown }
    if node.op == .add {
      let (a, b) = (operand(0), operand(1))
      return min(a, b) == .unknown ? .unknown : max(a, b)
    }
    if node.op == .mul || node.op == .div {
      let isSquare = node.op == .mul && node.input(0) == node.input(1)
      return isSquare ? .nonnegative : min(operand(0), operand(1), .nonnegative)
    }
    guard node.op == .pow, let exponents = graph.tensor(of: node.input(1))?.doubles,
      exponents.count == 1, exponents[0] > 0,
      exponents[0].truncatingRemainder(dividingBy: 2) == 0
    else { return .unknown }
    return .nonnegative
  }

  private func bound(_ tensor: Tensor) -> Bound {
    guard tensor.count <= 1 << 16, let least = tensor.doubles?.min() else { return .unknown }
    return least > 0 ? .positive : least == 0 ? .nonnegative : .unknown
  }
}
