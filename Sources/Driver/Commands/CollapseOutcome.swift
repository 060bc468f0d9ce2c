import IR
import Passes

/// What `pcc collapse` tells of a run.
public struct CollapseOutcome: Report {
  public var collapse: CollapseReport
  /// Whether the model had gates; else only constants and dead code were looked for.
  public var hasGates: Bool
  /// How the result compares with the masked model; nil if that was not asked for.
  public var verify: VerificationOutcome?
  /// The largest relative change of an output by closing the gates below the threshold; nil if it
  /// was not measured.
  public var thresholdEffect: Double?

  /// Creates an outcome without verification.
  init(_ report: CollapseReport, hasGates: Bool) {
    collapse = report
    self.hasGates = hasGates
  }

  public var exitStatus: Int32 { verify?.ok == false ? ExitStatus.difference : 0 }

  private enum CodingKeys: CodingKey {
    case macsBefore, macsAfter, paramsBefore, paramsAfter, closed, open, undecided, reopened
    case removedChannels, removedNodes, blocksRemoved, histogram, verify, thresholdEffect
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(collapse.macsBefore, forKey: .macsBefore)
    try container.encode(collapse.macsAfter, forKey: .macsAfter)
    try container.encode(collapse.paramsBefore, forKey: .paramsBefore)
    try container.encode(collapse.paramsAfter, forKey: .paramsAfter)
    try container.encode(collapse.closed, forKey: .closed)
    try container.encode(collapse.open, forKey: .open)
    try container.encode(collapse.undecided, forKey: .undecided)
    try container.encode(collapse.reopened, forKey: .reopened)
    try container.encode(collapse.removedChannels, forKey: .removedChannels)
    try container.encode(collapse.removedNodes, forKey: .removedNodes)
    try container.encode(collapse.blocksRemoved, forKey: .blocksRemoved)
    try container.encode(collapse.histogram, forKey: .histogram)
    try container.encode(verify, forKey: .verify)
    try container.encode(thresholdEffect, forKey: .thresholdEffect)
  }

  public func text(width: Int?) -> String {
    var table = Table([.left(""), .right("before"), .right("after"), .right("change")])
    for (name, before, after) in [
      ("MACs", collapse.macsBefore, collapse.macsAfter),
      ("parameters", collapse.paramsBefore, collapse.paramsAfter),
    ] {
      table.append([
        name, Quantity.grouped(before), Quantity.grouped(after),
        Quantity.change(Double(before), Double(after)),
      ])
    }
    var lines = [table.render(width: width), ""]
    if hasGates {
      lines.append(
        "gates: \(collapse.open) channels open, \(collapse.closed) closed, "
          + "\(reopenedCount) reopened, \(collapse.undecided) undecided (between 0.05 and 0.95)")
      lines.append(
        "weights from 0 to 1: " + collapse.histogram.map(String.init).joined(separator: " "))
    } else {
      lines.append("the model has no gates: only constants and dead code were looked for")
    }
    lines.append(
      "removed: \(collapse.removedChannels) channels, \(collapse.removedNodes) nodes, "
        + "\(collapse.blocksRemoved) blocks")
    if let verify { lines.append("rewrite: " + verify.summary) }
    if let thresholdEffect {
      lines.append(
        "threshold: changed outputs by \(Quantity.scientific(thresholdEffect)), relative")
    }
    return lines.joined(separator: "\n")
  }

  private var reopenedCount: Int { collapse.reopened.reduce(0) { $0 + $1.indices.count } }
}
