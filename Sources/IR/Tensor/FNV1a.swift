/// The 64-bit FNV-1a hash: of the same bytes the same on every machine and at every time.
public struct FNV1a: Sendable {
  /// The hash of what was added so far.
  public private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  /// Creates the hash of nothing.
  public init() {}

  /// Adds bytes.
  public mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }

  /// Adds the elements of a tensor, without its type and shape.
  public mutating func add(_ tensor: Tensor) {
    tensor.withBytes { add($0) }
    for string in tensor.strings {
      withUnsafeBytes(of: UInt64(string.count).littleEndian) { add($0) }
      add(string)
    }
  }

  /// The hash as 16 hexadecimal digits.
  public var digits: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
