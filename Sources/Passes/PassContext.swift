import IR

/// What a pass may use besides the model.
public struct PassContext: Sendable {
  /// What computes nodes when constants are folded.
  public var evaluator: any Evaluator
  /// Takes warnings: what was left undone and why.
  public var report: @Sendable (Diagnostic) -> Void
  /// The largest tensor, in bytes, that folding may make.
  public var foldingLimit: Int

  /// Creates a context.
  public init(
    evaluator: any Evaluator, foldingLimit: Int = 16 << 20,
    report: @escaping @Sendable (Diagnostic) -> Void = { _ in }
  ) {
    self.evaluator = evaluator
    self.foldingLimit = foldingLimit
    self.report = report
  }
}
