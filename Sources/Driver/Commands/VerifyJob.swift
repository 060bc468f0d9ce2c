import IR

/// What `pcc verify` does: compares two models on sampled inputs.
public struct VerifyJob: Sendable {
  public var reference: String
  public var other: String
  /// Inputs as `name=file`.
  public var inputs: [String]
  public var relativeTolerance: Double?
  public var absoluteTolerance: Double
  public var samples: Int
  public var seed: UInt64
  public var shapes: [String: [Int]]

  /// Whether the models agree.
  public struct Outcome: Report {
    public var verification: VerificationOutcome

    public var exitStatus: Int32 { verification.ok ? 0 : ExitStatus.difference }

    public func text(width: Int?) -> String { verification.summary }

    public func encode(to encoder: any Encoder) throws { try verification.encode(to: encoder) }
  }

  /// Creates the job.
  public init(
    reference: String, other: String, inputs: [String], relativeTolerance: Double?,
    absoluteTolerance: Double, samples: Int, seed: UInt64, shapes: [String: [Int]]
  ) {
    self.reference = reference
    self.other = other
    self.inputs = inputs
    self.relativeTolerance = relativeTolerance
    self.absoluteTolerance = absoluteTolerance
    self.samples = samples
    self.seed = seed
    self.shapes = shapes
  }

  /// Compares the models.
  public func run(_ context: CommandContext) throws(Diagnostic) -> Outcome {
    let first = try ModelFile(reference)
    let second = try ModelFile(other)
    var verification = Verification(threads: context.threads)
    verification.relativeTolerance = relativeTolerance
    verification.absoluteTolerance = absoluteTolerance
    verification.samples = samples
    verification.seed = seed
    verification.shapes = shapes
    verification.inputs = try GivenInputs.read(inputs, for: first.model.graph)
    let outcome = try verification.compare(first.model.graph, with: second.model.graph)
    context.logRemarks(on: outcome)
    return Outcome(verification: outcome)
  }
}

extension CommandContext {
  /// Logs what a verification could not look at.
  func logRemarks(on outcome: VerificationOutcome) {
    for size in outcome.skippedSizes {
      warn("the model itself does not run at \(size), which was skipped")
    }
    if !outcome.uncompared.isEmpty {
      let names = outcome.uncompared.sorted().map { "'\($0)'" }.joined(separator: ", ")
      warn("not compared, because it lies beyond an operator that cannot be run: \(names)")
    }
    if !outcome.notFinite.isEmpty {
      let names = outcome.notFinite.sorted().map { "'\($0)'" }.joined(separator: ", ")
      warn("no finite number on the drawn inputs: \(names)")
    }
  }
}
