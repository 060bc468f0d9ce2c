/// Arithmetic on extents: exact on numbers, and on names as far as the result is 0 or a product.
extension Dim {
  /// The sum; unknown where it is neither a number, one of the operands, nor a multiple of both.
  static func + (left: Dim, right: Dim) -> Dim {
    switch (left, right) {
    case (.known(0), let other), (let other, .known(0)): other
    case (.known(let a), .known(let b)): Dim(checked: CheckedInt(a) + CheckedInt(b))
    case (.named, .named): combined(left, right) { $0 + $1 }
    case (.known, _), (.named, _), (.unknown, _): .unknown
    }
  }

  /// The difference; unknown where it is neither a number, the left operand, nor a multiple of both.
  static func - (left: Dim, right: Dim) -> Dim {
    switch (left, right) {
    case (let other, .known(0)): other
    case (.known(let a), .known(let b)): Dim(checked: CheckedInt(a) - CheckedInt(b))
    case (.named(let a), .named(let b)) where a == b: .known(0)
    case (.named, .named): combined(left, right) { $0 - $1 }
    case (.known, _), (.named, _), (.unknown, _): .unknown
    }
  }

  /// The multiple of two multiples of the same names whose number is `operation` of theirs.
  private static func combined(
    _ left: Dim, _ right: Dim, _ operation: (CheckedInt, CheckedInt) -> CheckedInt
  ) -> Dim {
    guard let a = DimProduct(left), let b = DimProduct(right), a.names == b.names,
      let factor = operation(a.factor, b.factor).value, factor > 0
    else { return .unknown }
    return DimProduct(factor: CheckedInt(factor), names: a.names).dim
  }

  /// The product; unknown where it is neither a number nor a product of positive numbers and names.
  public static func * (left: Dim, right: Dim) -> Dim {
    switch (left, right) {
    case (.known(1), let other), (let other, .known(1)): other
    case (.known(0), _), (_, .known(0)): .known(0)
    case (.known(let a), .known(let b)): Dim(checked: CheckedInt(a) * CheckedInt(b))
    case (.known, _), (.named, _), (.unknown, _): product(left, right)
    }
  }

  private static func product(_ left: Dim, _ right: Dim) -> Dim {
    guard let a = DimProduct(left), let b = DimProduct(right) else { return .unknown }
    return (a * b).dim
  }

  /// The quotient truncated towards zero, as integer Div computes it; of names where a number divides
  /// theirs.
  public static func / (left: Dim, right: Dim) -> Dim {
    switch (left, right) {
    case (let other, .known(1)): other
    case (.known(let a), .known(let b)) where b != 0 && !(a == .min && b == -1): .known(a / b)
    case (.named, .known): quotient(left, right)
    case (.known, _), (.named, _), (.unknown, _): .unknown
    }
  }

  private static func quotient(_ left: Dim, _ right: Dim) -> Dim {
    guard let a = DimProduct(left), let b = DimProduct(right) else { return .unknown }
    return a.divided(by: b)?.dim ?? .unknown
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
