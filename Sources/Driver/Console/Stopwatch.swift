/// The time since it was made.
struct Stopwatch {
  private let start = ContinuousClock.now

  /// The time since then in milliseconds.
  var milliseconds: Double {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return Double(seconds) * 1e3 + Double(attoseconds) * 1e-15
  }

  /// The time since then in seconds.
  var seconds: Double { milliseconds / 1000 }
}
