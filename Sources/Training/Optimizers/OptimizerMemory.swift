import IR
import Passes

/// What an optimiser has kept of the parameters of a model.
public struct OptimizerMemory: Sendable {
  /// The steps it has taken.
  public let steps: Int
  /// The arrays it keeps of each parameter, of the parameter's shape, by its name.
  public let moments: [String: [Tensor]]

  /// Creates a memory.
  package init(steps: Int, moments: [String: [Tensor]]) {
    self.steps = steps
    self.moments = moments
  }

  /// What is kept of the parameters of a model that `cuts` have made smaller.
  public func applying(_ cuts: [String: ConstantCut]) -> OptimizerMemory {
    var smaller = moments
    for (name, cut) in cuts {
      smaller[name] = moments[cut.source]?.map(cut.applied)
    }
    return OptimizerMemory(steps: steps, moments: smaller)
  }

  /// The arrays of a parameter of this shape, `count` of them; zeros if there are none that fit.
  func arrays(of name: String, shape: [Int], count: Int) -> [[Float]] {
    if let found = moments[name], found.count == count,
      found.allSatisfy({ $0.shape == shape && $0.floats != nil })
    {
      return found.compactMap(\.floats)
    }
    return Array(repeating: Array(repeating: 0, count: shape.reduce(1, *)), count: count)
  }
}
