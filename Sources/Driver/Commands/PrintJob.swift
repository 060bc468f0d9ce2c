import IR

/// What `pcc print` does: shows a model in the textual form.
public struct PrintJob: Sendable {
  public var model: String

  /// The text of a model.
  public struct Outcome: Report {
    public var text: String

    public func text(width: Int?) -> String { text }
  }

  /// Creates the job.
  public init(model: String) { self.model = model }

  /// Reads and prints the model.
  public func run(_ context: CommandContext) throws(Diagnostic) -> Outcome {
    let file = try ModelFile(model)
    let text = GraphPrinter().print(file.model)
    return Outcome(text: text.hasSuffix("\n") ? String(text.dropLast()) : text)
  }
}
