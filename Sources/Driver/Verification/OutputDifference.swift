import IR

/// How far two tensors that should be equal are apart.
public struct OutputDifference: Hashable, Sendable {
  /// The largest difference of two elements; infinite where one is not finite and the other is not
  /// the same, or where the shapes differ.
  public var largest: Double
  /// The largest magnitude among the finite elements of the first tensor.
  public var scale: Double
  /// Whether any element of the first tensor is finite, so that the comparison says something.
  public var isTelling: Bool
  /// Both shapes, where they differ.
  public var shapes: [[Int]] = []

  /// Compares two tensors element by element; numbers are compared in float64, strings exactly.
  ///
  /// A nan equals a nan and an infinity equals the same infinity.
  public init(_ reference: Tensor, _ other: Tensor) {
    largest = 0
    scale = 0
    isTelling = reference.count == 0
    guard reference.shape == other.shape else {
      shapes = [reference.shape, other.shape]
      largest = .infinity
      isTelling = true
      return
    }
    guard let left = reference.doubles, let right = other.doubles else {
      largest = reference == other ? 0 : .infinity
      isTelling = true
      return
    }
    for index in left.indices {
      let (a, b) = (left[index], right[index])
      if a.isFinite {
        isTelling = true
        scale = max(scale, abs(a))
      }
      if a.isFinite && b.isFinite {
        largest = max(largest, abs(a - b))
      } else if !(a == b || (a.isNaN && b.isNaN)) {
        largest = .infinity
      }
    }
  }

  /// The largest difference relative to the scale; 0 where there is none at all.
  public var relative: Double { largest == 0 ? 0 : largest / scale }
}
