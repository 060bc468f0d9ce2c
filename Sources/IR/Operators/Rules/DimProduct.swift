/// An extent as a product of a number and names, such as `4*batch`.
///
/// A product of several factors is a named extent whose name spells it: the number, if it is not 1,
/// then the names in order, with `*` between. Names that are no identifiers have no products, so that
/// what exporters call `s0 + 1` is not taken apart.
struct DimProduct {
  /// The number; positive.
  var factor: CheckedInt
  /// The names, sorted, each as often as it is a factor.
  var names: [String]

  /// Takes an extent apart; nil if it is unknown, not positive, or a name that spells no product.
  init?(_ dim: Dim) {
    switch dim {
    case .known(let value):
      guard value > 0 else { return nil }
      self.init(factor: CheckedInt(value), names: [])
    case .named(let name):
      var parts = name.split(separator: "*", omittingEmptySubsequences: false)[...]
      var factor = CheckedInt(1)
      if parts.count > 1, let number = parts.first.flatMap({ Int($0) }), number > 0 {
        factor = CheckedInt(number)
        parts = parts.dropFirst()
      }
      guard parts.allSatisfy(DimProduct.isIdentifier) else { return nil }
      self.init(factor: factor, names: parts.map(String.init))
    case .unknown: return nil
    }
  }

  init(factor: CheckedInt, names: [String]) {
    self.factor = factor
    self.names = names.sorted()
  }

  /// The product as an extent; unknown if the number overflowed.
  var dim: Dim {
    guard let number = factor.value else { return .unknown }
    if names.isEmpty { return .known(number) }
    return .named(((number == 1 ? [] : ["\(number)"]) + names).joined(separator: "*"))
  }

  static func * (left: DimProduct, right: DimProduct) -> DimProduct {
    DimProduct(factor: left.factor * right.factor, names: left.names + right.names)
  }

  /// The quotient, if it is a product too; names that cancel are taken not to be 0.
  func divided(by divisor: DimProduct) -> DimProduct? {
    guard let whole = factor.value, let part = divisor.factor.value, whole % part == 0 else {
      return nil
    }
    var rest = names
    for name in divisor.names {
      guard let place = rest.firstIndex(of: name) else { return nil }
      rest.remove(at: place)
    }
    return DimProduct(factor: CheckedInt(whole / part), names: rest)
  }

  /// The product with names replaced by numbers.
  func bound(_ numbers: [String: Int]) -> DimProduct {
    var result = DimProduct(factor: factor, names: [])
    for name in names {
      if let number = numbers[name] {
        result.factor = result.factor * CheckedInt(number)
      } else {
        result.names.append(name)
      }
    }
    return result
  }

  /// Whether a part of a name is one that needs no brackets beside others.
  private static func isIdentifier(_ text: Substring) -> Bool {
    guard let first = text.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
    return text.unicodeScalars.allSatisfy { scalar in
      scalar == "_" || scalar == "." || scalar.properties.isAlphabetic
        || ("0"..."9").contains(scalar)
    }
  }
}
