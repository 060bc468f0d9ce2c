import DenseRuntime
import IR
import Testing

/// A graph to run in a session and in the interpreter.
struct SessionCase: CustomTestStringConvertible, Sendable {
  let name: String
  /// The largest difference allowed, as a fraction of the largest magnitude.
  var tolerance = 2e-5
  let build: @Sendable (inout GraphSketch) -> Void

  var testDescription: String { name }

  /// The graph and its inputs.
  func sketch() -> GraphSketch {
    var sketch = GraphSketch(seed: name.unicodeScalars.reduce(7) { $0 &* 31 &+ UInt64($1.value) })
    build(&sketch)
    return sketch
  }

  /// Checks that a session with these options computes what the interpreter does in float64, twice.
  func check(_ options: SessionOptions) throws {
    let sketch = sketch()
    try sketch.graph.verify()
    let expected = try Interpreter(precision: .float64).run(sketch.graph, inputs: sketch.inputs)
    let session = try Session(sketch.graph, options: options)
    #expect(session.arenaConflicts.isEmpty)
    for _ in 0..<2 {
      let found = try session.run(sketch.inputs)
      #expect(found.count == expected.count)
      for (name, tensor) in expected { try compare(found[name], tensor, name) }
    }
  }

  /// Checks that every step has a kernel of its own.
  func checkKernels() throws {
    let steps = try Session(sketch().graph).statistics.steps
    #expect(!steps.contains { $0.kind.hasPrefix("reference") })
  }

  /// Checks that results do not depend on the number of threads, to the last bit, however little work
  /// is shared.
  func checkThreads() throws {
    let sketch = sketch()
    let one = try Session(sketch.graph, options: SessionOptions(threads: 1)).run(sketch.inputs)
    for threads in [2, 3] {
      let more = try Session(sketch.graph, options: SessionOptions(threads: threads, taskWork: 1))
      for _ in 0..<2 { #expect(try more.run(sketch.inputs) == one) }
    }
  }

  private func compare(_ found: Tensor?, _ expected: Tensor, _ output: String) throws {
    let found = try #require(found)
    #expect(found.shape == expected.shape)
    let left = try #require(found.doubles)
    let right = try #require(expected.doubles)
    let scale = right.reduce(1e-3) { max($0, $1.magnitude) }
    let worst = zip(left, right).map { ($0 - $1).magnitude }.max() ?? 0
    #expect(worst <= tolerance * scale, "output \(output) differs by \(worst), largest \(scale)")
    #expect(!left.contains { $0.isNaN })
  }
}
