import IR
import Training

/// What `pcc train` tells of a run.
public struct TrainOutcome: Report {
  /// One epoch.
  public struct Epoch: Encodable, Sendable {
    /// What the epoch belongs to, where a command trains more than once.
    public var phase: String?
    /// The mean loss of the training batches.
    public var loss: Double
    /// The part of it that is the task's.
    public var task: Double
    /// The multiply-accumulates that the gates leave, for a batch of one.
    public var macs: Double
    /// The share of right predictions on the validation part; nil without class labels.
    public var accuracy: Double?
    /// The mean intersection over union, and R²; nil for other tasks.
    public var miou: Double?
    public var r2: Double?
    /// How often the model predicts what its teacher does; nil with labels.
    public var agreement: Double?
    public var seconds: Double
    public var imagesPerSecond: Double
    public var undecided: Int
    /// The number that says how well the task is done.
    var metric: TaskMetric?

    private enum CodingKeys: CodingKey {
      case phase, loss, task, macs, accuracy, miou, r2, agreement, seconds
      case imagesPerSecond, undecided
    }

    /// Describes an epoch.
    init(_ metrics: EpochMetrics, denseMACs: Int, phase: String? = nil) {
      self.phase = phase
      loss = metrics.loss
      task = metrics.loss
      macs = metrics.macs * Double(denseMACs)
      accuracy = metrics.accuracy
      miou = metrics.miou
      r2 = metrics.r2
      agreement = metrics.agreement
      metric = metrics.metric
      seconds = metrics.seconds
      imagesPerSecond = metrics.imagesPerSecond
      undecided = metrics.undecided
    }
  }

  public var epochs: [Epoch]
  /// What the evaluation part says; nil without one.
  public var result: EvalOutcome?
  /// The multiply-accumulates that the gates leave, for a batch of one.
  public var macs: Double
  /// The same as a fraction of the dense model's.
  public var macsRatio: Double
  public var imagesPerSecond: Double
  /// The signal that stopped the training, if one did.
  public var signal: Int32?

  private enum CodingKeys: CodingKey {
    case epochs, accuracy, miou, r2, agreement, macs, macsRatio, imagesPerSecond, stopped
  }

  /// Describes a training of a model of so many multiply-accumulates.
  init(_ phase: TrainingPhase, denseMACs: Int) {
    epochs = phase.report.epochs.map { Epoch($0, denseMACs: denseMACs) }
    macsRatio = phase.report.macs
    macs = phase.report.macs * Double(denseMACs)
    imagesPerSecond = phase.report.imagesPerSecond
    signal = phase.signal
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(epochs, forKey: .epochs)
    let last = epochs.last
    let found = result?.evaluation
    try container.encode(found.map(\.accuracy) ?? last?.accuracy, forKey: .accuracy)
    try container.encodeIfPresent(found.map(\.meanIoU) ?? last?.miou, forKey: .miou)
    try container.encodeIfPresent(found.map(\.determination) ?? last?.r2, forKey: .r2)
    try container.encodeIfPresent(
      found.map(\.agreement) ?? last?.agreement, forKey: .agreement)
    try container.encode(macs, forKey: .macs)
    try container.encode(macsRatio, forKey: .macsRatio)
    try container.encode(imagesPerSecond, forKey: .imagesPerSecond)
    try container.encode(signal != nil, forKey: .stopped)
  }

  public var exitStatus: Int32 { signal.map(ExitStatus.ofSignal) ?? 0 }

  public func text(width: Int?) -> String {
    var lines = epochs.isEmpty ? [] : [Epoch.table(epochs).render(width: width), ""]
    if signal != nil { lines.append("stopped by a signal; the model is saved as it was then") }
    if let metric = result.map(\.evaluation.metric) ?? epochs.last?.metric {
      lines.append(Quantity.named(metric))
    }
    let speed = epochs.isEmpty ? "" : ", \(Quantity.significant(imagesPerSecond)) samples/s"
    lines.append(
      "\(Quantity.grouped(Int(macs.rounded()))) MACs (\(Quantity.percent(macsRatio)))" + speed)
    return lines.joined(separator: "\n")
  }
}

extension TrainOutcome.Epoch {
  /// Epochs as a table.
  static func table(_ epochs: [TrainOutcome.Epoch]) -> Table {
    let kind = epochs.lazy.compactMap(\.metric).first?.kind ?? .accuracy
    var table = Table([
      .right("epoch"), .right("loss"), .right(Quantity.name(of: kind)), .right("MACs"),
      .right("undecided"),
      .right("seconds"),
    ])
    for (index, epoch) in epochs.enumerated() {
      table.append([
        "\(index + 1)", Quantity.significant(epoch.loss),
        epoch.metric.map(Quantity.value) ?? "", Quantity.grouped(Int(epoch.macs.rounded())),
        "\(epoch.undecided)", Quantity.significant(epoch.seconds),
      ])
    }
    return table
  }
}
