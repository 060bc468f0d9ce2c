/// Predicted numbers against target numbers, in float64, each output of a sample by itself.
struct ErrorSums: Sendable {
  private(set) var count = 0
  private var squares = 0.0
  private var magnitudes = 0.0
  /// The mean of each output's targets so far, and the sum of squared differences from it, by
  /// Welford.
  private var means: [Double]
  private var spreads: [Double]
  private var samples = 0.0

  /// Creates empty sums for samples of so many numbers.
  init(outputs: Int) {
    means = Array(repeating: 0, count: outputs)
    spreads = means
  }

  /// Adds samples, one after the other.
  mutating func add(_ predictions: [Float], _ targets: [Float]) {
    let outputs = max(means.count, 1)
    for start in stride(from: 0, to: targets.count, by: outputs) {
      samples += 1
      for output in 0..<outputs {
        let target = Double(targets[start + output])
        let error = Double(predictions[start + output]) - target
        squares += error * error
        magnitudes += abs(error)
        let old = target - means[output]
        means[output] += old / samples
        spreads[output] += old * (target - means[output])
      }
    }
    count += targets.count
  }

  /// The mean squared error; nil without targets.
  var squaredError: Double? { count == 0 ? nil : squares / Double(count) }

  /// The mean absolute error; nil without targets.
  var absoluteError: Double? { count == 0 ? nil : magnitudes / Double(count) }

  /// R² = 1 - Σ errors² / Σ (target - its output's mean)²; nil if the targets hardly vary.
  var determination: Double? {
    let ratio = squares / spreads.reduce(0, +)
    return ratio.isFinite ? 1 - ratio : nil
  }
}
