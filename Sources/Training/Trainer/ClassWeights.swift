import IR

/// How much each class counts in the loss.
public enum ClassWeights: Hashable, Sendable {
  /// All alike.
  case equal
  /// Inversely to how often each occurs in the training part.
  case balanced
  /// As given, one number a class.
  case given([Float])

  /// The most samples that frequencies are counted on.
  private static let most = 20_000

  /// Reads `auto`, or numbers separated by commas; throws `usage` for anything else.
  public init(parsing text: String) throws(Diagnostic) {
    if text == "auto" {
      self = .balanced
      return
    }
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Float($0) }
    guard numbers.allSatisfy({ $0.map { $0 >= 0 && $0.isFinite } ?? false }),
      numbers.contains(where: { $0 ?? 0 > 0 })
    else {
      throw Diagnostic(
        kind: .usage, "class weights '\(text)' are neither 'auto' nor numbers from 0 on")
    }
    self = .given(numbers.compactMap(\.self))
  }

  /// The factors for so many classes; empty if all are alike.
  ///
  /// Balanced, a class that makes up the share p of the labels has the factor 1 / (classes · p);
  /// one that does not occur has the largest of the others. More than 20,000 samples are not
  /// counted, but a seeded choice of as many. Throws `invalid` if other than one number a class are
  /// given.
  func factors(classes: Int, of training: Dataset, seed: UInt64) throws(Diagnostic) -> [Float] {
    switch self {
    case .equal: return []
    case .given(let numbers):
      guard numbers.count == classes else {
        throw .invalid("\(numbers.count) class weights found, expected \(classes)")
      }
      return numbers
    case .balanced:
      var random = RandomSource(seed: seed, stream: 0xC1A5)
      let positions =
        training.count <= Self.most
        ? Array(0..<training.count)
        : Array(random.permutation(training.count).prefix(Self.most))
      var counts = [Int](repeating: 0, count: classes)
      for position in positions {
        guard case .classes(let labels) = try training.label(position) else {
          throw .invalid("class weights need classes, but the data has none")
        }
        try Dataset.check(
          labels, below: classes, sample: training.indices[position], training.labelFile)
        for label in labels where label >= 0 { counts[Int(label)] += 1 }
      }
      let total = counts.reduce(0, +)
      let largest = counts.filter { $0 > 0 }.min() ?? 1
      return counts.map { Float(Double(total) / Double(classes * ($0 > 0 ? $0 : largest))) }
    }
  }
}
