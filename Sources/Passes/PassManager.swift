import IR

/// Runs passes one after another and checks the model after each.
public struct PassManager: Sendable {
  /// One entry of a pipeline.
  public enum Step: Sendable {
    case pass(any Pass)
    /// The passes in turn until none changes anything; fails if that takes more than `limit`
    /// rounds.
    case fixpoint([any Pass], limit: Int)
  }

  /// What one run of a pass did.
  public struct Record: Sendable {
    public var name: String
    public var changes: Int
    public var milliseconds: Double
  }

  public var steps: [Step]
  /// Called with the pass's name and the model after each pass.
  public var observe: (@Sendable (String, Model) -> Void)?

  /// Creates a manager.
  public init(_ steps: [Step], observe: (@Sendable (String, Model) -> Void)? = nil) {
    self.steps = steps
    self.observe = observe
  }

  /// Runs all steps; the records are in the order of the runs.
  ///
  /// Throws what a pass throws, and a `bug` diagnostic that names the pass if it leaves a broken
  /// graph or another signature, or if passes do not settle.
  public func run(on model: inout Model, _ context: PassContext) throws(Diagnostic) -> [Record] {
    var records: [Record] = []
    for step in steps {
      switch step {
      case .pass(let pass): records.append(try run(pass, on: &model, context))
      case .fixpoint(let passes, let limit):
        var isSettled = false
        for _ in 0..<limit where !isSettled {
          isSettled = true
          for pass in passes {
            let record = try run(pass, on: &model, context)
            records.append(record)
            if record.changes > 0 { isSettled = false }
          }
        }
        guard isSettled else {
          let names = passes.map { type(of: $0).name }.joined(separator: ", ")
          throw Diagnostic(kind: .bug, "passes \(names) did not settle in \(limit) rounds")
        }
      }
    }
    return records
  }

  private func run(
    _ pass: any Pass, on model: inout Model, _ context: PassContext
  ) throws(Diagnostic) -> Record {
    let name = type(of: pass).name
    let signature = Signature(model.graph)
    let clock = ContinuousClock()
    let start = clock.now
    let changes = try pass.run(on: &model, context)
    let duration = start.duration(to: clock.now)
    do throws(Diagnostic) {
      try model.graph.verify()
    } catch {
      var failure = error
      failure.notes.append("after pass '\(name)'")
      throw failure
    }
    guard Signature(model.graph) == signature else {
      throw Diagnostic(kind: .bug, "pass '\(name)' changed the names of inputs or outputs")
    }
    observe?(name, model)
    let milliseconds =
      Double(duration.components.seconds) * 1e3 + Double(duration.components.attoseconds) / 1e15
    return Record(name: name, changes: changes, milliseconds: milliseconds)
  }

  /// The names that callers of a model use; inputs that only declare a constant are not among them.
  private struct Signature: Equatable {
    var inputs: [String]
    var outputs: [String]

    init(_ graph: Graph) {
      inputs = graph.inputs.filter { graph.tensor(of: $0) == nil }.map { graph[$0].name }
      outputs = graph.outputs.map { graph[$0].name }
    }
  }
}
