/// A Swift type whose memory is that of an ONNX element type.
public protocol TensorElement: BitwiseCopyable, Sendable {
  /// The ONNX element type.
  static var elementType: ElementType { get }
}

extension Float: TensorElement { public static var elementType: ElementType { .float32 } }
extension Double: TensorElement { public static var elementType: ElementType { .float64 } }
extension Float16: TensorElement { public static var elementType: ElementType { .float16 } }
extension Int8: TensorElement { public static var elementType: ElementType { .int8 } }
extension Int16: TensorElement { public static var elementType: ElementType { .int16 } }
extension Int32: TensorElement { public static var elementType: ElementType { .int32 } }
extension Int64: TensorElement { public static var elementType: ElementType { .int64 } }
extension UInt8: TensorElement { public static var elementType: ElementType { .uint8 } }
extension UInt16: TensorElement { public static var elementType: ElementType { .uint16 } }
extension UInt32: TensorElement { public static var elementType: ElementType { .uint32 } }
extension UInt64: TensorElement { public static var elementType: ElementType { .uint64 } }
extension Bool: TensorElement { public static var elementType: ElementType { .bool } }

/// A float32 cut to its upper 16 bits, as bfloat16 stores it.
public struct BFloat16: TensorElement, Hashable {
  public static var elementType: ElementType { .bfloat16 }
  /// Sign, 8 bits of exponent, 7 bits of fraction.
  public var bits: UInt16

  /// Creates a number from its bits.
  public init(bits: UInt16) { self.bits = bits }

  /// Rounds to the nearest number, ties to even; a nan stays one.
  public init(_ value: Float) {
    let pattern = value.bitPattern
    if value.isNaN {
      bits = UInt16(truncatingIfNeeded: pattern >> 16) | 0x40
    } else {
      let rounding = 0x7FFF + ((pattern >> 16) & 1)
      bits = UInt16(truncatingIfNeeded: (pattern &+ rounding) >> 16)
    }
  }

  /// The same number in float32.
  public var float: Float { Float(bitPattern: UInt32(bits) << 16) }
}
