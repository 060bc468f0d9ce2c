import CKernels

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
    guard let values = parameter.baseAddress, let slopes = gradient.baseAddress else { return }
    let (kernels, rate) = (ck_kernels_best().pointee, Float(rate))
    let decay = decays ? Float(decay) : 0
    if kind == .sgd {
      kernels.sgd_step(
        parameter.count, rate, Float(momentum), decay, factor, slopes, &memory[0], values)
      return
    }
    let (beta1, beta2) = (Optimizer.beta1, Optimizer.beta2)
    var squares: [Float] = []
    swap(&squares, &memory[1])
    kernels.adam_step(
      parameter.count, rate, beta1, beta2, Optimizer.epsilon, kind == .adam ? decay : 0,
      kind == .adamw ? decay : 0, 1 - Optimizer.power(beta1, number + 1),
      1 - Optimizer.power(beta2, number + 1), factor, slopes, &memory[0], &squares, values)
    swap(&squares, &memory[1])
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
