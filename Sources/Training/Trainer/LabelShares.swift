import IR

/// The share of each class at each position of a batch, times the position's weight: what the loss
/// of labels that are weighted, mixed, left out or one a pixel is taken from.
struct LabelShares {
  /// The extents of the shares, classes on axis 1.
  private let shape: [Int]
  /// What is spread over all classes.
  private let smoothing: Float
  /// A factor for each class; none for 1.
  private let weights: [Float]

  /// Creates shares for the loss of a graph, weighted by how often classes occur in a data set if the
  /// options say so; nil where the loss takes labels as they are, which is an error with weights.
  init?(for graph: TrainingGraph, of training: Dataset, _ options: TrainerOptions)
    throws(Diagnostic)
  {
    guard let input = graph.shares, let shape = graph.graph[input].type.shape?.known else {
      guard options.classWeights == .equal else {
        throw Diagnostic(kind: .usage, "class weights want a loss of classes, ce or seg")
      }
      return nil
    }
    self.shape = shape
    smoothing = Float(options.smoothing)
    weights = try options.classWeights.factors(
      classes: shape[1], of: training, seed: options.seed)
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
