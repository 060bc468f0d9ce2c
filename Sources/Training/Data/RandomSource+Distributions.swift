import Foundation

extension RandomSource {
  /// A number of the normal distribution of mean 0 and deviation 1, by Box and Muller.
  mutating func gaussian() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }

  /// A number of the gamma distribution of the given shape and scale 1, by Marsaglia and Tsang.
  ///
  /// - Precondition: `shape` is positive.
  mutating func gamma(_ shape: Double) -> Double {
    if shape < 1 { return gamma(shape + 1) * pow(1 - uniform(), 1 / shape) }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = gaussian()
      let base = 1 + c * x
      guard base > 0 else { continue }
      let v = base * base * base
      if log(1 - uniform()) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
    }
  }

  /// A number of the beta distribution with both parameters `alpha`.
  ///
  /// - Precondition: `alpha` is positive.
  mutating func beta(_ alpha: Double) -> Double {
    let (a, b) = (gamma(alpha), gamma(alpha))
    return a + b > 0 ? a / (a + b) : 0.5
  }
}
