import IR
import RealModule

/// Queries, keys or values as `[batch, heads, positions, size]`, row-major.
struct HeadTensor<S: ReferenceScalar> {
  var elements: [S] = []
  let batch: Int
  let heads: Int
  var positions: Int
  let size: Int

  /// The shape.
  var shape: [Int] { [batch, heads, positions, size] }

  /// Copies elements that lie at `offset` plus indices times strides, the size being dense.
  ///
  /// - Precondition: all of them are within `source`.
  init(
    _ source: UnsafeBufferPointer<S>, _ shape: [Int],
    strides: (batch: Int, head: Int, position: Int), offset: Int = 0
  ) {
    (batch, heads, positions, size) = (shape[0], shape[1], shape[2], shape[3])
    elements.reserveCapacity(shape.reduce(1, *))
    for image in 0..<batch {
      for head in 0..<heads {
        for position in 0..<positions {
          let start =
            offset + image * strides.batch + head * strides.head + position * strides.position
          elements += source[start..<(start + size)]
        }
      }
    }
  }

  /// Takes elements in row-major order.
  init(dense source: UnsafeBufferPointer<S>, _ shape: [Int]) {
    (batch, heads, positions, size) = (shape[0], shape[1], shape[2], shape[3])
    elements = Array(source)
  }

  /// The heads side by side: elements of shape `[batch, positions, heads · size]`.
  var sideBySide: [S] {
    var result: [S] = []
    result.reserveCapacity(elements.count)
    for image in 0..<batch {
      for position in 0..<positions {
        for head in 0..<heads {
          let start = ((image * heads + head) * positions + position) * size
          result += elements[start..<(start + size)]
        }
      }
    }
    return result
  }

  /// The positions of `past`, then these.
  ///
  /// - Precondition: batch, heads and size agree.
  func following(_ past: HeadTensor) -> HeadTensor {
    var result = self
    result.elements = []
    result.positions = past.positions + positions
    for block in 0..<(batch * heads) {
      let (old, new) = (past.positions * size, positions * size)
      result.elements += past.elements[(block * old)..<((block + 1) * old)]
      result.elements += elements[(block * new)..<((block + 1) * new)]
    }
    return result
  }
}

/// Attention itself: `softmax(cap(scale · Q Kᵀ) + bias) V`; several heads of queries may share one of
/// keys and values, and a query that may attend to nothing gets zeros.
struct AttentionCore<S: ReferenceScalar> {
  /// A stage of the scores.
  enum Stage: Int {
    case product = 0
    case capped = 1
    case biased = 2
    case probabilities = 3
  }

  /// A format to round to.
  enum Rounding {
    case none, float16, bfloat16

    /// The rounding to an element type; nil for types that softmax is not computed in.
    init?(_ type: ElementType) {
      switch type {
      case .float32, .float64: self = .none
      case .float16: self = .float16
      case .bfloat16: self = .bfloat16
      case .uint8, .int8, .uint16, .int16, .int32, .int64, .string, .bool, .uint32, .uint64,
        .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
        .uint4, .int4, .float4e2m1, .float6e2m3, .float6e3m2, .float8e8m0, .uint2, .int2:
        return nil
      }
    }

    /// The number rounded.
    func callAsFunction<T: ReferenceScalar>(_ number: T) -> T {
      switch self {
      case .none: number
      case .float16: T(Float16(Float(number)))
      case .bfloat16: T(BFloat16(Float(number)).float)
      }
    }
  }

  let query: HeadTensor<S>
  let key: HeadTensor<S>
  let value: HeadTensor<S>
  var scale: S
  /// Scores are capped to `cap · tanh(score / cap)` unless this is 0.
  var cap: S = 0
  /// How softmax rounds its operands and results.
  var precision = Rounding.none
  /// The scores to keep, if any.
  var keeps: Stage?
  /// What is added to the score of a query and a key of an image and a head; -inf forbids them.
  let bias: (_ image: Int, _ head: Int, _ query: Int, _ key: Int) -> S

  /// The outputs, laid out as the queries, and the scores `[batch, heads, queries, keys]`.
  ///
  /// - Precondition: the operands' extents fit, the queries' heads are a multiple of the keys'.
  func run() -> (output: HeadTensor<S>, scores: [S]) {
    var result: [S] = []
    var kept: [S] = []
    let share = query.heads / max(key.heads, 1)
    let keys = key.positions
    for image in 0..<query.batch {
      for head in 0..<query.heads {
        let block = image * key.heads + head / share
        for position in 0..<query.positions {
          let first =
            ((image * query.heads + head) * query.positions + position) * query.size
          var scores = products(first, block)
          if keeps == .product { kept += scores }
          if cap > 0 { scores = scores.map { cap * S.tanh($0 / cap) } }
          if keeps == .capped { kept += scores }
          let added = (0..<keys).map { bias(image, head, position, $0) }
          for index in 0..<keys { scores[index] += added[index] }
          if keeps == .biased { kept += scores }
          let isOpen = added.contains { $0 != -.infinity }
          let weights = isOpen ? softmax(scores) : scores.map { _ in 0 }
          if keeps == .probabilities { kept += weights }
          for column in 0..<value.size {
            var sum: S = 0
            for index in 0..<keys where weights[index] != 0 {
              sum += weights[index] * value.elements[(block * keys + index) * value.size + column]
            }
            result.append(sum)
          }
        }
      }
    }
    let output = result.withUnsafeBufferPointer {
      HeadTensor(dense: $0, [query.batch, query.heads, query.positions, value.size])
    }
    return (output, kept)
  }

  private func products(_ first: Int, _ block: Int) -> [S] {
    (0..<key.positions).map { index in
      let other = (block * key.positions + index) * key.size
      var sum: S = 0
      for column in 0..<key.size {
        sum += query.elements[first + column] * key.elements[other + column]
      }
      return sum * scale
    }
  }

  private func softmax(_ scores: [S]) -> [S] {
    let rounded = scores.map { precision($0) }
    let largest = rounded.max() ?? 0
    if largest == -.infinity { return scores.map { _ in 0 } }
    let powers = rounded.map { S.exp($0 - largest) }
    let total = powers.reduce(0, +)
    return powers.map { precision($0 / total) }
  }
}
