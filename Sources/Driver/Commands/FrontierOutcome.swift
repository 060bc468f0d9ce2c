import Passes
import Training

/// What `pcc prune --targets` tells: what each target came to.
public struct FrontierOutcome: Report {
  /// One model.
  public struct Point: Encodable, Sendable {
    /// The wanted share of the dense multiply-accumulates, and the share that is left.
    public var target: Double
    public var macsRatio: Double
    public var macs: Double
    public var params: Int?
    public var accuracy: Double?
    public var miou: Double?
    public var r2: Double?
    public var agreement: Double?
    public var latencyMs: Double?
    public var path: String
  }

  public private(set) var points: [Point] = []
  /// What the original model costs.
  public private(set) var macsBefore = 0.0
  private var latencyBefore: Double?
  /// What the original and the pruned models are worth.
  private var before: Evaluation?
  private var after: [Evaluation?] = []
  private var stop: Int32?

  private enum CodingKeys: String, CodingKey {
    case points = "frontier", accuracyBefore, miouBefore, r2Before, macsBefore
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(points, forKey: .points)
    try container.encode(macsBefore, forKey: .macsBefore)
    try container.encode(before?.accuracy, forKey: .accuracyBefore)
    try container.encodeIfPresent(before?.meanIoU, forKey: .miouBefore)
    try container.encodeIfPresent(before?.determination, forKey: .r2Before)
  }

  public var exitStatus: Int32 { stop ?? 0 }

  /// Takes a model into account; false if it ended the run.
  mutating func add(_ outcome: PruneOutcome, share: Double, path: String) -> Bool {
    if points.isEmpty {
      before = outcome.before
      macsBefore = Double(outcome.macsBefore)
      latencyBefore = outcome.latencyMsBefore
    }
    if outcome.exitStatus != 0 { stop = outcome.exitStatus }
    guard let collapse = outcome.collapse, outcome.exitStatus == 0 else { return false }
    let macs = Double(collapse.collapse.macsAfter)
    points.append(
      Point(
        target: share, macsRatio: macs / max(macsBefore, 1), macs: macs,
        params: collapse.collapse.paramsAfter, accuracy: outcome.after?.accuracy,
        miou: outcome.after?.meanIoU, r2: outcome.after?.determination,
        agreement: outcome.after?.agreement,
        latencyMs: outcome.latencyMsAfter, path: path))
    after.append(outcome.after)
    return true
  }

  public func text(width: Int?) -> String {
    let name = before?.metric.map { Quantity.name(of: $0.kind) } ?? ""
    var table = Table([
      .right("target"), .right("MACs"), .right("left"), .right("parameters"), .right(name),
      .right("latency"), .left("model"),
    ])
    func latency(_ value: Double?) -> String { value.map(Quantity.milliseconds) ?? "" }
    func metric(_ evaluation: Evaluation?) -> String {
      evaluation?.metric.map(Quantity.value(of:)) ?? ""
    }
    table.append([
      "", Quantity.grouped(Int(macsBefore)), "100 %", "", metric(before),
      latency(latencyBefore), "original",
    ])
    for (point, after) in zip(points, after) {
      table.append([
        Quantity.percent(point.target), Quantity.grouped(Int(point.macs)),
        Quantity.percent(point.macsRatio), point.params.map(Quantity.grouped) ?? "",
        metric(after), latency(point.latencyMs), point.path,
      ])
    }
    return table.render(width: width)
  }
}
