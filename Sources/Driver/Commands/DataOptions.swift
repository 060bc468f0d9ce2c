import IR
import Training

/// Which samples a command works on, and how they enter the model.
public struct DataOptions: Sendable {
  /// The folder or file.
  public var path: String
  /// Means, then standard deviations, one a channel; nil for what the model says.
  public var normalization: [Double]?

  /// Creates options.
  public init(path: String, normalization: [Double]? = nil) {
    self.path = path
    self.normalization = normalization
  }

  /// Reads the samples.
  func read() throws(Diagnostic) -> DataSource { try DataSource.read(path) }

  /// How samples enter the model, if the options or the model say so.
  func metadata(of model: Model) throws(Diagnostic) -> InputMetadata? {
    guard let normalization else { return try InputMetadata(of: model) }
    let half = normalization.count / 2
    var metadata = InputMetadata(
      mean: Array(normalization[..<half]), std: Array(normalization[half...]))
    metadata.classes = try InputMetadata(of: model)?.classes
    return metadata
  }
}
