/// The 8-bit format of the scales of microscaling blocks: powers of two from 2^-127 to 2^127.
public enum ScaleFloat {
  /// How a number between two powers is rounded.
  public enum Rounding: String, Sendable {
    case up, down, nearest
  }

  /// The number a code stands for; the last code is nan.
  public static func decode(_ code: UInt8) -> Double {
    code == .max ? .nan : Double(sign: .plus, exponent: Int(code) - 127, significand: 1)
  }

  /// The code of a power of two near a positive number; the sign of a negative one is ignored, as
  /// ONNX leaves that open, and infinity becomes nan.
  ///
  /// Numbers below the smallest power become that one. Beyond the largest power the result is that
  /// if `saturates`, else nan.
  public static func encode(_ value: Float, _ rounding: Rounding, saturates: Bool) -> UInt8 {
    let bits = value.bitPattern
    let exponent = UInt8(truncatingIfNeeded: bits >> 23)
    if exponent == .max { return exponent }
    let fraction = bits & 0x7F_FFFF
    let isRaised =
      switch rounding {
      case .up: fraction > 0
      case .down: false
      case .nearest: fraction > 0x40_0000 || fraction == 0x40_0000 && exponent > 0
      }
    guard isRaised else { return exponent }
    return exponent == .max - 1 && saturates ? exponent : exponent + 1
  }
}
