/// The extent of one axis, as far as it is known before the graph runs.
public enum Dim: Hashable, Sendable {
  /// A number.
  case known(Int)
  /// A name the model gives it; equal names are equal extents.
  case named(String)
  /// Nothing is known.
  case unknown

  /// The number, if known.
  public var value: Int? {
    if case .known(let value) = self { value } else { nil }
  }

  /// Whether the two extents are certainly equal.
  public func isCertainly(_ other: Dim) -> Bool { self == other && self != .unknown }
}

/// The extents of all axes of a tensor.
public typealias Shape = [Dim]

extension [Dim] {
  /// The extents as numbers; nil unless all are known.
  public var known: [Int]? {
    let values = compactMap(\.value)
    return values.count == count ? values : nil
  }

  /// A shape of known extents.
  public init(_ extents: [Int]) { self = extents.map(Dim.known) }
}
