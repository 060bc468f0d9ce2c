import Foundation
import Training

extension RandomSource {
  /// Creates a generator for what bears a name; other names give other numbers of the same seed.
  init(seed: UInt64, name: String) {
    // FNV-1a, because `Hasher` differs from run to run.
    let number = name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    self.init(seed: seed, stream: number)
  }

  /// A number of the standard normal distribution (Box and Muller's transform).
  mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * Double.pi * uniform())
  }
}
