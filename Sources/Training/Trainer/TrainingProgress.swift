/// How far training has come.
public struct TrainingProgress: Sendable {
  /// The epoch, from 1, and how many there are.
  public var epoch: Int
  public var epochs: Int
  /// The step of the epoch, from 1, and how many there are.
  public var step: Int
  public var steps: Int
  /// The mean loss of the epoch so far.
  public var loss: Double
  /// How well the task is done on the epoch's training batches so far; nil without labels.
  public var metric: TaskMetric?
  /// What the gates leave of the dense model; nil without gates.
  public var shares: CostShares?
  public var imagesPerSecond: Double
  public var secondsLeft: Double
}

/// What an epoch came to; a line of the metrics log.
public struct EpochMetrics: Codable, Hashable, Sendable {
  /// The epoch, from 1.
  public var epoch: Int
  /// The mean loss of the training batches.
  public var loss: Double
  /// The kind of loss.
  public var task: String
  /// The relaxed share of the dense model's multiply-accumulates; 1 without gates.
  public var macs: Double
  /// The relaxed share of its parameters, if they are what the gates are driven to.
  public var params: Double?
  /// The share of right predictions on the validation part; on the training batches if there is
  /// none; nil without class labels.
  public var accuracy: Double?
  /// The mean intersection over union, and R², measured on the same; nil for other tasks.
  public var miou: Double?
  public var r2: Double?
  /// The share of positions at which the model predicts what its teacher does; nil with labels.
  public var agreement: Double?
  public var seconds: Double
  /// The learning rate at the end of the epoch.
  public var rate: Double
  public var imagesPerSecond: Double
  /// How many gate channels are between 0.05 and 0.95.
  public var undecided: Int

  /// The numbers by the names that TensorBoard shows.
  var scalars: [(tag: String, value: Double)] {
    var scalars = [
      ("loss", loss), ("rate", rate), ("samples per second", imagesPerSecond), ("macs", macs),
      ("undecided gates", Double(undecided)), ("seconds", seconds),
    ]
    if let params { scalars.append(("parameters", params)) }
    if let accuracy { scalars.append(("accuracy", accuracy)) }
    if let miou { scalars.append(("mIoU", miou)) }
    if let r2 { scalars.append(("R²", r2)) }
    if let agreement { scalars.append(("agreement", agreement)) }
    return scalars
  }

  /// The number that says how well the task is done; nil without labels.
  public var metric: TaskMetric? {
    if let r2 { return TaskMetric(.determination, r2) }
    if let miou { return TaskMetric(.meanIoU, miou) }
    if let agreement { return TaskMetric(.agreement, agreement) }
    return accuracy.map { TaskMetric(.accuracy, $0) }
  }
}

/// What training came to.
public struct TrainingReport: Sendable {
  public var epochs: [EpochMetrics]
  /// On the evaluation part; nil without one or without class labels.
  public var accuracy: Double?
  /// The share of the dense model's multiply-accumulates that the gates leave; 1 without gates.
  public var macs: Double
  public var imagesPerSecond: Double
}
