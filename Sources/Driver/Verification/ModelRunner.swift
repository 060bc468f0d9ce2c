import DenseRuntime
import IR

/// Runs a graph at one choice of input shapes.
struct ModelRunner {
  private let graph: Graph

  /// Prepares the graph.
  ///
  /// Throws an `invalid` diagnostic if the graph does not work at these shapes.
  init(_ graph: Graph, shapes: [String: [Int]], threads: Int) throws(Diagnostic) {
    self.graph = graph
  }

  /// The graph's outputs by name, from its inputs by name.
  func run(_ inputs: [String: Tensor]) throws(Diagnostic) -> [String: Tensor] {
    try Interpreter().run(graph, inputs: inputs)
  }
}
