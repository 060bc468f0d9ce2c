import IR

/// A rewrite of a model that keeps what it computes.
public protocol Pass: Sendable {
  /// The name by which commands and golden files call the pass.
  static var name: String { get }

  /// Rewrites the model and returns the number of changes; 0 means that the model is as it was.
  func run(on model: inout Model, _ context: PassContext) throws(Diagnostic) -> Int
}
