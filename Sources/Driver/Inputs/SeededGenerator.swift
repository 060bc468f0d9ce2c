import Foundation

/// A small generator of random bits that gives the same sequence for the same seed everywhere
/// (SplitMix64: a counter in steps of the golden ratio, mixed).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  /// Creates a generator; `stream` tells apart sequences of equal seed.
  init(seed: UInt64, stream: String = "") {
    // FNV-1a, because `Hasher` differs from run to run.
    state = stream.utf8.reduce(seed &* 0x9E37_79B9_7F4A_7C15 ^ 0xCBF2_9CE4_8422_2325) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number of the standard normal distribution (Box and Muller's transform).
  mutating func normal() -> Double {
    let radius = (-2 * log(Double.random(in: Double.leastNonzeroMagnitude..<1, using: &self)))
    return radius.squareRoot() * cos(2 * Double.pi * Double.random(in: 0..<1, using: &self))
  }
}
