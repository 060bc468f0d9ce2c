/// The one number that says how well a task is done.
public struct TaskMetric: Codable, Hashable, Sendable {
  /// What is measured.
  public enum Kind: String, Codable, Sendable {
    /// The share of right predictions.
    case accuracy
    /// The mean over the classes of intersection over union.
    case meanIoU = "miou"
    /// R², the share of the targets' variance that is explained.
    case determination = "r2"
    /// The share of positions at which a model predicts the class that its teacher predicts.
    case agreement
  }

  public var kind: Kind
  /// A fraction of 1, more being better.
  public var value: Double

  /// Creates a metric.
  public init(_ kind: Kind, _ value: Double) {
    self.kind = kind
    self.value = value
  }
}
