import Dispatch
import IR

/// What a model is worth on a data set.
public struct Evaluation: Sendable {
  /// The number that says how well the task is done; nil without labels.
  public var metric: TaskMetric?
  /// The share of positions whose class is predicted; nil without class labels.
  public var accuracy: Double?
  /// The share of positions at which the class is predicted that the teacher predicts; nil with labels,
  /// and where no classes are predicted.
  public var agreement: Double?
  /// The share of samples whose class is among the five predicted most; nil for labels of pixels
  /// and below six classes.
  public var topFive: Double?
  /// The mean over the classes of intersection over union; nil unless there is a label a pixel, and for
  /// more than 256 classes.
  public var meanIoU: Double?
  /// Each class; empty without class labels.
  public var classes: [ClassScore] = []
  /// How often each class is predicted for each, a row for each actual class; nil without class
  /// labels and for more than 256 classes.
  public var confusion: [[Int]]?
  /// The names of the classes; nil if there are none.
  public var classNames: [String]?
  /// Of target numbers the mean squared and absolute error, and R²; nil without any.
  public var squaredError: Double?
  public var absoluteError: Double?
  public var determination: Double?
  /// Cross-entropy, or the mean squared error; nil without labels.
  public var loss: Double?
  public var samples: Int
  public var imagesPerSecond: Double

  /// Runs a model over a data set; `output` names the output that counts, by default the first. Without
  /// labels, what a teacher predicts stands for them.
  ///
  /// Throws `invalid` if samples, labels or teacher do not fit the model, or if it predicts what is no
  /// number.
  public static func run(
    _ model: Model, on dataset: Dataset, metadata: InputMetadata? = nil, batch: Int = 100,
    output: String? = nil, teacher: Model? = nil, threads: Int? = nil
  ) throws(Diagnostic) -> Evaluation {
    let predictor = try Predictor(
      model, for: dataset, batch: max(min(batch, dataset.count), 1),
      logits: dataset.labels.isClasses, output: output, threads: threads)
    var input = InputMetadata()
    if let metadata {
      input = metadata
    } else if let own = try InputMetadata(of: model) {
      input = own
    }
    input.layout = try dataset.layout(for: predictor.inputs)
    var score = Score(shape: predictor.shape)
    try score.check(dataset)
    var guide: Predictor?
    if let teacher, dataset.labels == .none {
      try input.check(
        teacher: teacher, classNames: dataset.classNames ?? input.names, on: dataset)
      let made = try Predictor(
        teacher, for: dataset, batch: predictor.batch, logits: false, output: output,
        threads: threads)
      guard made.shape == predictor.shape else {
        throw .invalid(
          "the teacher's output has shape \(made.shape), the model's \(predictor.shape)")
      }
      guide = made
    }
    let assembler = try BatchAssembler(
      dataset, size: predictor.batch, types: predictor.inputs.map(\.type), metadata: input,
      classes: score.classes)
    let start = DispatchTime.now().uptimeNanoseconds
    let stream = BatchStream(
      assembler, epoch: 0, count: (dataset.count + predictor.batch - 1) / predictor.batch,
      order: Array(0..<dataset.count))
    while let batch = try stream.next() {
      let predictions = try predictor.predict(batch)
      if let place = predictions.firstIndex(where: \.isNaN) {
        let sample = place * batch.count / predictions.count
        throw .invalid("a prediction for sample \(batch.samples[sample]) is no number")
      }
      if let guide {
        var taught = batch
        taught.setLabels(try guide.predict(batch), shape: guide.shape)
        score.add(predictions, taught)
      } else {
        score.add(predictions, batch)
      }
    }
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    if guide != nil, let agreement = score.accuracy {
      return Evaluation(
        metric: TaskMetric(.agreement, agreement), agreement: agreement, samples: dataset.count,
        imagesPerSecond: Double(dataset.count) / max(seconds, 1e-9))
    }
    var result = Evaluation(
      metric: score.metric, accuracy: score.accuracy, topFive: score.topFive,
      meanIoU: score.meanIoU, loss: score.loss, samples: dataset.count,
      imagesPerSecond: Double(dataset.count) / max(seconds, 1e-9))
    if score.accuracy != nil {
      result.classes = score.confusion.scores
      result.confusion = score.confusion.rows
      result.classNames = dataset.classNames ?? input.names
    }
    result.squaredError = score.errors.squaredError
    result.absoluteError = score.errors.absoluteError
    result.determination = score.errors.determination
    return result
  }
}

extension Dataset {
  /// In which layout the samples fit the inputs of a model; throws if in none.
  func layout(for wanted: [ModelInput]) throws(Diagnostic) -> SampleLayout {
    for (input, kind) in zip(wanted, inputs).dropFirst() {
      guard kind.extents.filter({ $0 != 1 }) == input.extents.filter({ $0 != 1 }) else {
        throw .invalid(
          "the samples have extents \(kind.extents), but the model wants"
            + " \(input.extents.compactMap(\.self))", at: Site(value: input.name))
      }
    }
    return try layout(for: wanted[0].extents.compactMap(\.self))
  }

  private func layout(for wanted: [Int]) throws(Diagnostic) -> SampleLayout {
    if extents == wanted { return .nchw }
    if extents.count == 3, [extents[1], extents[2], extents[0]] == wanted { return .nhwc }
    let isFlat = wanted.count == 1 && extents.reduce(1, *) == wanted[0]
    if isFlat || extents.filter({ $0 != 1 }) == wanted.filter({ $0 != 1 }) { return .nchw }
    var notes: [String] = []
    if extents.count == 3, [extents[2], extents[0], extents[1]] == wanted {
      notes = ["--layout nhwc takes arrays with the channels last"]
    } else if extents.count == 3, isByte, !isFitted {
      notes = ["--resize crop or stretch changes images"]
    }
    throw .invalid(
      "the samples have extents \(extents), but the model wants \(wanted)", notes: notes)
  }
}
