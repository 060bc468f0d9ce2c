/// Adam (Kingma and Ba), on one parameter, with bias correction.
public struct AdaptiveMoments: Sendable, Codable, Equatable {
  public private(set) var first: [Double]
  public private(set) var second: [Double]
  public private(set) var steps: Int

  /// The decay rates of the moments and the number that keeps the quotient finite.
  public static let (beta1, beta2, epsilon) = (0.9, 0.999, 1e-8)

  /// The number of elements; nil if the moments differ in that.
  var count: Int? { first.count == second.count ? first.count : nil }

  /// Creates the state for a parameter of `count` elements.
  public init(count: Int) {
    first = Array(repeating: 0, count: count)
    second = first
    steps = 0
  }

  /// Takes one step.
  ///
  /// - Precondition: the arrays have as many elements as the state.
  public mutating func step(_ parameter: inout [Double], gradient: [Double], rate: Double) {
    precondition(parameter.count == first.count && gradient.count == first.count)
    steps += 1
    var (power1, power2) = (1.0, 1.0)
    for _ in 0..<steps {
      power1 *= AdaptiveMoments.beta1
      power2 *= AdaptiveMoments.beta2
      if power1 < 1e-18, power2 < 1e-18 { break }
    }
    for index in parameter.indices {
      let slope = gradient[index]
      first[index] += (1 - AdaptiveMoments.beta1) * (slope - first[index])
      second[index] += (1 - AdaptiveMoments.beta2) * (slope * slope - second[index])
      let mean = first[index] / (1 - power1)
      let deviation = (second[index] / (1 - power2)).squareRoot()
      parameter[index] -= rate * mean / (deviation + AdaptiveMoments.epsilon)
    }
  }
}
