/// The share of each class at each position of a batch, times the position's weight: what the loss
/// of labels that are weighted, mixed, left out or one a pixel is taken from.
struct LabelShares {
  private let shape: [Int]
  private let smoothing: Float
  private let weights: [Float]

  /// Creates shares of the given extents, classes on axis 1; `smoothing` is spread over all
  /// classes, `weights` has a factor for each class, none for 1.
  init(shape: [Int], smoothing: Double, weights: [Float]) {
    self.shape = shape
    self.smoothing = Float(smoothing)
    self.weights = weights
  }

  /// The shares of a batch; the weights of all its positions sum to 1.
  func of(_ batch: Batch) -> [Float] {
    var shares = [Float](repeating: 0, count: shape.reduce(1, *))
    var total = 0.0
    let own = batch.mixing?.share ?? 1
    add(batch.classes, own, to: &shares, &total)
    if let mixing = batch.mixing { add(mixing.classes, 1 - own, to: &shares, &total) }
    guard total > 0 else { return shares }
    let factor = Float(1 / total)
    for place in shares.indices { shares[place] *= factor }
    return shares
  }

  private func add(
    _ labels: [Int64], _ share: Float, to shares: inout [Float], _ total: inout Double
  ) {
    let (classes, positions) = (shape[1], shape.dropFirst(2).reduce(1, *))
    let spread = smoothing / Float(classes)
    for (index, label) in labels.enumerated() where label >= 0 && share > 0 {
      let weight = share * (weights.isEmpty ? 1 : weights[Int(label)])
      let start = index / positions * classes * positions + index % positions
      total += Double(weight)
      shares[start + Int(label) * positions] += weight * (1 - smoothing)
      if spread > 0 {
        for number in 0..<classes { shares[start + number * positions] += weight * spread }
      }
    }
  }
}
