/// What a value of a graph holds while the graph runs.
public enum Datum: Sendable, Equatable {
  /// A tensor; also of an optional that holds one.
  case tensor(Tensor)
  /// A sequence of tensors; also of an optional that holds one.
  case sequence([Tensor])
  /// An optional that holds nothing.
  case absent

  /// The tensor, if it is one.
  public var tensor: Tensor? {
    if case .tensor(let tensor) = self { tensor } else { nil }
  }

  /// What it is, in words.
  public var kind: String {
    switch self {
    case .tensor: "a tensor"
    case .sequence: "a sequence"
    case .absent: "an empty optional"
    }
  }
}
