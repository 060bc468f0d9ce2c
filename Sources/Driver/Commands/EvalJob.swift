import IR
import Training

/// What `pcc eval` does: measures a model on the evaluation part of a data set.
public struct EvalJob: Sendable {
  public var model: String
  public var data: DataOptions
  public var batch: Int

  /// What the model is worth.
  public struct Outcome: Report {
    /// The share of right predictions; nil without class labels.
    public var accuracy: Double?
    /// The mean intersection over union; nil unless there is a label a pixel.
    public var meanIou: Double?
    public var loss: Double?
    public var samples: Int
    public var imagesPerSecond: Double

    private enum CodingKeys: CodingKey {
      case accuracy, meanIou, loss, samples, imagesPerSecond
    }

    /// Describes an evaluation.
    init(_ evaluation: Evaluation) {
      accuracy = evaluation.accuracy
      meanIou = evaluation.meanIoU
      loss = evaluation.loss
      samples = evaluation.samples
      imagesPerSecond = evaluation.imagesPerSecond
    }

    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(accuracy, forKey: .accuracy)
      try container.encodeIfPresent(meanIou, forKey: .meanIou)
      try container.encode(loss, forKey: .loss)
      try container.encode(samples, forKey: .samples)
      try container.encode(imagesPerSecond, forKey: .imagesPerSecond)
    }

    public func text(width: Int?) -> String {
      var table = Table([.left("measure"), .right("value")])
      if let accuracy { table.append(["accuracy", Quantity.percent(accuracy)]) }
      if let meanIou { table.append(["mean IoU", Quantity.percent(meanIou)]) }
      if let loss { table.append(["loss", Quantity.significant(loss)]) }
      table.append(["samples", Quantity.grouped(samples)])
      table.append(["samples/s", Quantity.significant(imagesPerSecond)])
      return table.render(width: width)
    }
  }

  /// Creates the job.
  public init(model: String, data: DataOptions, batch: Int) {
    self.model = model
    self.data = data
    self.batch = batch
  }

  /// Evaluates the model.
  public func run(_ context: CommandContext) throws(Diagnostic) -> Outcome {
    let file = try ModelFile(model)
    try file.requireKnownOperators()
    let source = try data.read()
    guard let samples = source.evaluation ?? source.training else {
      throw Diagnostic.invalid("holds no samples").inFile(data.path)
    }
    if source.evaluation == nil {
      context.warn("\(data.path): there is no evaluation part, so the training samples are taken")
    }
    let metadata = try file.locating { () throws(Diagnostic) in try data.metadata(of: file.model) }
    return try file.locating { () throws(Diagnostic) in
      Outcome(
        try Evaluation.run(
          file.model, on: samples, metadata: metadata, batch: batch, threads: context.threads))
    }
  }
}
