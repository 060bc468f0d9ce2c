/// How gates are trained.
public enum GateRecipe: String, Codable, Hashable, Sendable {
  /// By importance against price; see `ImportanceDriver`.
  case `default`
  /// As in arXiv 2308.14605: by the gradient of task, cost and ejector; see `GradientDriver`.
  case paper

  /// What drives gates of the given sharpness to a goal.
  func driver(_ goal: GateGoal, sharpness: Double) -> any GateDriver {
    switch self {
    case .default: ImportanceDriver(goal, sharpness: sharpness)
    case .paper: GradientDriver(goal, sharpness: sharpness)
    }
  }
}
