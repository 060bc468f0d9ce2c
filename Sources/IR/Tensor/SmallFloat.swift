/// A floating-point format of at most 8 bits: a sign, some bits of exponent, some of fraction.
///
/// The formats are those of the OCP 8-bit floating-point and microscaling specifications, and of
/// arXiv 2206.02915 for those without a negative zero.
public struct SmallFloat: Sendable {
  /// What the codes of the largest exponent stand for.
  private enum Special {
    /// Infinities and nans, as IEEE 754 has them.
    case ieee
    /// Numbers, but for the largest code, which is nan.
    case lastIsNaN
    /// Numbers; the code of negative zero is nan.
    case negativeZeroIsNaN
    /// Numbers only.
    case none
  }

  private let exponentBits: Int
  private let fractionBits: Int
  private let bias: Int
  private let special: Special

  /// The format of an element type; nil unless it is a signed one of at most 8 bits.
  public init?(_ type: ElementType) {
    switch type {
    case .float8e4m3fn: self.init(4, 3, bias: 7, .lastIsNaN)
    case .float8e4m3fnuz: self.init(4, 3, bias: 8, .negativeZeroIsNaN)
    case .float8e5m2: self.init(5, 2, bias: 15, .ieee)
    case .float8e5m2fnuz: self.init(5, 2, bias: 16, .negativeZeroIsNaN)
    case .float4e2m1: self.init(2, 1, bias: 1, .none)
    case .float6e2m3: self.init(2, 3, bias: 1, .none)
    case .float6e3m2: self.init(3, 2, bias: 3, .none)
    case .float32, .float64, .float16, .bfloat16, .uint8, .int8, .uint16, .int16, .int32, .int64,
      .string, .bool, .uint32, .uint64, .complex64, .complex128, .uint4, .int4, .float8e8m0,
      .uint2, .int2:
      return nil
    }
  }

  private init(_ exponentBits: Int, _ fractionBits: Int, bias: Int, _ special: Special) {
    self.exponentBits = exponentBits
    self.fractionBits = fractionBits
    self.bias = bias
    self.special = special
  }

  private var signBit: Int { 1 << (exponentBits + fractionBits) }

  /// The code of the largest finite number.
  private var largestCode: Int {
    switch special {
    case .ieee: ((1 << exponentBits) - 1) << fractionBits - 1
    case .lastIsNaN: signBit - 2
    case .negativeZeroIsNaN, .none: signBit - 1
    }
  }

  /// The number a code stands for.
  public func decode(_ code: UInt8) -> Double {
    let magnitude = Int(code) & (signBit - 1)
    let isNegative = Int(code) & signBit != 0
    if special == .negativeZeroIsNaN, isNegative, magnitude == 0 { return .nan }
    if magnitude > largestCode {
      if special == .ieee, magnitude == largestCode + 1 {
        return isNegative ? -.infinity : .infinity
      }
      return .nan
    }
    let exponent = magnitude >> fractionBits
    let fraction = magnitude & ((1 << fractionBits) - 1)
    let significand = exponent == 0 ? fraction : fraction | 1 << fractionBits
    let scale = max(exponent, 1) - bias - fractionBits
    let value = Double(sign: .plus, exponent: scale, significand: Double(significand))
    return isNegative ? -value : value
  }

  /// The code of the nearest number, ties to even.
  ///
  /// What lies beyond the largest number becomes that if `saturates`, else infinity or nan; a
  /// format with numbers only always saturates, and has negative zero for nan.
  public func encode(_ value: Double, saturates: Bool) -> UInt8 {
    let sign = value.sign == .minus ? signBit : 0
    if value.isNaN { return UInt8(truncatingIfNeeded: nanCode(sign)) }
    let magnitude = value.magnitude
    let smallest = 1 - bias - fractionBits
    let isPlain = magnitude > 0 && magnitude.isFinite
    let exponent = isPlain ? max(Int(magnitude.exponent) - fractionBits, smallest) : smallest
    let steps =
      magnitude.isInfinite
      ? Double.infinity
      : (magnitude * Double(sign: .plus, exponent: -exponent, significand: 1))
        .rounded(.toNearestOrEven)
    var code = Int.max
    if steps.isFinite, exponent - smallest < 1 << exponentBits {
      code = (exponent - smallest) << fractionBits + Int(steps)
    }
    if code > largestCode {
      if saturates || special == .none {
        code = largestCode
      } else if special == .ieee {
        code = largestCode + 1
      } else {
        return UInt8(truncatingIfNeeded: nanCode(sign))
      }
    }
    if code == 0, special == .negativeZeroIsNaN { return 0 }
    return UInt8(truncatingIfNeeded: sign | code)
  }

  private func nanCode(_ sign: Int) -> Int {
    switch special {
    case .ieee: sign | (largestCode + 1 + 1 << (fractionBits - 1))
    case .lastIsNaN: sign | (signBit - 1)
    case .negativeZeroIsNaN: signBit
    case .none: signBit
    }
  }
}
