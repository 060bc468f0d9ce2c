import DenseRuntime
import IR
import Testing
import Training

/// Operators that are expanded for training keep what they compute, and the constants they read.
@Suite struct ExpansionTests {
  /// A small network of operators that have no gradient of their own.
  private func model() -> Model {
    var random = RandomSource(seed: 11)
    var graph = Graph(name: "expanded")
    func weight(_ name: String, _ shape: [Int]) -> ValueID {
      let values = (0..<shape.reduce(1, *)).map { _ in Float(random.uniform() - 0.5) }
      return graph.addConstant(name, Tensor(values, shape: shape))
    }
    let x = graph.addInput("x", .tensor(.float32, [.named("n"), .known(3), .known(4)]))
    let turned = graph.add(
      .transpose, [x], attributes: ["perm": .ints([1, 0, 2])], result: "turned", .unknown)
    let rows = graph.add(
      .lstm, [turned, weight("w", [2, 8, 4]), weight("r", [2, 8, 2]), weight("b", [2, 16])],
      attributes: ["hidden_size": .int(2), "direction": .string("bidirectional")], result: "rows",
      .unknown)
    let order = graph.add(
      .transpose, [rows], attributes: ["perm": .ints([2, 0, 1, 3])], result: "order", .unknown)
    let sides = graph.addConstant("sides", Tensor([Int64(0), 0, 4]))
    let flat = graph.add(.reshape, [order, sides], result: "flat", .unknown)
    let heads: Attributes = ["q_num_heads": .int(2), "kv_num_heads": .int(2)]
    let seen = graph.add(
      .attention, [flat, flat, flat], attributes: heads, result: "seen", .unknown)
    let bent = graph.add(.biasGelu, [seen, weight("bias", [4])], result: "bent", .unknown)
    let joined = graph.add(.flatten, [bent], result: "joined", .unknown)
    let y = graph.add(
      .gemm, [joined, weight("v", [12, 3]), weight("c", [3])], result: "y", .unknown)
    graph.addOutput(y)
    return Model(graph: graph)
  }

  @Test func trainingGraphKeepsValuesAndConstants() throws {
    let model = model()
    let made = try TrainingGraphBuilder.build(
      model, table: nil, options: TrainingGraphOptions(loss: .squaredError, batch: 2))
    let names = Set(made.parameters.map(\.name))
    #expect(names == ["w", "r", "b", "bias", "v", "c"])
    let expanded: Set<Operator> = [.lstm, .attention, .biasGelu]
    #expect(!made.graph.nodes.contains { expanded.contains(made.graph[$0].op) })
    var random = RandomSource(seed: 3)
    let data = Tensor((0..<24).map { _ in Float(random.uniform() - 0.5) }, shape: [2, 3, 4])
    let targets = Tensor([Float](repeating: 0.25, count: 6), shape: [2, 3])
    let name = made.graph[try #require(made.targets)].name
    let session = try Session(
      made.graph, parameters: made.variables, options: SessionOptions(threads: 2))
    let found = try session.run(["x": data, name: targets])
    let plain = try Interpreter(precision: .float64).run(model.graph, inputs: ["x": data])
    let wanted = try #require(plain["y"]?.doubles)
    let got = try #require(found[made.graph[made.prediction].name]?.doubles)
    for (a, b) in zip(got, wanted) { #expect(abs(a - b) < 1e-5) }
    let all = try Interpreter(precision: .float64).run(
      made.graph, inputs: ["x": data, name: targets])
    for parameter in made.parameters {
      let name = made.graph[parameter.gradient].name
      let exact = try #require(all[name]?.doubles)
      #expect(exact.contains { $0 != 0 })
      for (a, b) in zip(try #require(found[name]?.doubles), exact) { #expect(abs(a - b) < 1e-5) }
    }
  }

  @Test func namesOfValuesStay() throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", .tensor(.float32, [.known(2), .known(3)]))
    let b = graph.addConstant("b", Tensor([Float(1), 2, 3]))
    let y = graph.add(.biasGelu, [x, b], result: "y", .tensor(.float32, [.known(2), .known(3)]))
    graph.addOutput(y)
    let replaced = try Expansion.run(on: &graph, wrt: [b], towards: [y])
    try graph.verify()
    #expect(graph.outputs.map { graph[$0].name } == ["y"])
    #expect(replaced[y] == graph.outputs[0])
    #expect(graph.nodes.map { graph[$0].op } == [.add, .gelu])
  }

  @Test func whatDoesNotVaryStays() throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", .tensor(.float32, [.known(3)]))
    let z = graph.addInput("z", .tensor(.float32, [.known(3)]))
    let y = graph.add(.biasGelu, [x, x], result: "y", .tensor(.float32, [.known(3)]))
    let product = graph.add(.mul, [y, z], result: "product", .tensor(.float32, [.known(3)]))
    graph.addOutput(product)
    try Expansion.run(on: &graph, wrt: [z], towards: graph.outputs)
    #expect(graph.nodes.map { graph[$0].op } == [.biasGelu, .mul])
  }
}
