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
    public var seconds: Double
    public var imagesPerSecond: Double
    public var undecided: Int

    /// Describes an epoch.
    init(_ metrics: EpochMetrics, denseMACs: Int, phase: String? = nil) {
      self.phase = phase
      loss = metrics.loss
      task = metrics.loss
      macs = metrics.macs * Double(denseMACs)
      accuracy = metrics.accuracy
      seconds = metrics.seconds
      imagesPerSecond = metrics.imagesPerSecond
      undecided = metrics.undecided
    }
  }

  public var epochs: [Epoch]
  /// On the evaluation part; without one on the validation part.
  public var accuracy: Double?
  /// The multiply-accumulates that the gates leave, for a batch of one.
  public var macs: Double
  /// The same as a fraction of the dense model's.
  public var macsRatio: Double
  public var imagesPerSecond: Double
  /// The signal that stopped the training, if one did.
  public var signal: Int32?

  private enum CodingKeys: CodingKey {
    case epochs, accuracy, macs, macsRatio, imagesPerSecond, stopped
  }

  /// Describes a training of a model of so many multiply-accumulates.
  init(_ phase: TrainingPhase, denseMACs: Int) {
    epochs = phase.report.epochs.map { Epoch($0, denseMACs: denseMACs) }
    accuracy = phase.report.epochs.last?.accuracy
    macsRatio = phase.report.macs
    macs = phase.report.macs * Double(denseMACs)
    imagesPerSecond = phase.report.imagesPerSecond
    signal = phase.signal
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(epochs, forKey: .epochs)
    try container.encode(accuracy, forKey: .accuracy)
    try container.encode(macs, forKey: .macs)
    try container.encode(macsRatio, forKey: .macsRatio)
    try container.encode(imagesPerSecond, forKey: .imagesPerSecond)
    try container.encode(signal != nil, forKey: .stopped)
  }

  public var exitStatus: Int32 { signal.map(ExitStatus.ofSignal) ?? 0 }

  public func text(width: Int?) -> String {
    var lines = [Epoch.table(epochs).render(width: width), ""]
    if signal != nil { lines.append("stopped by a signal; the epochs above are saved") }
    if let accuracy { lines.append("accuracy \(Quantity.percent(accuracy))") }
    lines.append(
      "\(Quantity.grouped(Int(macs.rounded()))) MACs (\(Quantity.percent(macsRatio))), "
        + "\(Quantity.significant(imagesPerSecond)) samples/s")
    return lines.joined(separator: "\n")
  }
}

extension TrainOutcome.Epoch {
  /// Epochs as a table.
  static func table(_ epochs: [TrainOutcome.Epoch]) -> Table {
    var table = Table([
      .right("epoch"), .right("loss"), .right("accuracy"), .right("MACs"), .right("undecided"),
      .right("seconds"),
    ])
    for (index, epoch) in epochs.enumerated() {
      table.append([
        "\(index + 1)", Quantity.significant(epoch.loss),
        epoch.accuracy.map(Quantity.percent) ?? "", Quantity.grouped(Int(epoch.macs.rounded())),
        "\(epoch.undecided)", Quantity.significant(epoch.seconds),
      ])
    }
    return table
  }
}
