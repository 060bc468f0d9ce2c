import IR

/// Samples in memory, with their labels, or some of them.
///
/// Copies and selections share the memory of the samples.
public struct Dataset: Sendable {
  /// The elements of all samples, one sample after the other, channels first.
  public enum Elements: Sendable {
    /// Pixels from 0 to 255.
    case bytes([UInt8])
    case floats([Float])
  }

  /// What is to be learned.
  public enum Labels: Sendable {
    /// Nothing: the samples serve distillation only.
    case none
    /// A class for each of `positions` places of a sample, 1 or as many as it has pixels; negative
    /// where none is known.
    case classes([Int32], positions: Int)
    /// Numbers of the given extents for each sample.
    case values([Float], extents: [Int])
  }

  public let elements: Elements
  /// The extents of one sample, channels first, such as [1, 28, 28].
  public let extents: [Int]
  public let labels: Labels
  /// Which samples belong to the set, in order.
  public let indices: [Int]
  /// The file the labels came from, for diagnostics.
  public let labelFile: String

  /// The number of samples.
  public var count: Int { indices.count }

  /// Creates a set of all samples; throws unless elements, extents and labels fit together.
  public init(
    elements: Elements, extents: [Int], labels: Labels, file: String = "data",
    labelFile: String? = nil
  ) throws(Diagnostic) {
    let total =
      switch elements {
      case .bytes(let bytes): bytes.count
      case .floats(let floats): floats.count
      }
    guard let size = Tensor.count(of: extents), size > 0, total % size == 0 else {
      throw Diagnostic.invalid("\(total) elements do not fit samples of extents \(extents)")
        .inFile(file)
    }
    let count = total / size
    let (found, each): (Int?, Int) =
      switch labels {
      case .none: (nil, 1)
      case .classes(let classes, let positions): (classes.count, positions)
      case .values(let values, let extents): (values.count, Tensor.count(of: extents) ?? 0)
      }
    if let found, each <= 0 || found != count * each {
      let labelled = each > 0 && found % each == 0 ? "\(found / each)" : "\(found)/\(each)"
      throw Diagnostic.invalid("\(labelled) labels found, expected \(count), one for each sample")
        .inFile(labelFile ?? file)
    }
    self.elements = elements
    self.extents = extents
    self.labels = labels
    self.indices = Array(0..<count)
    self.labelFile = labelFile ?? file
  }

  private init(_ other: Dataset, indices: [Int]) {
    elements = other.elements
    extents = other.extents
    labels = other.labels
    labelFile = other.labelFile
    self.indices = indices
  }

  /// The samples at the given positions, in the given order.
  ///
  /// - Precondition: every position is below `count`.
  public func selecting(_ positions: [Int]) -> Dataset {
    Dataset(self, indices: positions.map { indices[$0] })
  }

  /// Splits off `count` random samples, the same for the same seed: what choices may be made on.
  ///
  /// Both parts keep the order of the whole.
  public func split(validation count: Int, seed: UInt64) -> (training: Dataset, validation: Dataset)
  {
    var random = RandomSource(seed: seed, stream: 0x5911)
    let order = random.permutation(self.count)
    let held = min(max(count, 0), self.count)
    return (selecting(order[held...].sorted()), selecting(order[..<held].sorted()))
  }

  /// Throws unless every class label is below `classes` or negative.
  public func check(classes: Int) throws(Diagnostic) {
    guard case .classes(let all, let positions) = labels else { return }
    for index in indices {
      for label in all[(index * positions)..<((index + 1) * positions)] where label >= classes {
        throw Diagnostic.invalid(
          "label \(label) of sample \(index) is out of range, expected one below \(classes)"
        ).inFile(labelFile)
      }
    }
  }

  /// One more than the largest class label; nil if there are no class labels.
  public var classes: Int? {
    guard case .classes(let all, let positions) = labels else { return nil }
    var largest: Int32 = -1
    for index in indices {
      for label in all[(index * positions)..<((index + 1) * positions)] {
        largest = max(largest, label)
      }
    }
    return Int(largest) + 1
  }
}
