/// How gates are trained.
public enum GateRecipe: String, Codable, Hashable, Sendable {
  /// By importance against price; see `ImportanceDriver`.
  case `default`
  /// As in arXiv 2308.14605: by the gradient of task, cost and ejector; see `GradientDriver`.
  case paper
}
