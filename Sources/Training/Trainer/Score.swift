import Foundation
import IR

/// Predictions counted against labels.
struct Score {
  /// The extents of a batch of predictions.
  private let shape: [Int]
  private var right = 0
  private var counted = 0
  private var lossSum = 0.0
  private var lossCount = 0
  private var isPerPixel = false
  /// For each class how often it is predicted and true, predicted, and true.
  private var hits: [Int]
  private var predicted: [Int]
  private var actual: [Int]

  /// Creates an empty score for predictions of the given extents.
  init(shape: [Int]) {
    self.shape = shape
    let classes = shape.count > 1 ? shape[1] : 1
    hits = Array(repeating: 0, count: classes)
    predicted = hits
    actual = hits
  }

  private var classes: Int { shape.count > 1 ? shape[1] : 1 }
  private var positions: Int { shape.dropFirst(2).reduce(1, *) }

  /// Throws unless a data set's labels fit the predictions.
  func check(_ dataset: Dataset) throws(Diagnostic) {
    switch dataset.labels {
    case .none: break
    case .classes(_, let positions):
      guard positions == self.positions else {
        throw Diagnostic.invalid(
          "\(positions) labels a sample found, the model predicts \(self.positions)"
        ).inFile(dataset.labelFile)
      }
      try dataset.check(classes: classes)
    case .values(_, let extents):
      guard extents.reduce(1, *) == shape.dropFirst().reduce(1, *) else {
        throw Diagnostic.invalid(
          "targets have extents \(extents), the model predicts \(Array(shape.dropFirst()))"
        ).inFile(dataset.labelFile)
      }
    }
  }

  /// Counts a batch.
  mutating func add(_ predictions: [Float], _ batch: Batch) {
    if !batch.values.isEmpty {
      for (prediction, value) in zip(predictions, batch.values) {
        lossSum += Double((prediction - value) * (prediction - value))
      }
      lossCount += batch.values.count
    }
    isPerPixel = positions > 1
    for (index, label) in batch.classes.enumerated() where label >= 0 {
      let start = index / positions * classes * positions + index % positions
      var best = 0
      for number in 1..<max(classes, 1) {
        if predictions[start + number * positions] > predictions[start + best * positions] {
          best = number
        }
      }
      let top = Double(predictions[start + best * positions])
      var sum = 0.0
      for number in 0..<classes {
        sum += exp(Double(predictions[start + number * positions]) - top)
      }
      lossSum += top + log(sum) - Double(predictions[start + Int(label) * positions])
      lossCount += 1
      counted += 1
      if best == Int(label) {
        right += 1
        hits[best] += 1
      }
      predicted[best] += 1
      actual[Int(label)] += 1
    }
  }

  /// The share of right predictions.
  var accuracy: Double? { counted == 0 ? nil : Double(right) / Double(counted) }

  /// The mean loss.
  var loss: Double? { lossCount == 0 ? nil : lossSum / Double(lossCount) }

  /// The mean over the classes that occur of intersection over union.
  var meanIoU: Double? {
    guard isPerPixel, counted > 0 else { return nil }
    var sum = 0.0
    var count = 0
    for number in hits.indices where predicted[number] + actual[number] > 0 {
      sum += Double(hits[number]) / Double(predicted[number] + actual[number] - hits[number])
      count += 1
    }
    return count == 0 ? nil : sum / Double(count)
  }
}
