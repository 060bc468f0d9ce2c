import IR

/// What a model's data input is like.
public enum ModelInput {
  /// The extents of a sample as a model wants it; nil if they are not known or it has no one data
  /// input.
  public static func sample(of model: Model) -> [Int]? {
    guard let (_, shape) = try? TrainingGraphBuilder.input(of: model.graph, batch: 1) else {
      return nil
    }
    return Array(shape.dropFirst())
  }
}
