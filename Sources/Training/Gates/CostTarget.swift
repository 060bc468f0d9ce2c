import Passes

/// How much of the dense model is to be left.
public struct CostTarget: Sendable, Hashable {
  public typealias Measure = RelaxedCost.Measure

  /// The ratio of what is left to what is wanted within which a target counts as met.
  public static let window = 0.97...1.01

  /// What is counted.
  public var measure: Measure
  /// The wanted share of the dense model's, above 0 and at most 1.
  public var share: Double

  /// Creates a target.
  public init(_ measure: Measure = .macs, _ share: Double) {
    self.measure = measure
    self.share = share
  }
}
