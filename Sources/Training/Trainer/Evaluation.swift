import Dispatch
import IR

/// What a model is worth on a data set.
public struct Evaluation: Sendable {
  /// The share of positions whose class is predicted; nil without class labels.
  public var accuracy: Double?
  /// The mean over the classes of intersection over union; nil unless there is a label a pixel.
  public var meanIoU: Double?
  /// Cross-entropy, or the mean squared difference; nil without labels.
  public var loss: Double?
  public var samples: Int
  public var imagesPerSecond: Double

  /// Runs a model over a data set.
  ///
  /// Throws `invalid` if samples or labels do not fit the model.
  public static func run(
    _ model: Model, on dataset: Dataset, metadata: InputMetadata? = nil, batch: Int = 100,
    threads: Int? = nil
  ) throws(Diagnostic) -> Evaluation {
    let predictor = try Predictor(
      model, batch: max(min(batch, dataset.count), 1), logits: true, threads: threads)
    var input = InputMetadata()
    if let metadata {
      input = metadata
    } else if let own = try InputMetadata(of: model) {
      input = own
    }
    input.layout = try dataset.layout(for: predictor.sample)
    let assembler = try BatchAssembler(dataset, size: predictor.batch, metadata: input)
    var score = Score(shape: predictor.shape)
    try score.check(dataset)
    let order = Array(0..<dataset.count)
    let start = DispatchTime.now().uptimeNanoseconds
    for number in 0..<((dataset.count + predictor.batch - 1) / predictor.batch) {
      let batch = assembler.batch(number, of: order, epoch: 0)
      let predictions = try predictor.predict(batch.elements, count: batch.count)
      score.add(predictions, batch)
    }
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    return Evaluation(
      accuracy: score.accuracy, meanIoU: score.meanIoU, loss: score.loss, samples: dataset.count,
      imagesPerSecond: Double(dataset.count) / max(seconds, 1e-9))
  }
}

extension Dataset {
  /// In which layout the samples fit a model that wants the given extents; throws if in none.
  func layout(for wanted: [Int]) throws(Diagnostic) -> SampleLayout {
    if extents == wanted { return .nchw }
    if extents.count == 3, [extents[1], extents[2], extents[0]] == wanted { return .nhwc }
    let isFlat = wanted.count == 1 && extents.reduce(1, *) == wanted[0]
    if isFlat || extents.filter({ $0 != 1 }) == wanted.filter({ $0 != 1 }) { return .nchw }
    throw .invalid("the samples have extents \(extents), but the model wants \(wanted)")
  }
}
