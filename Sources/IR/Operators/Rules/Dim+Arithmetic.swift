/// Arithmetic on extents: exact on numbers, and on names as far as neutral elements go.
extension Dim {
  /// The sum; unknown where it is neither a number nor one of the operands.
  static func + (left: Dim, right: Dim) -> Dim {
    switch (left, right) {
    case (.known(0), let other), (let other, .known(0)): other
    case (.known(let a), .known(let b)): Dim(checked: CheckedInt(a) + CheckedInt(b))
    case (.known, _), (.named, _), (.unknown, _): .unknown
    }
  }

  /// The difference; unknown where it is neither a number nor the left operand.
  static func - (left: Dim, right: Dim) -> Dim {
    switch (left, right) {
    case (let other, .known(0)): other
    case (.known(let a), .known(let b)): Dim(checked: CheckedInt(a) - CheckedInt(b))
    case (.named(let a), .named(let b)) where a == b: .known(0)
    case (.known, _), (.named, _), (.unknown, _): .unknown
    }
  }

  /// The product; unknown where it is neither a number nor one of the operands.
  static func * (left: Dim, right: Dim) -> Dim {
    switch (left, right) {
    case (.known(1), let other), (let other, .known(1)): other
    case (.known(0), _), (_, .known(0)): .known(0)
    case (.known(let a), .known(let b)): Dim(checked: CheckedInt(a) * CheckedInt(b))
    case (.known, _), (.named, _), (.unknown, _): .unknown
    }
  }

  /// The quotient truncated towards zero, as integer Div computes it.
  static func / (left: Dim, right: Dim) -> Dim {
    switch (left, right) {
    case (let other, .known(1)): other
    case (.known(let a), .known(let b)) where b != 0 && !(a == .min && b == -1): .known(a / b)
    case (.known, _), (.named, _), (.unknown, _): .unknown
    }
  }

  /// The number if nothing overflowed, else unknown.
  init(checked: CheckedInt) { self = checked.value.map(Dim.known) ?? .unknown }

  /// What is known of two extents that must be equal; nil if they differ.
  func merged(with other: Dim) -> Dim? {
    switch (self, other) {
    case (.known(let a), .known(let b)): a == b ? self : nil
    case (.known, _): self
    case (_, .known): other
    case (.named, _): self
    case (.unknown, _): other
    }
  }

  /// The extent of an axis that two operands broadcast along; nil if they cannot.
  func broadcast(with other: Dim) -> Dim? {
    switch (self, other) {
    case (.known(1), _): other
    case (_, .known(1)): self
    case (.known(let a), .known(let b)): a == b ? self : nil
    case (.known, _): self
    case (_, .known): other
    case (.named(let a), .named(let b)): a == b ? self : .unknown
    case (.named, .unknown), (.unknown, _): .unknown
    }
  }
}

extension [Dim] {
  /// The shape that operands of these shapes broadcast to; nil if they cannot.
  func broadcast(with other: [Dim]) -> [Dim]? {
    let rank = Swift.max(count, other.count)
    var result: [Dim] = []
    for axis in 0..<rank {
      let a = axis < rank - count ? Dim.known(1) : self[axis - (rank - count)]
      let b = axis < rank - other.count ? Dim.known(1) : other[axis - (rank - other.count)]
      guard let extent = a.broadcast(with: b) else { return nil }
      result.append(extent)
    }
    return result
  }
}

extension Dim: CustomStringConvertible {
  /// The extent as text: the number, the name, or a question mark.
  public var description: String {
    switch self {
    case .known(let value): "\(value)"
    case .named(let name): name
    case .unknown: "?"
    }
  }
}
