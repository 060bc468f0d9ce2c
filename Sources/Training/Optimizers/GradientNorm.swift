import CKernels

/// The Euclidean norm of a gradient in several parts.
package struct GradientNorm {
  private var squares = 0.0

  /// The norm of nothing yet.
  package init() {}

  /// The norm of all parts so far; not finite if one of their elements is not.
  package var value: Double { squares.squareRoot() }

  /// Adds a part.
  package mutating func add(_ part: UnsafeBufferPointer<Float>) {
    guard let elements = part.baseAddress else { return }
    squares += ck_kernels_best().pointee.dot(part.count, elements, elements)
  }
}
