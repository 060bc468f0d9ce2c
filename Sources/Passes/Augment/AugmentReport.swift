import IR

/// What `augment` did.
public struct AugmentReport: Sendable {
  /// The gates of the model.
  public var gates: [Gate]
  /// The cost without gates.
  public var dense: GateTable.Dense
  /// The cost that remains with closed gates closed.
  public var macs: Double
  public var warnings: [Diagnostic]
}
