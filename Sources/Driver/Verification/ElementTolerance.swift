import IR

/// How far the elements of a tensor may be from those that are expected.
public struct ElementTolerance: Hashable, Sendable {
  /// The part of the expected element's magnitude that is allowed.
  public var relative: Double
  /// What is allowed besides.
  public var absolute: Double

  /// ONNX's own for its test cases.
  public static let standard = ElementTolerance(relative: 1e-3, absolute: 1e-7)

  /// Creates a tolerance.
  public init(relative: Double, absolute: Double) {
    self.relative = relative
    self.absolute = absolute
  }

  /// What is wrong with a value, in words; nil where sequences are of one length and all tensors
  /// agree.
  package func mismatch(of found: Datum, expected: Datum) -> String? {
    switch (found, expected) {
    case (.absent, .absent): return nil
    case (.tensor(let found), .tensor(let expected)):
      return mismatch(of: found, expected: expected)
    case (.sequence(let found), .sequence(let expected)):
      guard found.count == expected.count else {
        return "has \(found.count) tensors, expected \(expected.count)"
      }
      for (index, pair) in zip(found, expected).enumerated() {
        guard let mismatch = mismatch(of: pair.0, expected: pair.1) else { continue }
        return "at position \(index) \(mismatch)"
      }
      return nil
    case (.tensor, _), (.sequence, _), (.absent, _):
      return "is \(found.kind), expected \(expected.kind)"
    }
  }

  /// What is wrong with a tensor, in words; nil where type and shape agree and every element is
  /// within `absolute + relative · |expected|`.
  ///
  /// Integers, booleans, strings and formats that are not computed in must be equal. A nan equals a
  /// nan, an infinity the same infinity. The relative part is never finer than two units in the last
  /// place of an element of type float16 or bfloat16, as in ONNX's own runner: expected values were
  /// rounded on ways of their own. For the same reason the absolute part is at least two float32
  /// units (2 · 2^-23) of the largest finite number expected of a tensor of type float32 or
  /// complex64: where terms of that size cancel, that is what is left of them.
  package func mismatch(of found: Tensor, expected: Tensor) -> String? {
    guard found.type == expected.type else {
      return "is of type \(found.type.textName), expected \(expected.type.textName)"
    }
    guard found.shape == expected.shape else {
      return "has shape \(found.shape), expected \(expected.shape)"
    }
    if expected.type.isFloatingPoint, let numbers = expected.doubles, let others = found.doubles {
      return mismatch(of: others, expected: numbers, expected.type)
    }
    switch expected.type {
    case .complex64:
      return mismatch(
        of: Self.parts(found, Float.self), expected: Self.parts(expected, Float.self), .float32)
    case .complex128:
      return mismatch(
        of: Self.parts(found, Double.self), expected: Self.parts(expected, Double.self), .float64)
    case .float32, .uint8, .int8, .uint16, .int16, .int32, .int64, .string, .bool, .float16,
      .float64, .uint32, .uint64, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2,
      .float8e5m2fnuz, .uint4, .int4, .float4e2m1,
      .float6e2m3, .float6e3m2, .float8e8m0, .uint2, .int2:
      return Self.inequality(of: found, expected: expected)
    }
  }

  private func mismatch(
    of found: [Double], expected: [Double], _ type: ElementType
  ) -> String? {
    var least = absolute
    if type == .float32 {
      let largest = expected.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 }
      least = max(least, 2 * 0x1p-23 * largest)
    }
    var count = 0
    var worst: (index: Int, difference: Double)?
    for (index, (a, b)) in zip(found, expected).enumerated() {
      if a == b || (a.isNaN && b.isNaN) { continue }
      let areFinite = a.isFinite && b.isFinite
      let difference = areFinite ? abs(a - b) : .infinity
      if areFinite,
        difference <= least + max(relative * abs(b), 2 * Self.lastPlace(of: b, type))
      {
        continue
      }
      count += 1
      if difference > worst?.difference ?? -1 { worst = (index, difference) }
    }
    guard let worst else { return nil }
    return "differs in \(count) of \(found.count) elements, most in element \(worst.index): "
      + "\(found[worst.index]), expected \(expected[worst.index])"
  }

  /// A unit in the last place of a finite number of type float16 or bfloat16; 0 for other types.
  private static func lastPlace(of number: Double, _ type: ElementType) -> Double {
    let format: (fraction: Int, leastExponent: Int)
    if type == .float16 {
      format = (10, -14)
    } else if type == .bfloat16 {
      format = (7, -126)
    } else {
      return 0
    }
    // The exponent of zero is the least integer.
    let exponent = max(number.exponent, format.leastExponent) - format.fraction
    return Double(sign: .plus, exponent: exponent, significand: 1)
  }

  /// The real and imaginary parts of a complex tensor in turn.
  private static func parts<Part: BinaryFloatingPoint>(
    _ tensor: Tensor, _ type: Part.Type
  ) -> [Double] {
    tensor.withBytes { bytes in
      // Safety: tensors are aligned to 16 bytes at least, and hold pairs of `Part`.
      bytes.assumingMemoryBound(to: type).map { Double($0) }
    }
  }

  /// The first element that is not bit for bit the expected one; bits that pad the last byte of
  /// packed elements do not count.
  private static func inequality(of found: Tensor, expected: Tensor) -> String? {
    if expected.type == .string {
      let index = expected.strings.indices.first { found.strings[$0] != expected.strings[$0] }
      return index.map { index in
        let texts = [found, expected].map { String(decoding: $0.strings[index], as: UTF8.self) }
        return "differs in element \(index): '\(texts[0])', expected '\(texts[1])'"
      }
    }
    let width = expected.type.bitWidth
    let bits = expected.count * width
    return expected.withBytes { right in
      found.withBytes { left in
        for index in right.indices {
          let used = min(8, bits - index * 8)
          guard (left[index] ^ right[index]) << UInt8(8 - used) != 0 else { continue }
          let element = index * 8 / width
          guard let numbers = expected.integers, let others = found.integers else {
            return "differs in the bits of element \(element)"
          }
          return "differs in element \(element): \(others[element]), expected \(numbers[element])"
        }
        return nil
      }
    }
  }
}
