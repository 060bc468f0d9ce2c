import IR

/// The reference kernel of RotaryEmbedding.
enum ReferenceRotaryEmbedding {
  /// RotaryEmbedding of `[batch, heads, positions, size]` or `[batch, positions, heads · size]`:
  /// pairs of the first `rotary_embedding_dim` elements of each head are rotated.
  static func rotate<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.operand(0).shape
    guard shape.count == 3 || shape.count == 4 else {
      throw call.invalid("operand 0 has shape \(shape), expected 3 or 4 axes")
    }
    let heads = shape.count == 4 ? shape[1] : call.node.attributes.int("num_heads") ?? 0
    guard heads >= 1, shape.count == 4 || shape[2] % heads == 0 else {
      throw call.invalid("an operand of shape \(shape) has no \(heads) heads")
    }
    let size = shape.count == 4 ? shape[3] : shape[2] / heads
    let positions = shape.count == 4 ? shape[2] : shape[1]
    let asked = try call.int("rotary_embedding_dim", default: 0, in: 0...size)
    let width = asked == 0 ? size : asked
    guard width % 2 == 0 else { throw call.invalid("\(width) elements cannot be paired") }
    let half = width / 2
    let angles = try rows(call, batch: shape[0], positions: positions, half: half)
    let cosines = try call.elements(1, type)
    let sines = try call.elements(2, type, shape: call.operand(1).shape)
    let isInterleaved = call.flag("interleaved")
    let x = try call.elements(0, type)
    return [
      try call.make(type, shape) { y in
        for start in stride(from: 0, to: x.count, by: Swift.max(size, 1)) {
          let row = start / size
          let position = shape.count == 4 ? row % positions : row / heads % positions
          let image = row / (positions * heads)
          let angle = angles[image * positions + position] * half
          for index in 0..<half {
            let first = start + (isInterleaved ? 2 * index : index)
            let second = start + (isInterleaved ? 2 * index + 1 : half + index)
            let (c, s) = (cosines[angle + index], sines[angle + index])
            y[first] = c * x[first] - s * x[second]
            y[second] = s * x[first] + c * x[second]
          }
          for index in width..<size { y[start + index] = x[start + index] }
        }
      }
    ]
  }

  /// The row of angles, of `half` elements each, for each position of each image.
  private static func rows(_ call: ReferenceCall, batch: Int, positions: Int, half: Int)
    throws(Diagnostic) -> [Int]
  {
    let table = try call.operand(1).shape
    guard call.optional(3) != nil else {
      guard table == [batch, positions, half] else {
        throw call.invalid("angles of shape \(table), expected \([batch, positions, half])")
      }
      return Array(0..<(batch * positions))
    }
    guard table.count == 2, table[1] == half else {
      throw call.invalid("angles of shape \(table), expected rows of \(half)")
    }
    let places = try call.integers(3)
    guard places.count == batch * positions, places.allSatisfy({ (0..<table[0]).contains($0) })
    else { throw call.invalid("the positions do not fit angles of shape \(table)") }
    return places
  }
}
