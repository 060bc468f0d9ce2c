/// How well one class is told from the others.
public struct ClassScore: Hashable, Sendable {
  public var index: Int
  /// Positions that are of the class, that are predicted to be, and both.
  public var actual: Int
  public var predicted: Int
  public var hits: Int

  /// The share of its positions that are predicted right; nil if there are none.
  public var accuracy: Double? { actual > 0 ? Double(hits) / Double(actual) : nil }

  /// Positions of the class and predicted to be, over those of either; nil if there are none.
  public var iou: Double? {
    let union = actual + predicted - hits
    return union > 0 ? Double(hits) / Double(union) : nil
  }
}
