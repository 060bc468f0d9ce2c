import DenseRuntime
import IR
import Passes

/// What `pcc opt` does: runs passes over a model, or none.
public struct OptJob: Sendable {
  public var model: String
  public var output: String
  /// Names of passes separated by commas, or `all`; nil for none.
  public var passes: String?
  public var overwrites: Bool
  /// The names of all passes, in the order in which `all` runs them.
  public static var passNames: [String] { PassRegistry.names }

  /// What the passes did.
  public struct Outcome: Report {
    /// What one pass did.
    public struct Pass: Encodable, Sendable {
      public var name: String
      public var changes: Int
      public var ms: Double
    }

    public var passes: [Pass]
    public var output: String

    public func text(width: Int?) -> String {
      if passes.isEmpty { return "wrote \(output)" }
      var table = Table([.left("pass"), .right("changes"), .right("ms")])
      for pass in passes {
        table.append([pass.name, "\(pass.changes)", Quantity.significant(pass.ms)])
      }
      return table.render(width: width)
    }
  }

  /// Creates the job.
  public init(model: String, output: String, passes: String?, overwrites: Bool) {
    self.model = model
    self.output = output
    self.passes = passes
    self.overwrites = overwrites
  }

  /// Runs the passes and writes the result.
  public func run(_ context: CommandContext) throws(Diagnostic) -> Outcome {
    var file = try ModelFile(model)
    let target = try ModelTarget(output, overwrites: overwrites)
    guard let passes else {
      try target.write(file.model, isMarked: false)
      return Outcome(passes: [], output: output)
    }
    let steps = try PassRegistry.steps(named: passes)
    let passContext = PassContext(evaluator: Interpreter()) { context.report($0) }
    let records: [PassManager.Record]
    do {
      records = try PassManager(steps).run(on: &file.model, passContext)
    } catch { throw error.inFile(model) }
    try target.write(file.model)
    return Outcome(
      passes: records.map {
        Outcome.Pass(name: $0.name, changes: $0.changes, ms: $0.milliseconds)
      }, output: output)
  }
}
