/// Stochastic gradient descent with Nesterov's momentum and weight decay, on one parameter:
/// g' = g + d · p; v' = m · v + g'; p' = p - r · (g' + m · v').
public struct MomentumDescent: Sendable {
  /// The velocity, one number an element; 0 before the first step.
  public var velocity: [Float]

  /// Creates the state for a parameter of `count` elements.
  public init(count: Int) { velocity = Array(repeating: 0, count: count) }

  /// Creates the state from a velocity.
  public init(velocity: [Float]) { self.velocity = velocity }

  /// Takes one step.
  ///
  /// - Precondition: the buffers have as many elements as the state.
  public mutating func step(
    _ parameter: UnsafeMutableBufferPointer<Float>, gradient: UnsafeBufferPointer<Float>,
    rate: Float, momentum: Float, decay: Float
  ) {
    precondition(parameter.count == velocity.count && gradient.count == velocity.count)
    velocity.withUnsafeMutableBufferPointer { velocity in
      // Safety: all three buffers have the same count, checked above.
      for index in 0..<velocity.count {
        let slope = gradient[index] + decay * parameter[index]
        let speed = momentum * velocity[index] + slope
        velocity[index] = speed
        parameter[index] -= rate * (slope + momentum * speed)
      }
    }
  }
}
