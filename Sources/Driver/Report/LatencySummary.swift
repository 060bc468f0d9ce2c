/// The middle and the spread of measured times.
struct LatencySummary: Hashable, Sendable {
  var median: Double
  var p10: Double
  var p90: Double

  /// Summarises times of any unit.
  ///
  /// - Precondition: there is at least one.
  init(_ times: [Double]) {
    precondition(!times.isEmpty, "no times to summarise")
    let sorted = times.sorted()
    func percentile(_ fraction: Double) -> Double {
      let place = fraction * Double(sorted.count - 1)
      let low = Int(place)
      let high = min(low + 1, sorted.count - 1)
      return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
    }
    median = percentile(0.5)
    p10 = percentile(0.1)
    p90 = percentile(0.9)
  }
}
