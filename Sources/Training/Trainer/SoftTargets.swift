import Foundation

/// A teacher's probabilities at a temperature, and their mean entropy.
struct SoftTargets {
  private(set) var probabilities: [Float]
  /// The mean over the positions of -Σ p · log p.
  private(set) var entropy = 0.0

  /// Takes the softmax over axis 1 of logits divided by the temperature.
  init(_ logits: [Float], shape: [Int], temperature: Double) {
    probabilities = logits
    let classes = shape.count > 1 ? shape[1] : 1
    let positions = shape.dropFirst(2).reduce(1, *)
    let count = logits.count / max(classes * positions, 1)
    let coolness = Float(1 / temperature)
    var total = 0.0
    probabilities.withUnsafeMutableBufferPointer { values in
      var top = [Float](repeating: 0, count: positions)
      var (sums, products) = (top, top)
      for sample in 0..<count {
        let start = sample * classes * positions
        for place in 0..<positions {
          (top[place], sums[place], products[place]) = (-.infinity, 0, 0)
        }
        for index in 0..<classes {
          let line = start + index * positions
          for place in 0..<positions { top[place] = max(top[place], values[line + place]) }
        }
        // The entropy of a position is log Σ e^a - Σ a · e^a / Σ e^a, with a below the largest.
        for index in 0..<classes {
          let line = start + index * positions
          for place in 0..<positions {
            let exponent = (values[line + place] - top[place]) * coolness
            let power = exp(exponent)
            values[line + place] = power
            sums[place] += power
            if power > 0 { products[place] += exponent * power }
          }
        }
        for place in 0..<positions {
          total += Double(log(sums[place]) - products[place] / sums[place])
          sums[place] = 1 / sums[place]
        }
        for index in 0..<classes {
          let line = start + index * positions
          for place in 0..<positions { values[line + place] *= sums[place] }
        }
      }
    }
    entropy = total / Double(max(count * positions, 1))
  }
}
