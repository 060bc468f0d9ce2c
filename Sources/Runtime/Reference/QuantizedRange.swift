import IR

/// The whole numbers that a quantized type holds.
struct QuantizedRange {
  let low: Int
  let high: Int

  /// The range of an integer type of at most 16 bits; nil for other types.
  init?(_ type: ElementType) {
    guard type.isInteger, type.bitWidth <= 16 else { return nil }
    let isSigned = [.int8, .int16, .int4, .int2].contains(type)
    low = isSigned ? -(1 << (type.bitWidth - 1)) : 0
    high = isSigned ? -low - 1 : 1 << type.bitWidth - 1
  }

  /// The number rounded to the nearest whole one, ties to even, shifted and saturated; the lowest
  /// one for nan.
  func quantize(_ number: Double, _ zero: Int) -> Int {
    let rounded = number.rounded(.toNearestOrEven)
    guard rounded.magnitude < 1e9 else { return rounded > 0 ? high : low }
    return min(max(Int(rounded) + zero, low), high)
  }

  /// A tensor of a type from whole numbers within its range.
  ///
  /// - Precondition: the type has this range.
  static func tensor(_ values: [Int], _ type: ElementType, _ shape: [Int]) -> Tensor {
    if type.bitWidth <= 8 {
      return Tensor(
        codes: values.map { UInt8(truncatingIfNeeded: $0) }, type: type, shape: shape)
    }
    let words = values.map { UInt16(truncatingIfNeeded: $0) }
    return Tensor(type: type, shape: shape) { memory in
      words.withUnsafeBytes { memory.copyMemory(from: $0) }
    }
  }
}
