/// What a model is trained to make small.
public enum LossKind: String, Codable, Hashable, Sendable {
  /// Cross-entropy of the classes on axis 1 of the output, one label a sample.
  case crossEntropy = "ce"
  /// The same with one label a pixel.
  case perPixel = "seg"
  /// The mean squared difference from target numbers.
  case squaredError = "mse"
  /// The divergence from the teacher's output alone; needs no labels.
  case distillation = "distill"
}
