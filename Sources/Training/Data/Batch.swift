/// Some samples, ready to enter a model.
public struct Batch: Sendable {
  /// What one input takes, one sample after the other.
  public enum Values: Hashable, Sendable {
    /// Normalised, in the model's layout.
    case floats([Float])
    case integers([Int])
  }

  /// With what a batch is mixed: each sample with another of the batch.
  public struct Mixing: Sendable {
    /// The share of the sample itself.
    public var share: Float
    /// The class labels of the others.
    public var classes: [Int64]
  }

  /// The positions of the samples in the data set.
  public var samples: [Int]
  /// What each input of the model takes.
  public var inputs: [Values]
  /// The class labels, one for each position of each sample; empty if there are none.
  public var classes: [Int64] = []
  /// The target numbers, one sample after the other; empty if there are none.
  public var values: [Float] = []
  /// The mixing, where there is one; inputs and target numbers are mixed already.
  public var mixing: Mixing?

  /// The number of samples.
  public var count: Int { samples.count }

  /// Part `part` of `parts` of equal size.
  ///
  /// - Precondition: `parts` divides the number of samples.
  func part(_ part: Int, of parts: Int) -> Batch {
    if parts == 1 { return self }
    func cut<Element>(_ all: [Element]) -> [Element] {
      let size = all.count / parts
      return Array(all[(part * size)..<((part + 1) * size)])
    }
    let inputs = inputs.map { values -> Values in
      switch values {
      case .floats(let floats): .floats(cut(floats))
      case .integers(let integers): .integers(cut(integers))
      }
    }
    return Batch(
      samples: cut(samples), inputs: inputs, classes: cut(classes), values: cut(values),
      mixing: mixing.map { Mixing(share: $0.share, classes: cut($0.classes)) })
  }

  /// Takes predictions of the given extents for labels: the most likely class of each position, or the
  /// numbers themselves where there are no classes.
  mutating func setLabels(_ predictions: [Float], shape: [Int]) {
    let classes = shape.count > 1 ? shape[1] : 1
    guard classes > 1 else {
      values = predictions
      return
    }
    let positions = shape.dropFirst(2).reduce(1, *)
    self.classes = (0..<(count * positions)).map { place in
      let start = place / positions * classes * positions + place % positions
      var best = 0
      for number in 1..<classes
      where predictions[start + number * positions] > predictions[start + best * positions] {
        best = number
      }
      return Int64(best)
    }
  }

  /// Mixes each sample with the one at `partners` of its place; whole numbers stay as they are.
  mutating func mix(share: Float, with partners: [Int]) {
    func mixed(_ numbers: [Float]) -> [Float] {
      let size = numbers.count / max(count, 1)
      var result = numbers
      for (slot, partner) in partners.enumerated() {
        for place in 0..<size {
          result[slot * size + place] =
            share * numbers[slot * size + place] + (1 - share) * numbers[partner * size + place]
        }
      }
      return result
    }
    inputs = inputs.map { values in
      if case .floats(let floats) = values { .floats(mixed(floats)) } else { values }
    }
    if !values.isEmpty { values = mixed(values) }
    let each = classes.count / max(count, 1)
    mixing = Mixing(
      share: share,
      classes: partners.flatMap { classes[($0 * each)..<(($0 + 1) * each)] })
  }
}
