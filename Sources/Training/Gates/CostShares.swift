/// The relaxed cost that gates leave, as shares of the dense model's.
public struct CostShares: Sendable, Hashable {
  /// The share of the multiply-accumulates.
  public var macs: Double
  /// The share of the parameters, if they are what the gates are driven to.
  public var params: Double?
}
