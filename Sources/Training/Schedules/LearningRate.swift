import Foundation

/// The learning rate of each step of a run: it rises linearly over the first steps, then follows a
/// shape.
public struct LearningRate: Sendable, Hashable {
  /// How the rate goes after it has risen.
  public enum Shape: String, Codable, Sendable, CaseIterable {
    /// Falls along half a cosine: f + (p - f) · (1 + cos πt) / 2.
    case cosine
    /// Falls to a tenth at one half and again at three quarters of the steps.
    case step
    /// Rises along half a cosine from a 25th of the peak for three tenths of all steps, then falls
    /// along another to `final`; there is no other warm-up.
    case onecycle
    /// Stays.
    case constant
  }

  public var shape: Shape
  public var peak: Double
  public var final: Double
  public var warmup: Int
  public var steps: Int

  /// Creates the rates of `steps` steps, the first `warmup` of which rise to `peak`.
  public init(
    _ shape: Shape = .cosine, peak: Double, final: Double = 0, warmup: Int = 0, steps: Int
  ) {
    self.shape = shape
    self.peak = peak
    self.final = final
    self.warmup = shape == .onecycle ? 0 : min(warmup, steps)
    self.steps = steps
  }

  /// The rate of step number `step`, counted from 0.
  public func rate(_ step: Int) -> Double {
    if step < warmup { return peak * Double(step + 1) / Double(warmup) }
    let progress = min(Double(step - warmup) / Double(max(steps - warmup, 1)), 1)
    switch shape {
    case .cosine: return LearningRate.along(progress, from: peak, to: final)
    case .step: return peak * (progress < 0.5 ? 1 : progress < 0.75 ? 0.1 : 0.01)
    case .onecycle:
      let rise = 0.3
      return progress < rise
        ? LearningRate.along(progress / rise, from: peak / 25, to: peak)
        : LearningRate.along((progress - rise) / (1 - rise), from: peak, to: final)
    case .constant: return peak
    }
  }

  private static func along(_ progress: Double, from first: Double, to last: Double) -> Double {
    last + (first - last) * (1 + cos(.pi * progress)) / 2
  }
}
