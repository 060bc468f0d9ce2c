/// Some samples, ready to enter a model.
public struct Batch: Sendable {
  /// The number of samples.
  public var count: Int
  /// The normalised elements in the model's layout, one sample after the other.
  public var elements: [Float]
  /// The class labels, one for each position of each sample; empty if there are none.
  public var classes: [Int64]
  /// The target numbers, one sample after the other; empty if there are none.
  public var values: [Float]
}
