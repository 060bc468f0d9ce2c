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

  /// One unit in the last place is allowed, two are not.
  @Test func allowsAUnitOfBFloat16() {
    let numbers = [0x3F80, 0x3F81, 0x3F82].map { Tensor([BFloat16(bits: $0)]) }
    #expect(ElementTolerance.standard.mismatch(of: numbers[0], expected: numbers[1]) == nil)
    #expect(ElementTolerance.standard.mismatch(of: numbers[0], expected: numbers[2]) != nil)
  }
}
