import IR
import Testing

/// The floating-point formats of at most 8 bits: every code, and the numbers between them.
@Suite struct SmallFloatTests {
  private static let types: [(ElementType, codes: Int, largest: Double, smallest: Double)] = [
    (.float8e4m3fn, 256, 448, 0x1p-9), (.float8e4m3fnuz, 256, 240, 0x1p-10),
    (.float8e5m2, 256, 57344, 0x1p-16), (.float8e5m2fnuz, 256, 57344, 0x1p-17),
    (.float4e2m1, 16, 6, 0.5), (.float6e2m3, 64, 7.5, 0.125), (.float6e3m2, 64, 28, 0.0625),
  ]

  @Test(arguments: types) func everyCodeComesBack(
    _ type: ElementType, _ codes: Int, _ largest: Double, _ smallest: Double
  ) throws {
    let format = try #require(SmallFloat(type))
    for code in 0..<codes {
      let value = format.decode(UInt8(code))
      let again = format.encode(value, saturates: false)
      #expect(value.isNaN ? format.decode(again).isNaN : again == UInt8(code), "\(code): \(value)")
    }
    let finite = (0..<codes).map { format.decode(UInt8($0)) }.filter(\.isFinite)
    #expect(finite.max() == largest)
    #expect(finite.filter { $0 > 0 }.min() == smallest)
  }

  @Test(arguments: types) func roundsToNearest(
    _ type: ElementType, _ codes: Int, _ largest: Double, _ smallest: Double
  ) throws {
    let format = try #require(SmallFloat(type))
    let numbers = Set(
      (0..<codes).map { format.decode(UInt8($0)) }.filter { $0 >= 0 && $0.isFinite }
    )
    .sorted()
    for (low, high) in zip(numbers, numbers.dropFirst()) {
      let middle = (low + high) / 2
      #expect(format.decode(format.encode(middle.nextDown, saturates: true)) == low)
      #expect(format.decode(format.encode(middle.nextUp, saturates: true)) == high)
      #expect(format.encode(middle, saturates: true) & 1 == 0)
      #expect(format.decode(format.encode(-middle.nextUp, saturates: true)) == -high)
    }
    for beyond in [largest * 2, .infinity] {
      #expect(format.decode(format.encode(beyond, saturates: true)) == largest)
      #expect(format.decode(format.encode(-beyond, saturates: true)) == -largest)
      let open = format.decode(format.encode(beyond, saturates: false))
      #expect(type.bitWidth < 8 ? open == largest : !open.isFinite)
    }
  }

  @Test func scalesAreRoundedAsAsked() {
    let cases: [(Float, ScaleFloat.Rounding, Double)] = [
      (1.1, .up, 2), (1.1, .down, 1), (1.1, .nearest, 1), (1.5, .nearest, 2), (4, .up, 4),
    ]
    for (value, rounding, expected) in cases {
      let code = ScaleFloat.encode(value, rounding, saturates: true)
      #expect(ScaleFloat.decode(code) == expected)
    }
    #expect(ScaleFloat.encode(.greatestFiniteMagnitude, .up, saturates: true) == 254)
    #expect(ScaleFloat.encode(.greatestFiniteMagnitude, .up, saturates: false) == 255)
    #expect(ScaleFloat.decode(255).isNaN)
  }

  @Test(arguments: [ElementType.int4, .uint4, .int2, .uint2])
  func smallIntegersAreRead(_ type: ElementType) throws {
    let count = 1 << type.bitWidth
    let codes = (0..<count + 1).map { UInt8($0 % count) }
    let tensor = Tensor(codes: codes, type: type, shape: [count + 1])
    #expect(tensor.codes == codes)
    let isSigned = type == .int4 || type == .int2
    let expected = codes.map { isSigned && Int($0) >= count / 2 ? Int($0) - count : Int($0) }
    #expect(try #require(tensor.integers) == expected)
  }
}
