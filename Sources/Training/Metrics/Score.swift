import Foundation
import IR

/// Predictions counted against labels.
struct Score {
  /// The extents of a batch of predictions.
  private let shape: [Int]
  private let takesLoss: Bool
  private var lossSum = 0.0
  private var nearHits = 0
  private(set) var confusion: ConfusionMatrix
  private(set) var errors: ErrorSums

  /// Creates an empty score for predictions of the given extents; `takesLoss` says whether
  /// cross-entropy is summed too.
  init(shape: [Int], takesLoss: Bool = true) {
    self.shape = shape
    self.takesLoss = takesLoss
    confusion = ConfusionMatrix(classes: shape.count > 1 ? shape[1] : 1)
    errors = ErrorSums(outputs: shape.dropFirst().reduce(1, *))
  }

  /// How many classes the predictions tell apart.
  var classes: Int { confusion.classes }
  private var positions: Int { shape.dropFirst(2).reduce(1, *) }

  /// Throws unless a data set's labels fit the predictions.
  func check(_ dataset: Dataset) throws(Diagnostic) {
    switch dataset.labels {
    case .none: break
    case .classes(let positions):
      guard positions == self.positions else {
        throw Diagnostic.invalid(
          "\(positions) labels a sample found, the model predicts \(self.positions)"
        ).inFile(dataset.labelFile)
      }
      try dataset.check(classes: classes)
    case .values(let extents):
      guard extents.reduce(1, *) == shape.dropFirst().reduce(1, *) else {
        throw Diagnostic.invalid(
          "targets have extents \(extents), the model predicts \(Array(shape.dropFirst()))"
        ).inFile(dataset.labelFile)
      }
    }
  }

  /// Counts a batch.
  mutating func add(_ predictions: [Float], _ batch: Batch) {
    if !batch.values.isEmpty { errors.add(predictions, batch.values) }
    let positions = positions
    guard !batch.classes.isEmpty else { return }
    predictions.withUnsafeBufferPointer { predictions in
      for sample in 0..<(batch.classes.count / positions) {
        add(
          UnsafeBufferPointer(
            rebasing: predictions[
              (sample * classes * positions)..<((sample + 1) * classes * positions)]),
          batch.classes[(sample * positions)..<((sample + 1) * positions)])
      }
    }
  }

  /// Counts a sample, whose predictions stand class after class.
  private mutating func add(
    _ predictions: UnsafeBufferPointer<Float>, _ labels: ArraySlice<Int64>
  ) {
    let count = labels.count
    var best = [Int32](repeating: 0, count: count)
    var top = [Float](predictions[..<count])
    for number in 1..<max(classes, 1) {
      let start = number * count
      for place in 0..<count where predictions[start + place] > top[place] {
        top[place] = predictions[start + place]
        best[place] = Int32(number)
      }
    }
    for (place, label) in labels.enumerated() where label >= 0 {
      confusion.count(Int(best[place]), for: Int(label))
      if count == 1 { nearHits += isNear(predictions, Int(label)) ? 1 : 0 }
      guard takesLoss else { continue }
      var sum = 0.0
      for number in 0..<classes {
        sum += exp(Double(predictions[number * count + place]) - Double(top[place]))
      }
      lossSum +=
        Double(top[place]) + log(sum) - Double(predictions[Int(label) * count + place])
    }
  }

  /// Whether fewer than five classes are predicted more than `label`, or alike and before it.
  private func isNear(_ predictions: UnsafeBufferPointer<Float>, _ label: Int) -> Bool {
    var ahead = 0
    for (number, prediction) in predictions.enumerated() {
      let isAhead =
        number < label ? prediction >= predictions[label] : prediction > predictions[label]
      if isAhead { ahead += 1 }
    }
    return ahead < 5
  }

  /// The share of right predictions.
  var accuracy: Double? { confusion.accuracy }

  /// The share of samples whose class is among the five predicted most; nil for labels of pixels
  /// and below six classes.
  var topFive: Double? {
    guard positions == 1, classes > 5, confusion.total > 0 else { return nil }
    return Double(nearHits) / Double(confusion.total)
  }

  /// The mean loss: cross-entropy, or the mean squared error.
  var loss: Double? {
    if errors.count > 0 { return errors.squaredError }
    return confusion.total == 0 || !takesLoss ? nil : lossSum / Double(confusion.total)
  }

  /// The mean over the classes that occur of intersection over union; nil unless there is a label a
  /// pixel, and for more than 256 classes.
  var meanIoU: Double? { positions > 1 ? confusion.meanIoU : nil }

  /// The number that says how well the task is done; nil without labels.
  var metric: TaskMetric? {
    if let r2 = errors.determination { return TaskMetric(.determination, r2) }
    if let meanIoU { return TaskMetric(.meanIoU, meanIoU) }
    return accuracy.map { TaskMetric(.accuracy, $0) }
  }
}
