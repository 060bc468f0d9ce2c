import IR
import Passes
import Training

/// What `pcc prune --targets` does: prunes step by step, each model from the one before, and learns from
/// the original all the way.
public struct FrontierJob: Sendable {
  private let base: PruneJob
  private let shares: [Double]

  /// Creates a job that does what `base` does for each share of the dense multiply-accumulates, which
  /// fall.
  public init(_ base: PruneJob, shares: [Double]) {
    self.base = base
    self.shares = shares
  }

  /// Prunes to each share and writes each model; a signal ends the run early, what is there is saved.
  public func run(_ context: CommandContext) throws(Diagnostic) -> FrontierOutcome {
    var outcome = FrontierOutcome()
    let jobs = shares.map { share in
      var job = base
      job.output = path(share)
      return job
    }
    for job in jobs { _ = try job.targets() }
    for (share, var job) in zip(shares, jobs) {
      job.teacher = base.teacher ?? base.model
      job.training.checkpoint = base.training.checkpoint.map { "\($0)/\(share)" }
      job.goal = CostTarget(.macs, share)
      if let last = outcome.points.last {
        job.model = last.path
        job.goal = CostTarget(.macs, min(share * outcome.macsBefore / last.macs, 1))
      }
      context.note("target \(Quantity.percent(share))")
      guard outcome.add(try job.run(context), share: share, path: job.output) else { break }
    }
    return outcome
  }

  /// The path of the model for a share.
  private func path(_ share: Double) -> String {
    let (stem, suffix) =
      base.output.hasSuffix(".onnx") ? (base.output.dropLast(5), ".onnx") : (base.output[...], "")
    return "\(stem)-\(share)\(suffix)"
  }
}
