/// One sample as it lies in a data set.
public struct Sample: Sendable {
  /// Its numbers, channels first.
  public enum Elements: Sendable {
    /// Pixels from 0 to 255.
    case bytes([UInt8])
    case floats([Float])

    /// How many there are.
    public var count: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .floats(let floats): floats.count
      }
    }
  }

  /// What is to be learned of it.
  public enum Label: Hashable, Sendable {
    case none
    /// A class, or one for each pixel; negative where none is known.
    case classes([Int32])
    case values([Float])
  }

  public var elements: Elements
  /// Its extents, channels first.
  public var extents: [Int]
  public var label: Label
}
