import IR
import Passes
import Training

/// What `pcc prune` tells of a run: the keys of `augment`, `train` and `collapse`, and what the
/// model was worth before and after.
public struct PruneOutcome: Report {
  public var gates: [Gate]
  public var epochs: [TrainOutcome.Epoch] = []
  public var collapse: CollapseOutcome?
  /// What the evaluation part says of the original model, of the trained gated one, right after the
  /// threshold, and of the result.
  public var before: Evaluation?
  public var gated: Evaluation?
  public var threshold: Evaluation?
  public var after: Evaluation?
  public var macsBefore: Int
  public var paramsBefore: Int
  public var bytesBefore: Int
  public var bytesAfter: Int?
  /// Median latencies for a batch of one.
  public var latencyMsBefore: Double?
  public var latencyMsAfter: Double?
  public var imagesPerSecond = 0.0
  /// The signal that stopped the run, if one did.
  public var signal: Int32?

  private enum CodingKeys: CodingKey {
    case gates, epochs, accuracy, accuracyBefore, accuracyGated, accuracyThreshold, macs
    case miou, miouBefore, miouGated, miouThreshold, r2, r2Before, r2Gated, r2Threshold
    case agreement, agreementGated, agreementThreshold
    case macsRatio, bytesBefore, bytesAfter, latencyMsBefore, latencyMsAfter, imagesPerSecond
    case stopped
  }

  /// Describes an augmented model.
  init(_ report: AugmentReport, file: ModelFile) {
    gates = report.gates
    macsBefore = report.dense.macs
    paramsBefore = report.dense.params
    bytesBefore = ModelFile.size(of: file.path, model: file.model)
  }

  /// Takes a phase of training into account.
  mutating func add(_ phase: TrainingPhase, phase name: String, denseMACs: Int) {
    epochs += phase.report.epochs.map {
      TrainOutcome.Epoch($0, denseMACs: denseMACs, phase: name)
    }
    imagesPerSecond = max(imagesPerSecond, phase.report.imagesPerSecond)
    signal = signal ?? phase.signal
  }

  private var macsAfter: Int? { collapse?.collapse.macsAfter }

  public func encode(to encoder: any Encoder) throws {
    try collapse?.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(gates, forKey: .gates)
    try container.encode(epochs, forKey: .epochs)
    try container.encode(after?.accuracy, forKey: .accuracy)
    try container.encode(before?.accuracy, forKey: .accuracyBefore)
    try container.encode(gated?.accuracy, forKey: .accuracyGated)
    try container.encode(threshold?.accuracy, forKey: .accuracyThreshold)
    for (evaluation, miou, r2) in [
      (after, CodingKeys.miou, CodingKeys.r2), (before, .miouBefore, .r2Before),
      (gated, .miouGated, .r2Gated), (threshold, .miouThreshold, .r2Threshold),
    ] {
      try container.encodeIfPresent(evaluation?.meanIoU, forKey: miou)
      try container.encodeIfPresent(evaluation?.determination, forKey: r2)
    }
    try container.encodeIfPresent(after?.agreement, forKey: .agreement)
    try container.encodeIfPresent(gated?.agreement, forKey: .agreementGated)
    try container.encodeIfPresent(threshold?.agreement, forKey: .agreementThreshold)
    try container.encode(macsAfter, forKey: .macs)
    try container.encode(ratio, forKey: .macsRatio)
    try container.encode(bytesBefore, forKey: .bytesBefore)
    try container.encode(bytesAfter, forKey: .bytesAfter)
    try container.encode(latencyMsBefore, forKey: .latencyMsBefore)
    try container.encode(latencyMsAfter, forKey: .latencyMsAfter)
    try container.encode(imagesPerSecond, forKey: .imagesPerSecond)
    try container.encode(signal != nil, forKey: .stopped)
  }

  private var ratio: Double? {
    guard let macsAfter, macsBefore > 0 else { return nil }
    return Double(macsAfter) / Double(macsBefore)
  }

  public var exitStatus: Int32 {
    if let signal { return ExitStatus.ofSignal(signal) }
    return collapse?.exitStatus ?? 0
  }

  public func text(width: Int?) -> String {
    var lines = epochs.isEmpty ? [] : [TrainOutcome.Epoch.table(epochs).render(width: width), ""]
    if signal != nil { lines.append("stopped by a signal; what was there is saved") }
    guard let collapse else { return lines.joined(separator: "\n") }
    if let gated = gated?.metric, let threshold = threshold?.metric {
      lines.append(
        "\(Quantity.name(of: gated.kind)) of the gated model \(Quantity.value(of: gated)), right after"
          + " the threshold \(Quantity.value(of: threshold))")
    }
    if let verify = collapse.verify { lines.append("collapse: " + verify.summary) }
    lines += ["", table.render(width: width)]
    return lines.joined(separator: "\n")
  }

  /// Before and after.
  private var table: Table {
    var table = Table([.left(""), .right("before"), .right("after"), .right("change")])
    func row(_ name: String, _ before: Double?, _ after: Double?, _ show: (Double) -> String) {
      guard let before, let after else { return }
      table.append([name, show(before), show(after), Quantity.change(before, after)])
    }
    func whole(_ number: Double) -> String { Quantity.grouped(Int(number)) }
    row("parameters", Double(paramsBefore), collapse.map { Double($0.collapse.paramsAfter) }, whole)
    row("MACs", Double(macsBefore), macsAfter.map(Double.init), whole)
    if let before = before?.metric, let after = after?.metric {
      table.append([
        Quantity.name(of: before.kind), Quantity.value(of: before), Quantity.value(of: after),
        Quantity.difference(before, after),
      ])
    }
    row("latency, batch 1", latencyMsBefore, latencyMsAfter, Quantity.milliseconds)
    row("file size", Double(bytesBefore), bytesAfter.map(Double.init)) {
      Quantity.bytes(Int($0))
    }
    return table
  }
}
