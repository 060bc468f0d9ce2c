/// How the axes of a sample stand in a file or a model's input.
public enum SampleLayout: String, Codable, Hashable, Sendable {
  /// Channels first.
  case nchw
  /// Channels last.
  case nhwc
}
