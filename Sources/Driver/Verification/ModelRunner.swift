import DenseRuntime
import IR

/// Runs a graph at one choice of input shapes: planned where the planner can, else node by node.
struct ModelRunner {
  private enum Engine {
    case planned(Session)
    case naive(Graph, reason: Diagnostic)
  }

  private let engine: Engine

  /// Plans the graph, of whose constants a plan keeps only what it needs.
  ///
  /// Throws an `invalid` diagnostic if the graph does not work at these shapes.
  init(
    _ graph: consuming Graph, shapes: [String: [Int]], threads: Int, profiles: Bool = false,
    packsTightly: Bool = false
  ) throws(Diagnostic) {
    let plan: SessionPlan
    do {
      plan = try SessionPlan(
        copy graph, inputShapes: graph.identified(shapes),
        options: SessionOptions(
          threads: threads, profiles: profiles, packsTightly: packsTightly))
    } catch {
      guard error.kind == .unsupported else { throw error }
      engine = .naive(graph, reason: error)
      return
    }
    graph = Graph(name: "")
    engine = .planned(Session(plan))
  }

  /// Why the graph was not planned, so that it runs slowly; nil if it was.
  var obstacle: Diagnostic? {
    switch engine {
    case .planned: nil
    case .naive(_, let reason): reason
    }
  }

  /// The steps of the plan, with their times in the last run if those are measured; none without a
  /// plan.
  var steps: [SessionStatistics.Step] {
    switch engine {
    case .planned(let session): session.statistics.steps
    case .naive: []
    }
  }

  /// The graph's outputs by name, from its inputs by name.
  func run(_ inputs: [String: Tensor]) throws(Diagnostic) -> [String: Tensor] {
    switch engine {
    case .planned(let session): try session.run(inputs)
    case .naive(let graph, _): try Interpreter().run(graph, inputs: inputs)
    }
  }

  /// The graph's outputs by name, from its inputs by name, sequences and optionals among them.
  func run(_ inputs: [String: Datum]) throws(Diagnostic) -> [String: Datum] {
    switch engine {
    case .planned(let session):
      try session.run(inputs.compactMapValues(\.tensor)).mapValues(Datum.tensor)
    case .naive(let graph, _): try Interpreter().run(graph, inputs: inputs)
    }
  }

  /// Runs once more on the inputs of the last run, which a plan still holds, and leaves the outputs
  /// where they are.
  func runAgain(_ inputs: [String: Tensor]) throws(Diagnostic) {
    switch engine {
    case .planned(let session): try session.run()
    case .naive(let graph, _): _ = try Interpreter().run(graph, inputs: inputs)
    }
  }
}
