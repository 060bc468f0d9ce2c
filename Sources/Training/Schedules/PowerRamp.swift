import Foundation

/// A quantity that goes from `first` to `last` between two moments along a power of time:
/// v0 + (v1 - v0) · ((e - e0) / (e1 - e0))^p, as the paper's exponential schedule does with p = 3.
public struct PowerRamp: Sendable, Codable, Hashable {
  public var first: Double
  public var last: Double
  public var start: Double
  public var end: Double
  public var power: Double

  /// Creates a ramp.
  public init(
    from first: Double, to last: Double, between start: Double, and end: Double, power: Double = 3
  ) {
    self.first = first
    self.last = last
    self.start = start
    self.end = end
    self.power = power
  }

  /// The quantity at a moment.
  public func value(at moment: Double) -> Double {
    if moment <= start { return moment < end ? first : last }
    if moment >= end { return last }
    return first + (last - first) * pow((moment - start) / (end - start), power)
  }
}
