import IR
import Testing
import Training

@Suite struct ParameterSeparationTests {
  /// A toy model whose second normalisation shares all vectors with the first, one through
  /// Identity.
  private func shared() -> Model {
    var model = ToyProblem.model()
    let graph = model.graph
    guard let first = graph.value(named: "n1").flatMap({ graph[$0].producer }),
      let second = graph.value(named: "n2").flatMap({ graph[$0].producer })
    else { return model }
    for index in 2...4 { model.graph.setInput(second, index, graph[first].input(index)) }
    let alias = model.graph.add(
      .identity, [graph[first].input(1)], result: "alias", .unknown, at: .before(second))
    model.graph.setInput(second, 1, alias)
    return model
  }

  @Test func sharedVectorsAreTrainedApart() throws {
    let data = try ToyProblem.dataset(96, seed: 1)
    var trained: [[Tensor?]] = []
    for model in [ToyProblem.model(), shared()] {
      let trainer = try Trainer(model, training: data, options: ToyProblem.options(epochs: 1))
      _ = try trainer.run()
      let graph = trainer.model.graph
      trained.append(
        ["n1", "n2"].flatMap { name -> [Tensor?] in
          guard let node = graph.value(named: name).flatMap({ graph[$0].producer }) else {
            return []
          }
          return (1...4).map { graph.tensor(of: graph[node].input($0)) }
        })
    }
    #expect(trained[0].count == 8 && trained[0].allSatisfy { $0 != nil })
    #expect(trained[0] == trained[1])
  }
}
