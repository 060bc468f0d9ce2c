import Driver
import IR
import Testing

/// Compares tensors of every kind of element type with themselves and with changed ones.
struct ElementToleranceTests {
  @Test(arguments: ElementType.allCases) func seesEveryChange(_ type: ElementType) throws {
    let (first, second) = try Self.pair(type)
    #expect(ElementTolerance.standard.mismatch(of: first, expected: first) == nil)
    let message = try #require(ElementTolerance.standard.mismatch(of: first, expected: second))
    #expect(message.hasPrefix("differs"))
  }

  /// Two tensors of three elements, the last of which differs.
  private static func pair(_ type: ElementType) throws -> (Tensor, Tensor) {
    if type == .string {
      let texts = ["a", "b", "c"].map { Array($0.utf8) }
      let first = try #require(Tensor(strings: texts, shape: [3]))
      return (first, try #require(Tensor(strings: [texts[0], texts[1], texts[0]], shape: [3])))
    }
    let first = Tensor(zeros: type, shape: [3])
    var second = first
    second.withMutableBytes { bytes in
      // The highest bit below a sign.
      let bit = 3 * type.bitWidth - (type == .float8e8m0 ? 1 : 2)
      bytes[bit / 8] |= 1 << UInt8(bit % 8)
    }
    return (first, second)
  }

  @Test func ignoresPadding() {
    let first = Tensor(zeros: .int4, shape: [3])
    var second = first
    second.withMutableBytes { $0[1] = 0x30 }
    #expect(ElementTolerance.standard.mismatch(of: first, expected: second) == nil)
  }

  /// Two units in the last place are allowed, three are not.
  @Test(arguments: [0x3F80, 0x3FFD, 0x0001, 0xC2F0] as [UInt16])
  func allowsTwoUnitsOfBFloat16(_ bits: UInt16) {
    let numbers = [bits, bits + 2, bits + 3].map { Tensor([BFloat16(bits: $0)]) }
    let strict = ElementTolerance(relative: 0, absolute: 0)
    #expect(strict.mismatch(of: numbers[1], expected: numbers[0]) == nil)
    #expect(strict.mismatch(of: numbers[2], expected: numbers[0]) != nil)
  }

  @Test(arguments: [0x3C00, 0x3FFD, 0x0001, 0xC2F0] as [UInt16])
  func allowsTwoUnitsOfFloat16(_ bits: UInt16) {
    let numbers = [bits, bits + 2, bits + 3].map { Tensor([Float16(bitPattern: $0)]) }
    let strict = ElementTolerance(relative: 0, absolute: 0)
    #expect(strict.mismatch(of: numbers[1], expected: numbers[0]) == nil)
    #expect(strict.mismatch(of: numbers[2], expected: numbers[0]) != nil)
  }

  /// Noise of two float32 units of the largest number is allowed at zero; four units are not.
  @Test func allowsNoiseOfFloat32() {
    let expected = Tensor([0, -100, .infinity] as [Float])
    func mismatch(_ noise: Float) -> String? {
      ElementTolerance.standard.mismatch(
        of: Tensor([noise, -100, .infinity] as [Float]), expected: expected)
    }
    #expect(mismatch(2 * 0x1p-23 * 100) == nil)
    #expect(mismatch(4 * 0x1p-23 * 100) != nil)
    let doubles = [[0, 100], [1e-5, 100]].map { Tensor($0 as [Double]) }
    #expect(ElementTolerance.standard.mismatch(of: doubles[1], expected: doubles[0]) != nil)
  }
}
