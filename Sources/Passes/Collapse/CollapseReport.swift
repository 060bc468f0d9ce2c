import IR

/// What `collapse` did; the keys of the command's JSON that do not need a run of the models.
public struct CollapseReport: Sendable {
  /// Channels that stayed although their gates were below the threshold.
  public struct Reopened: Hashable, Sendable, Codable {
    /// The gate.
    public var name: String
    public var indices: [Int]
  }

  /// Multiply-accumulates of the model without its gates, and of the result.
  public var macsBefore = 0
  public var macsAfter = 0
  public var paramsBefore = 0
  public var paramsAfter = 0
  /// Gate channels below the threshold that closed.
  public var closed = 0
  /// Gate channels that stayed.
  public var open = 0
  /// Gate channels whose weight lies between 0.05 and 0.95.
  public var undecided = 0
  public var reopened: [Reopened] = []
  /// Whether a gate closed that was not at zero, which changes what the model computes.
  public var changesFunction = false
  /// Indices of channel groups that went.
  public var removedChannels = 0
  public var removedNodes = 0
  /// Residual branches that went as a whole.
  public var blocksRemoved = 0
  /// The number of gate channels by weight, ten bins of width 0.1.
  public var histogram = [Int](repeating: 0, count: 10)

  /// What the user should know.
  public var warnings: [Diagnostic] = []

  /// What stayed of constants, by the names they have now; those that are not here were not cut.
  public var cuts: [String: ConstantCut] = [:]

  /// What the result must equal: the model with the node behind each `NAME.w` replaced by an
  /// initializer of the weights that stay, all else as it was.
  public var masked: Model?

  /// Creates an empty report.
  public init() {}

  /// Adds cuts of constants that may have been cut before.
  mutating func add(_ further: [ConstantCut]) {
    let former = cuts
    for cut in further { cuts[cut.name] = cut.after(former[cut.source]) }
  }
}
