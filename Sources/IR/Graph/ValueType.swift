/// The type of a tensor value: its element type and, if known, its shape.
public struct TensorType: Hashable, Sendable {
  public var element: ElementType
  /// The extents; nil if not even the rank is known.
  public var shape: Shape?

  /// Creates a type.
  public init(_ element: ElementType, _ shape: Shape?) {
    self.element = element
    self.shape = shape
  }
}

/// The type of a value.
public enum ValueType: Hashable, Sendable {
  /// Nothing is known.
  case unknown
  case tensor(TensorType)
  /// A sequence, optional, map or sparse tensor: the `TypeProto` message, byte for byte.
  case opaque([UInt8])

  /// The tensor type, if it is one.
  public var tensor: TensorType? {
    if case .tensor(let type) = self { type } else { nil }
  }

  /// The element type, if it is known.
  public var element: ElementType? { tensor?.element }

  /// The shape, if its rank is known.
  public var shape: Shape? { tensor?.shape }

  /// The number of axes, if known.
  public var rank: Int? { shape?.count }

  /// A tensor type.
  public static func tensor(_ element: ElementType, _ shape: Shape?) -> ValueType {
    .tensor(TensorType(element, shape))
  }
}
