/// What the labels of a data set are.
public enum LabelKind: Hashable, Sendable, CustomStringConvertible {
  /// There are none: the samples serve distillation only.
  case none
  /// A class for each of so many places of a sample, 1 or as many as it has pixels.
  case classes(positions: Int)
  /// Numbers of the given extents.
  case values(extents: [Int])

  /// Whether they stay right, or can be moved too, where pixels of an image of the given extents move:
  /// what is said of a whole sample, and a class a pixel.
  func follow(_ extents: [Int]) -> Bool {
    switch self {
    case .none, .classes(positions: 1): true
    case .classes(let positions): positions == extents.dropFirst().reduce(1, *)
    case .values(let extents): extents.count <= 1
    }
  }

  /// Whether they are classes.
  var isClasses: Bool {
    if case .classes = self { return true }
    return false
  }

  public var description: String {
    switch self {
    case .none: "no labels"
    case .classes(let positions): "\(positions) classes a sample"
    case .values(let extents): "target numbers of extents \(extents)"
    }
  }
}
