import IR

/// What a data set holds for one input of a model.
public struct InputKind: Hashable, Sendable {
  /// What the numbers are.
  public enum Elements: String, Sendable {
    /// Pixels from 0 to 255.
    case bytes
    case floats
    /// Tokens, masks and the like.
    case integers
  }

  public var elements: Elements
  /// The extents of a sample; images have their channels first.
  public var extents: [Int]

  /// The number of elements of a sample.
  var count: Int { extents.reduce(1, *) }

  /// Whether an input of a model that has the given element type takes such numbers.
  func fits(_ type: ElementType) -> Bool {
    switch elements {
    case .bytes: true
    case .floats: type == .float32
    case .integers: type != .float32
    }
  }
}
