/// What `augment` is asked to do.
public struct AugmentOptions: Hashable, Sendable {
  /// How a one-shot run ranks channels.
  public enum Criterion: String, CaseIterable, Hashable, Sendable {
    /// The Euclidean norm of the rows that make a channel, BatchNorm folded.
    case l2
    /// The sum of magnitudes of these rows.
    case l1
    /// The magnitude of the BatchNorm scale.
    case bn
    /// A seeded random number.
    case random
  }

  /// How much a criterion closes.
  public enum Amount: Hashable, Sendable {
    /// ⌊R·C⌋ channels of each group of C.
    case ratio(Double)
    /// As many as bring the cost to this fraction of the dense model's.
    case targetMACs(Double)
  }

  /// The criterion of a one-shot run; nil for gates to be trained.
  public var criterion: Criterion?
  /// How much the criterion closes.
  public var amount = Amount.ratio(0.5)
  /// Whether channels of all groups are ranked together.
  public var global = false
  public var seed: UInt64 = 0
  /// Whether every gate is opened to exactly 1.
  public var exact = false
  /// The score that gates start from.
  public var initial: Float = 1
  /// Whether the slower factor of a product (heads, groups) is gated in place of the faster one.
  public var heads = false
  /// What the number of open channels of a group is rounded up to a multiple of.
  public var roundTo = 1
  /// The least number of channels that stay open in a group.
  public var minimumChannels = 1
  /// Patterns of groups to leave alone: names of groups or their producers, `*` for anything.
  public var keep: [String] = []

  /// Creates the options of a plain run.
  public init() {}
}
