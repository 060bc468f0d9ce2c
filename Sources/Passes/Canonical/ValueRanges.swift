import IR

/// Between which numbers all elements of values are, whatever the inputs, as far as it follows from
/// how they are made; elements that are not a number aside.
struct ValueRanges {
  private let graph: Graph
  private let facts: GraphFacts
  private var ranges: [ValueID: ClosedRange<Double>] = [:]
  private static let everything = -Double.infinity...Double.infinity
  private static let nonnegative = 0...Double.infinity
  /// Constants of more elements are not looked at.
  private static let countLimit = 1 << 16

  /// Finds the ranges of all values of a graph.
  init(_ graph: Graph, _ facts: GraphFacts) {
    self.graph = graph
    self.facts = facts
    for value in graph.constants { ranges[value] = graph.tensor(of: value).flatMap(range(of:)) }
    for id in graph.nodes {
      let node = graph[id]
      for case let value? in node.outputs where isFloat(value) {
        let range = value == node.output(0) ? result(of: node) : moved(by: node)
        if range != ValueRanges.everything { ranges[value] = range }
      }
    }
  }

  /// The range of a value; everything where none is known.
  subscript(_ value: ValueID?) -> ClosedRange<Double> {
    value.flatMap { ranges[$0] } ?? ValueRanges.everything
  }

  /// Whether every element of a value is above zero, so that what is zero can be divided by it.
  func isPositive(_ value: ValueID?) -> Bool { self[value].lowerBound > 0 }

  /// Whether a node is a Relu or a Clip of what is within its bounds already.
  func leavesAll(_ node: Node) -> Bool {
    guard let operand = node.input(0), isFloat(operand) else { return false }
    let range = self[operand]
    if node.op == .relu { return range.lowerBound >= 0 }
    guard node.op == .clip, let low = bound(node, 1, absent: -.infinity),
      let high = bound(node, 2, absent: .infinity)
    else { return false }
    return low <= range.lowerBound && range.upperBound <= high
  }

  private func isFloat(_ value: ValueID) -> Bool {
    facts.type(of: value).tensor?.element.isFloatingPoint == true
  }

  /// Operators that hand elements on, each of which may be left out or occur more than once.
  private static let movements: Set<Operator> = [
    .identity, .reshape, .transpose, .squeeze, .unsqueeze, .expand, .slice, .flatten, .split,
    .gather, .maxPool, .globalMaxPool,
  ]
  private static let nonnegatives: Set<Operator> = [
    .abs, .reduceL1, .reduceL2, .reduceSumSquare, .exp, .sigmoid, .softplus, .softmax,
  ]
  /// Operators of which a small positive number may become zero.
  private static let damped: Set<Operator> = [
    .reduceMean, .reduceSum, .globalAveragePool, .averagePool, .cast,
  ]

  /// The range of the results of a Split behind the first; everything for other operators.
  private func moved(by node: Node) -> ClosedRange<Double> {
    node.op == .split ? self[node.input(0)] : ValueRanges.everything
  }

  private func result(of node: Node) -> ClosedRange<Double> {
    let (everything, nonnegative) = (ValueRanges.everything, ValueRanges.nonnegative)
    let a = self[node.input(0)]
    if ValueRanges.movements.contains(node.op) { return a }
    if ValueRanges.nonnegatives.contains(node.op) { return nonnegative }
    if ValueRanges.damped.contains(node.op) { return a.lowerBound >= 0 ? nonnegative : everything }
    let b = self[node.input(1)]
    if node.op == .relu { return max(a.lowerBound, 0)...max(a.upperBound, 0) }
    if node.op == .hardSigmoid { return 0...1 }
    if node.op == .clip { return clipped(node, a) }
    if node.op == .sqrt {
      return a.lowerBound > 0 ? .leastNonzeroMagnitude ... .infinity : nonnegative
    }
    if node.op == .add, min(a.lowerBound, b.lowerBound) >= 0 {
      return max(a.lowerBound, b.lowerBound) ... .infinity
    }
    if node.op == .mul {
      let isSquare = node.input(0) == node.input(1)
      return isSquare || min(a.lowerBound, b.lowerBound) >= 0 ? nonnegative : everything
    }
    if node.op == .div { return a.lowerBound >= 0 && b.lowerBound > 0 ? nonnegative : everything }
    if node.op == .pow { return isEven(node.input(1)) ? nonnegative : everything }
    return joined(node)
  }

  /// Whether a value is one even positive number.
  private func isEven(_ exponent: ValueID?) -> Bool {
    guard let values = graph.tensor(of: exponent)?.doubles, values.count == 1, values[0] > 0
    else { return false }
    return values[0].truncatingRemainder(dividingBy: 2) == 0
  }

  /// The range of what a Concat, Max or Min makes of its operands.
  private func joined(_ node: Node) -> ClosedRange<Double> {
    guard [.concat, .max, .min].contains(node.op) else { return ValueRanges.everything }
    let all = node.inputs.map { self[$0] }
    let (lows, highs) = (all.map(\.lowerBound), all.map(\.upperBound))
    guard let low = node.op == .max ? lows.max() : lows.min(),
      let high = node.op == .min ? highs.min() : highs.max()
    else { return ValueRanges.everything }
    return low...high
  }

  /// What is left of a range by a Clip, whose upper bound has the last word.
  private func clipped(_ node: Node, _ range: ClosedRange<Double>) -> ClosedRange<Double> {
    guard let low = bound(node, 1, absent: -.infinity), let high = bound(node, 2, absent: .infinity)
    else { return ValueRanges.everything }
    return min(max(range.lowerBound, low), high)...min(max(range.upperBound, low), high)
  }

  /// The constant bound of a Clip; nil if it is not known.
  private func bound(_ node: Node, _ index: Int, absent: Double) -> Double? {
    guard let operand = node.input(index) else { return absent }
    guard let values = graph.tensor(of: operand)?.doubles, values.count == 1, !values[0].isNaN
    else { return nil }
    return values[0]
  }

  private func range(of tensor: Tensor) -> ClosedRange<Double>? {
    guard tensor.count <= ValueRanges.countLimit, let values = tensor.doubles,
      let least = values.min(), let most = values.max(), !values.contains(where: \.isNaN)
    else { return nil }
    return least...most
  }
}
