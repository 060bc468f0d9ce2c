/// What a session says of itself.
public struct SessionStatistics: Sendable {
  /// One step of the plan.
  public struct Step: Sendable {
    /// The node it computes, or prepares something for.
    public let name: String
    /// What kind of work it is.
    public let kind: String
    /// Multiply-accumulates.
    public let macs: Int
    /// The nanoseconds it took in the last run, if that was measured.
    public let nanoseconds: UInt64
  }

  /// The steps, in order.
  public let steps: [Step]
  /// The bytes that hold values between steps.
  public let arenaBytes: Int
  /// The bytes that stay between runs: inputs, outputs, parameters, packed weights.
  public let persistentBytes: Int

  /// The multiply-accumulates of a run.
  public var macs: Int { steps.reduce(0) { $0 + $1.macs } }
}
