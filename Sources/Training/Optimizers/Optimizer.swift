/// How parameters follow their gradients.
public struct Optimizer: Sendable, Hashable {
  /// The rule of a step.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// Stochastic gradient descent with Nesterov's momentum.
    case sgd
    /// Adam (Kingma and Ba); weight decay is part of the gradient.
    case adam
    /// Adam with weight decay apart from the gradient (Loshchilov and Hutter).
    case adamw
  }

  public var kind: Kind
  /// The momentum of `sgd`.
  public var momentum: Double
  /// How much of itself a weight loses for a rate of 1; acts on weights, not on biases.
  public var decay: Double

  /// The decay rates of Adam's moments and the number that keeps their quotient finite.
  static let (beta1, beta2, epsilon) = (Float(0.9), Float(0.999), Float(1e-8))

  /// Creates an optimiser.
  public init(_ kind: Kind = .sgd, momentum: Double = 0.9, decay: Double = 5e-4) {
    self.kind = kind
    self.momentum = momentum
    self.decay = decay
  }

  /// How many numbers are kept of each element between steps.
  public var memories: Int { kind == .sgd ? 1 : 2 }

  /// Takes step number `number`, counted from 0, of one parameter with `factor` times its gradient.
  ///
  /// - Precondition: the parameter, the gradient and each of the `memories` arrays of `memory` have as
  ///   many elements.
  public func step(
    _ parameter: UnsafeMutableBufferPointer<Float>, gradient: UnsafeBufferPointer<Float>,
    memory: inout [[Float]], rate: Double, number: Int, factor: Float = 1, decays: Bool = true
  ) {
    precondition(parameter.count == gradient.count && memory.count == memories)
    precondition(memory.allSatisfy { $0.count == parameter.count })
    let decay = decays ? Float(decay) : 0
    switch kind {
    case .sgd:
      memory[0].withUnsafeMutableBufferPointer {
        descend(parameter, gradient, $0, Float(rate), factor, decay)
      }
    case .adam, .adamw:
      let (first, rest) = (0, 1)
      var squares = memory[rest]
      memory[rest] = []
      memory[first].withUnsafeMutableBufferPointer { means in
        squares.withUnsafeMutableBufferPointer {
          adapt(parameter, gradient, means, $0, Float(rate), number, factor, decay)
        }
      }
      memory[rest] = squares
    }
  }

  /// g' = g + d · p; v' = m · v + g'; p' = p - r · (g' + m · v').
  private func descend(
    _ parameter: UnsafeMutableBufferPointer<Float>, _ gradient: UnsafeBufferPointer<Float>,
    _ velocity: UnsafeMutableBufferPointer<Float>, _ rate: Float, _ factor: Float, _ decay: Float
  ) {
    let momentum = Float(momentum)
    // Safety: all buffers have the same count, which `step` has checked.
    for index in 0..<parameter.count {
      let slope = factor * gradient[index] + decay * parameter[index]
      let speed = momentum * velocity[index] + slope
      velocity[index] = speed
      parameter[index] -= rate * (slope + momentum * speed)
    }
  }

  /// m' = β₁m + (1-β₁)g; v' = β₂v + (1-β₂)g²; p' = p - r · m̂ / (√v̂ + ε), with m̂ = m' / (1-β₁ᵗ) and
  /// v̂ = v' / (1-β₂ᵗ).
  private func adapt(
    _ parameter: UnsafeMutableBufferPointer<Float>, _ gradient: UnsafeBufferPointer<Float>,
    _ means: UnsafeMutableBufferPointer<Float>, _ squares: UnsafeMutableBufferPointer<Float>,
    _ rate: Float, _ number: Int, _ factor: Float, _ decay: Float
  ) {
    let (beta1, beta2) = (Optimizer.beta1, Optimizer.beta2)
    let unbias1 = 1 / (1 - Optimizer.power(beta1, number + 1))
    let unbias2 = 1 / (1 - Optimizer.power(beta2, number + 1))
    let coupled = kind == .adam ? decay : 0
    let kept = kind == .adamw ? 1 - rate * decay : 1
    // Safety: all buffers have the same count, which `step` has checked.
    for index in 0..<parameter.count {
      let slope = factor * gradient[index] + coupled * parameter[index]
      let mean = beta1 * means[index] + (1 - beta1) * slope
      let square = beta2 * squares[index] + (1 - beta2) * slope * slope
      means[index] = mean
      squares[index] = square
      let deviation = (square * unbias2).squareRoot() + Optimizer.epsilon
      parameter[index] = kept * parameter[index] - rate * mean * unbias1 / deviation
    }
  }

  /// `base` to the power `exponent`; 0 once it does not matter to a difference from 1.
  private static func power(_ base: Float, _ exponent: Int) -> Float {
    var result: Double = 1
    var factor = Double(base)
    var rest = exponent
    while rest > 0, result > 1e-12 {
      if rest & 1 == 1 { result *= factor }
      factor *= factor
      rest >>= 1
    }
    return Float(result)
  }
}
