import DenseRuntime
import IR

/// A model with inputs in place, to be run again and again.
struct InferenceLoop {
  private let runner: ModelRunner
  private let inputs: [String: Tensor]
  /// The multiply-accumulates of one inference.
  let macs: Int

  /// Why the model was not planned, so that it runs node by node, slowly; nil if it was.
  var obstacle: Diagnostic? { runner.obstacle }

  /// Plans the model and draws inputs of these shapes.
  init(
    _ graph: consuming Graph, shapes: [String: [Int]], threads: Int, profiles: Bool = false
  ) throws(Diagnostic) {
    inputs = try InputSampler(copy graph).sample(shapes: shapes, seed: 0)
    macs = try GraphFacts(copy graph, inputShapes: graph.identified(shapes)).macCount
    runner = try ModelRunner(consume graph, shapes: shapes, threads: threads, profiles: profiles)
  }

  /// The steps of the plan, with their times in the last run if those are measured.
  var steps: [SessionStatistics.Step] { runner.steps }

  /// The first run: fills the inputs, and returns the milliseconds that took.
  func first() throws(Diagnostic) -> Double {
    let watch = Stopwatch()
    _ = try runner.run(inputs)
    return watch.milliseconds
  }

  /// Runs once and returns the milliseconds that took.
  func time() throws(Diagnostic) -> Double {
    let watch = Stopwatch()
    try runner.runAgain(inputs)
    return watch.milliseconds
  }

  /// Runs once and returns the sum of the magnitudes of all outputs.
  func checksum() throws(Diagnostic) -> Double {
    try runner.run(inputs).values.reduce(0) { sum, output in
      sum + (output.doubles ?? []).reduce(0) { $0 + abs($1) }
    }
  }
}
