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
    for sample in 0..<count {
      for position in 0..<positions {
        let start = sample * classes * positions + position
        let places = stride(from: start, to: start + classes * positions, by: positions)
        let top = places.reduce(-Double.infinity) { max($0, Double(logits[$1])) }
        let powers = places.map { exp((Double(logits[$0]) - top) / temperature) }
        let sum = powers.reduce(0, +)
        for (place, power) in zip(places, powers) {
          let p = power / sum
          probabilities[place] = Float(p)
          if p > 0 { entropy -= p * log(p) }
        }
      }
    }
    entropy /= Double(max(count * positions, 1))
  }
}
