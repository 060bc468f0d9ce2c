/// What a teacher says of each training sample in the mean over the views of it, differently augmented,
/// that training has shown.
///
/// The mean is nearer to the truth than what the teacher says of any one view, and once it is there,
/// the teacher need not be run any more.
public struct TeacherMeans: Sendable {
  /// The most bytes that means may take.
  static let limit = 1 << 30

  /// How many views are in the mean of each sample.
  public private(set) var views: [Float]
  /// The mean logits of each sample, one sample after the other.
  private(set) var logits: [Float]

  /// Creates the means of samples of which no view was seen.
  public init(samples: Int, classes: Int) {
    views = Array(repeating: 0, count: samples)
    logits = Array(repeating: 0, count: samples * classes)
  }

  /// Takes what `arrays` of other means were; nil if it cannot be that.
  public init?(_ arrays: [[Float]]) {
    guard arrays.count == 2, arrays[0].count > 0, arrays[1].count % arrays[0].count == 0 else {
      return nil
    }
    (views, logits) = (arrays[0], arrays[1])
  }

  /// What a checkpoint keeps.
  public var arrays: [[Float]] { [views, logits] }

  private var classes: Int { logits.count / views.count }

  /// Whether there is a mean for each of the samples.
  public func know(_ samples: [Int]) -> Bool { samples.allSatisfy { views[$0] > 0 } }

  /// Moves the means of samples by what the teacher says of one more view of each.
  public mutating func add(_ view: [Float], of samples: [Int]) {
    for (slot, sample) in samples.enumerated() {
      views[sample] += 1
      for index in 0..<classes {
        let place = sample * classes + index
        logits[place] += (view[slot * classes + index] - logits[place]) / views[sample]
      }
    }
  }

  /// The mean logits of samples, one after the other.
  public func of(_ samples: [Int]) -> [Float] {
    samples.flatMap { logits[($0 * classes)..<(($0 + 1) * classes)] }
  }
}
