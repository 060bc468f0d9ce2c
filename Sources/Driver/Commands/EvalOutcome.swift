import Training

/// What `pcc eval` tells of a model.
public struct EvalOutcome: Report {
  /// How well a class is told from the others.
  public struct Class: Encodable, Sendable {
    public var index: Int
    public var name: String?
    public var samples: Int
    public var accuracy: Double?
    public var iou: Double?
  }

  public let evaluation: Evaluation

  private enum CodingKeys: String, CodingKey {
    case accuracy, top5, miou, mse, mae, r2, agreement, loss, classes, confusion, samples,
      imagesPerSecond
  }

  /// Describes an evaluation.
  init(_ evaluation: Evaluation) { self.evaluation = evaluation }

  private var classes: [Class] {
    evaluation.classes.map { score in
      let names = evaluation.classNames ?? []
      return Class(
        index: score.index, name: names.indices.contains(score.index) ? names[score.index] : nil,
        samples: score.actual, accuracy: score.accuracy, iou: score.iou)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(evaluation.accuracy, forKey: .accuracy)
    try container.encodeIfPresent(evaluation.topFive, forKey: .top5)
    try container.encodeIfPresent(evaluation.meanIoU, forKey: .miou)
    try container.encodeIfPresent(evaluation.squaredError, forKey: .mse)
    try container.encodeIfPresent(evaluation.absoluteError, forKey: .mae)
    try container.encodeIfPresent(evaluation.determination, forKey: .r2)
    try container.encodeIfPresent(evaluation.agreement, forKey: .agreement)
    try container.encode(evaluation.loss, forKey: .loss)
    if !evaluation.classes.isEmpty { try container.encode(classes, forKey: .classes) }
    try container.encodeIfPresent(evaluation.confusion, forKey: .confusion)
    try container.encode(evaluation.samples, forKey: .samples)
    try container.encode(evaluation.imagesPerSecond, forKey: .imagesPerSecond)
  }

  public func text(width: Int?) -> String {
    var table = Table([.left("measure"), .right("value")])
    let isPerPixel = evaluation.meanIoU != nil
    if let meanIoU = evaluation.meanIoU { table.append(["mIoU", Quantity.fraction(meanIoU)]) }
    if let accuracy = evaluation.accuracy {
      table.append([isPerPixel ? "accuracy of pixels" : "accuracy", Quantity.percent(accuracy)])
    }
    if let topFive = evaluation.topFive { table.append(["top 5", Quantity.percent(topFive)]) }
    if let agreement = evaluation.agreement {
      table.append(["agreement with the teacher", Quantity.percent(agreement)])
    }
    if let r2 = evaluation.determination { table.append(["R²", Quantity.fraction(r2)]) }
    if let error = evaluation.squaredError {
      table.append(["mean squared error", Quantity.significant(error)])
    } else if let loss = evaluation.loss {
      table.append(["loss", Quantity.significant(loss)])
    }
    if let error = evaluation.absoluteError {
      table.append(["mean absolute error", Quantity.significant(error)])
    }
    table.append(["samples", Quantity.grouped(evaluation.samples)])
    table.append(["samples/s", Quantity.significant(evaluation.imagesPerSecond)])
    let text = table.render(width: width)
    return isPerPixel ? text + "\n\n" + classTable.render(width: width) : text
  }

  /// Each class's share of pixels, accuracy and intersection over union.
  private var classTable: Table {
    var table = Table([
      .left("class"), .right("pixels"), .right("accuracy"), .right("IoU"),
    ])
    for score in classes {
      table.append([
        score.name ?? "\(score.index)", Quantity.grouped(score.samples),
        score.accuracy.map(Quantity.percent) ?? "", score.iou.map(Quantity.fraction) ?? "",
      ])
    }
    return table
  }
}
