/// One sample as it lies in a data set.
public struct Sample: Sendable {
  /// Numbers of a sample.
  public enum Elements: Hashable, Sendable {
    /// Pixels from 0 to 255.
    case bytes([UInt8])
    case floats([Float])
    /// Tokens, masks and the like.
    case integers([Int])

    /// Of which kind they are.
    var kind: InputKind.Elements {
      switch self {
      case .bytes: .bytes
      case .floats: .floats
      case .integers: .integers
      }
    }

    /// How many there are.
    public var count: Int {
      switch self {
      case .bytes(let bytes): bytes.count
      case .floats(let floats): floats.count
      case .integers(let integers): integers.count
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

  /// What one input of a model takes.
  public struct Input: Sendable {
    public var elements: Elements
    /// Images have their channels first.
    public var extents: [Int]

    /// What the input is like.
    var kind: InputKind { InputKind(elements: elements.kind, extents: extents) }
  }

  /// What the inputs of a model take, at least one.
  public private(set) var inputs: [Input]
  public var label: Label

  /// What the first input takes.
  public var elements: Elements { inputs[0].elements }
  /// The extents of what the first input takes.
  public var extents: [Int] { inputs[0].extents }

  /// Whether there is something that is no number among what is to be computed with.
  var holdsNaN: Bool {
    if case .values(let targets) = label, targets.contains(where: \.isNaN) { return true }
    return inputs.contains { input in
      if case .floats(let floats) = input.elements {
        floats.contains(where: \.isNaN)
      } else {
        false
      }
    }
  }

  /// Creates a sample for models of one input, or of more with what those take.
  public init(elements: Elements, extents: [Int], further: [Input] = [], label: Label) {
    inputs = [Input(elements: elements, extents: extents)] + further
    self.label = label
  }
}
