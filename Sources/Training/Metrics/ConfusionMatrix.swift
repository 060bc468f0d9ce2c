/// How often each class is predicted for each: exact counts.
struct ConfusionMatrix: Sendable {
  let classes: Int
  /// The counts, a row for each actual class; without them only the diagonal and the sums are kept.
  private var cells: [Int]
  private var hits: [Int]
  private var predicted: [Int]
  private var actual: [Int]

  /// The most classes whose pairs are counted.
  private static let most = 256

  /// Creates an empty matrix.
  init(classes: Int) {
    self.classes = classes
    cells = Array(repeating: 0, count: classes <= Self.most ? classes * classes : 0)
    hits = Array(repeating: 0, count: classes)
    predicted = hits
    actual = hits
  }

  /// Counts a prediction.
  mutating func count(_ prediction: Int, for label: Int) {
    if !cells.isEmpty { cells[label * classes + prediction] += 1 }
    if prediction == label { hits[label] += 1 }
    predicted[prediction] += 1
    actual[label] += 1
  }

  /// All that was counted.
  var total: Int { actual.reduce(0, +) }

  /// The share of right predictions; nil without any.
  var accuracy: Double? {
    total == 0 ? nil : Double(hits.reduce(0, +)) / Double(total)
  }

  /// Each class.
  var scores: [ClassScore] {
    (0..<classes).map {
      ClassScore(index: $0, actual: actual[$0], predicted: predicted[$0], hits: hits[$0])
    }
  }

  /// The mean of intersection over union of the classes that occur; nil if none does, and where there
  /// are too many classes.
  var meanIoU: Double? {
    if cells.isEmpty { return nil }
    let shares = scores.compactMap(\.iou)
    return shares.isEmpty ? nil : shares.reduce(0, +) / Double(shares.count)
  }

  /// The counts, a row for each actual class; nil where there are too many classes.
  var rows: [[Int]]? {
    if cells.isEmpty { return nil }
    return (0..<classes).map { Array(cells[($0 * classes)..<(($0 + 1) * classes)]) }
  }
}
