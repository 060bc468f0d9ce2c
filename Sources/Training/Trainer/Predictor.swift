import DenseRuntime
import IR

/// A model planned for batches of one size, which predicts.
final class Predictor {
  /// What the data fills.
  let inputs: [ModelInput]
  /// The extents of a batch of predictions.
  let shape: [Int]
  let batch: Int
  private let runner: Session
  private let output: ValueID
  private let inner: [ValueID]

  /// Plans a model, for samples of a data set, for the output that is named, by default the first, and for inner values; `logits`
  /// leaves a last Softmax out.
  init(
    _ model: Model, for dataset: Dataset, batch: Int, logits: Bool, output name: String? = nil,
    inner names: [String] = [],
    threads: Int?
  ) throws(Diagnostic) {
    var graph = try model.graph.fitted(to: dataset)
    let outputs = graph.outputs.count
    for name in names { graph.addOutput(try InnerValues.value(named: name, in: graph)) }
    inputs = try ModelInput.all(of: graph)
    let shapes = try ModelInput.shapes(of: graph, batch: batch)
    graph = try BatchFitting.fitted(graph, inputs.map(\.value), batch: batch)
    let first = graph.outputs[try OutputShare.index(of: name, in: graph)]
    let facts = try GraphFacts(graph, inputShapes: shapes)
    for value in graph.values where graph[value].constant == nil {
      graph.setType(value, facts.type(of: value))
    }
    let output =
      logits ? LossBuilder.prediction(of: first, in: &graph, loss: .crossEntropy) : first
    guard let shape = graph[output].type.shape?.known, graph[output].type.element == .float32,
      shape.first == batch
    else {
      throw .unsupported(
        "the output has no float32 shape with one row a sample", at: Site(value: graph[output].name)
      )
    }
    inner = Array(graph.outputs.dropFirst(outputs))
    for index in 0..<outputs { graph.setOutput(index, output) }
    for id in graph.nodes.reversed() {
      let results = graph[id].outputs.compactMap(\.self)
      if results.allSatisfy({ graph.uses(of: $0).isEmpty }) { graph.erase(id) }
    }
    runner = try Session(
      graph, options: SessionOptions(threads: threads ?? SessionOptions.processors))
    self.output = output
    self.shape = shape
    self.batch = batch
  }

  /// The extents of an inner value.
  func innerShape(_ index: Int) -> [Int]? { runner.shape(of: inner[index]) }

  /// An inner value of the last prediction.
  func innerValue(_ index: Int) -> [Float] { runner.floats(inner[index]) }

  /// The predictions for a batch, or for one that is shorter.
  func predict(_ batch: Batch) throws(Diagnostic) -> [Float] {
    for (input, values) in zip(inputs, batch.inputs) { runner.fill(input, values) }
    try runner.run()
    return Array(runner.floats(output).prefix(batch.count * shape.dropFirst().reduce(1, *)))
  }
}
