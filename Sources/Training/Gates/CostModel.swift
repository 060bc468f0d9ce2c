import Passes

/// A cost that depends on the relaxation weights of gates.
public protocol CostModel: Sendable {
  /// The gates' sizes in the order of the gate table.
  var gateSizes: [Int] { get }
  /// The cost with every gate open.
  var dense: Double { get }
  /// The cost at the given weights, one array a gate.
  func value(_ weights: [[Double]]) -> Double
  /// The cost and its derivative by every weight.
  func valueAndGradient(_ weights: [[Double]]) -> (value: Double, gradient: [[Double]])
}

extension RelaxedCost: CostModel {}
