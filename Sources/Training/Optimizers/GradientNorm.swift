/// The Euclidean norm of a gradient in several parts.
package struct GradientNorm {
  private var squares = 0.0

  /// The norm of nothing yet.
  package init() {}

  /// The norm of all parts so far; not finite if one of their elements is not.
  package var value: Double { squares.squareRoot() }

  /// Adds a part.
  package mutating func add(_ part: UnsafeBufferPointer<Float>) {
    let block = 1024
    var start = 0
    while start < part.count {
      let end = min(start + block, part.count)
      var sums = SIMD8<Float>(repeating: 0)
      var index = start
      while index + 8 <= end {
        var lane = SIMD8<Float>()
        for offset in 0..<8 { lane[offset] = part[index + offset] }
        sums += lane * lane
        index += 8
      }
      var total = Double(sums.sum())
      while index < end {
        total += Double(part[index] * part[index])
        index += 1
      }
      squares += total
      start = end
    }
  }
}
