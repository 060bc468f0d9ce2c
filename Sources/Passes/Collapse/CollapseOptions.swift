/// What `collapse` is asked to do.
public struct CollapseOptions: Hashable, Sendable {
  /// Gates at or above stay.
  public var threshold = 0.5
  /// What the number of channels of a group is rounded up to a multiple of, reopening the strongest.
  public var roundTo = 1
  /// The least number of channels that stay in a group.
  public var minimumChannels = 1
  /// Patterns of gates that stay open whatever their weights; `*` stands for anything.
  public var keep: [String] = []

  /// Creates the options of a plain run.
  public init() {}
}
