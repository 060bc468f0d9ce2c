import IR

/// How far two tensors are apart.
public struct NumericDifference: CustomStringConvertible {
  /// The largest absolute difference, relative to the largest finite magnitude of the reference.
  public var relative: Double
  /// Why the tensors cannot be compared at all; nil if they can.
  public var mismatch: String?

  /// Compares `found` with `expected`; a nan or an infinity must be met by the same.
  public init(_ found: Tensor, _ expected: Tensor) {
    relative = 0
    guard found.type == expected.type, found.shape == expected.shape else {
      mismatch =
        "\(found.type.textName)\(found.shape) instead of \(expected.type.textName)\(expected.shape)"
      return
    }
    guard let a = found.doubles, let b = expected.doubles else {
      if found != expected { mismatch = "the elements differ" }
      return
    }
    let scale = b.reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
    for (x, y) in zip(a, b) where !(x == y || x.isNaN && y.isNaN) {
      guard x.isFinite, y.isFinite else {
        mismatch = "\(x) instead of \(y)"
        return
      }
      relative = max(relative, abs(x - y) / max(scale, 1e-30))
    }
  }

  /// Whether the tensors agree up to a tolerance.
  public func isWithin(_ tolerance: Double) -> Bool { mismatch == nil && relative <= tolerance }

  public var description: String { mismatch ?? "relative difference \(relative)" }
}
