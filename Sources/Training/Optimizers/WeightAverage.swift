/// An exponential moving average of arrays: a' = d · a + (1 - d) · p.
package enum WeightAverage {
  /// The decay of step number `step`, counted from 0: a short memory at first, so that the average does
  /// not stick to what it started from.
  package static func decay(_ decay: Double, step: Int) -> Double {
    min(decay, Double(1 + step) / Double(10 + step))
  }

  /// Moves an average towards some elements.
  ///
  /// - Precondition: both have as many elements.
  package static func move(
    _ average: inout [Float], to elements: UnsafeBufferPointer<Float>, decay: Double
  ) {
    precondition(average.count == elements.count)
    let share = Float(1 - decay)
    average.withUnsafeMutableBufferPointer { average in
      for index in 0..<average.count {
        average[index] += share * (elements[index] - average[index])
      }
    }
  }
}
