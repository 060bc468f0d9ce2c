import DenseRuntime
import Frontend
import IR
import Passes

/// What `pcc collapse` does: closes gates, removes what is dead, verifies, and writes the result.
public struct CollapseJob: Sendable {
  public var model: String
  public var output: String
  public var options: CollapseOptions
  /// Where the masked model goes, if it is wanted.
  public var masked: String?
  /// How many inputs the result is compared on; 0 for none.
  public var samples: Int
  public var seed: UInt64
  public var shapes: [String: [Int]]
  public var overwrites: Bool

  /// Creates the job.
  public init(
    model: String, output: String, options: CollapseOptions, masked: String?, samples: Int,
    seed: UInt64, shapes: [String: [Int]], overwrites: Bool
  ) {
    self.model = model
    self.output = output
    self.options = options
    self.masked = masked
    self.samples = samples
    self.seed = seed
    self.shapes = shapes
    self.overwrites = overwrites
  }

  /// Collapses the model; writes the result unless it differs from the masked model.
  public func run(_ context: CommandContext) throws(Diagnostic) -> CollapseOutcome {
    let file = try ModelFile(model)
    let target = try ModelTarget(output, overwrites: overwrites)
    let maskedTarget = try masked.map { path throws(Diagnostic) in
      try ModelTarget(path, overwrites: overwrites)
    }
    let chosen = try InputSizes.usual.shapes(of: file.model.graph, requested: shapes)
    context.logChoice(chosen, in: file.model.graph, requested: shapes)
    let (collapsed, outcome, reference) = try file.locating { () throws(Diagnostic) in
      try Self.collapse(
        file.model, options, verification: samples > 0 ? verification(context) : nil, chosen)
    }
    for warning in outcome.collapse.warnings { context.report(warning.inFile(model)) }
    if let verification = outcome.verify {
      context.logRemarks(on: verification)
      if !verification.ok {
        context.fail(
          "\(model): error: the result differs from the masked model, so nothing was written")
        return outcome
      }
    }
    if let maskedTarget {
      try maskedTarget.write(reference)
      context.note("wrote \(maskedTarget.path)")
    }
    try target.write(collapsed)
    context.note("wrote \(output)")
    return outcome
  }

  private func verification(_ context: CommandContext) -> Verification {
    var verification = Verification(threads: context.threads)
    verification.samples = samples
    verification.seed = seed
    verification.shapes = shapes
    return verification
  }

  /// Collapses a model; returns the result, what happened, and the masked model.
  static func collapse(
    _ model: Model, _ options: CollapseOptions, verification: Verification?,
    _ inputShapes: [String: [Int]]
  ) throws(Diagnostic) -> (collapsed: Model, outcome: CollapseOutcome, masked: Model) {
    var collapsed = model
    let report = try CollapsePass(options, inputShapes: inputShapes)
      .run(on: &collapsed, evaluator: Interpreter())
    let masked = report.masked ?? model
    var outcome = CollapseOutcome(report, hasGates: model[metadata: GateTable.key] != nil)
    if var verification {
      outcome.verify = try verification.compare(masked.graph, with: collapsed.graph)
      if outcome.hasGates {
        outcome.thresholdEffect = 0
      }
      if report.changesFunction {
        verification.relativeTolerance = .infinity
        let effect = try verification.compare(model.graph, with: masked.graph)
        outcome.thresholdEffect = effect.maxRel
      }
    }
    return (collapsed, outcome, masked)
  }
}
