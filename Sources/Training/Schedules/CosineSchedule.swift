import Foundation

/// A rate that rises linearly over the first steps and falls to `final` along half a cosine.
public struct CosineSchedule: Sendable, Codable, Hashable {
  public var peak: Double
  public var final: Double
  public var warmup: Int
  public var steps: Int

  /// Creates a schedule over `steps` steps, the first `warmup` of which rise to `peak`.
  public init(peak: Double, final: Double = 0, warmup: Int = 0, steps: Int) {
    self.peak = peak
    self.final = final
    self.warmup = min(warmup, steps)
    self.steps = steps
  }

  /// The rate of step number `step`, counted from 0.
  public func rate(_ step: Int) -> Double {
    if step < warmup { return peak * Double(step + 1) / Double(warmup) }
    let span = max(steps - warmup, 1)
    let progress = min(Double(step - warmup) / Double(span), 1)
    return final + (peak - final) * (1 + cos(.pi * progress)) / 2
  }
}
