/// A seeded generator of random numbers, xoshiro256** (Blackman and Vigna), whose state SplitMix64
/// fills from the seed; the same seed gives the same numbers on every machine and in every version.
public struct RandomSource: Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// Creates a generator from a seed and, where several independent ones are wanted of one seed,
  /// the numbers that tell them apart.
  public init(seed: UInt64, stream: UInt64...) {
    var mixed = seed
    for number in stream {
      mixed = RandomSource.mix(mixed &+ 0x9E37_79B9_7F4A_7C15) ^ RandomSource.mix(~number)
    }
    func next() -> UInt64 {
      mixed &+= 0x9E37_79B9_7F4A_7C15
      return RandomSource.mix(mixed)
    }
    state = (next(), next(), next(), next())
  }

  /// The output function of SplitMix64.
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
      (value << count) | (value >> (64 - count))
    }
    let result = rotate(state.1 &* 5, 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = rotate(state.3, 45)
    return result
  }

  /// A number from 0 up to, not including, `bound`, each equally likely.
  ///
  /// - Precondition: `bound` is positive.
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "no number is below \(bound)")
    let bound = UInt64(bound)
    let unfair = (0 &- bound) % bound
    while true {
      let (high, low) = next().multipliedFullWidth(by: bound)
      if low >= unfair { return Int(high) }
    }
  }

  /// A number from 0 up to, not including, 1, with 53 random bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A random order of `0..<count`.
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for index in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(index, below(index + 1))
    }
    return order
  }
}
