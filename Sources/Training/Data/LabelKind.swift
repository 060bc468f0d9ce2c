/// What the labels of a data set are.
public enum LabelKind: Hashable, Sendable {
  /// There are none: the samples serve distillation only.
  case none
  /// A class for each of so many places of a sample, 1 or as many as it has pixels.
  case classes(positions: Int)
  /// Numbers of the given extents.
  case values(extents: [Int])

  /// Whether they are classes.
  var isClasses: Bool {
    if case .classes = self { return true }
    return false
  }
}
