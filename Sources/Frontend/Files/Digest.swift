/// A 64-bit digest that tells contents apart; it does not withstand attackers.
struct Digest {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Mixes in a number.
  mutating func add(_ number: Int) {
    state ^= UInt64(truncatingIfNeeded: number)
    state = (state ^ (state >> 32)) &* 0xD6E8_FEB8_6659_FD93
  }

  /// Mixes in bytes.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    let words = bytes.count / 8
    for index in 0..<words {
      add(Int(truncatingIfNeeded: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)))
    }
    for byte in bytes[(words * 8)...] { add(Int(byte)) }
    add(bytes.count)
  }

  /// The digest in 16 hexadecimal digits.
  var text: String {
    let digits = String((state ^ (state >> 29)) &* 0xBF58_476D_1CE4_E5B9, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
