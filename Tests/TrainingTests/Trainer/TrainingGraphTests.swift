import DenseRuntime
import IR
import Passes
import Testing
import Training

/// Training graphs, computed by planned sessions, against the interpreter in float64.
@Suite struct TrainingGraphTests {
  /// A net with most of what a vision model is made of.
  static func vision() -> Model {
    var random = RandomSource(seed: 9)
    var graph = Graph(name: "vision")
    func weight(_ name: String, _ shape: [Int]) -> ValueID {
      let values = (0..<shape.reduce(1, *)).map { _ in Float(random.uniform() - 0.5) }
      return graph.addConstant(name, Tensor(values, shape: shape))
    }
    func add(
      _ op: Operator, _ operands: [ValueID?], _ name: String, _ attributes: Attributes = [:]
    ) -> ValueID {
      graph.add(op, operands, attributes: attributes, result: name, .unknown)
    }
    func normalized(_ value: ValueID, _ count: Int, _ name: String) -> ValueID {
      let positive = [Float](repeating: 1, count: count)
      return add(
        .batchNormalization,
        [
          value, weight("\(name).scale", [count]), weight("\(name).bias", [count]),
          weight("\(name).mean", [count]), graph.addConstant("\(name).var", Tensor(positive)),
        ], name)
    }
    let pads: Attributes = ["pads": .ints([1, 1, 1, 1])]
    let x = graph.addInput(
      "x", .tensor(.float32, [.named("n"), .known(2), .known(8), .known(8)]))
    let stem = normalized(add(.conv, [x, weight("w1", [5, 2, 3, 3])], "c1", pads), 5, "n1")
    let open = add(.relu, [stem], "r1")
    let wide = add(.conv, [open, weight("w2", [5, 5, 3, 3]), weight("b2", [5])], "c2", pads)
    let sum = add(.relu, [add(.add, [normalized(wide, 5, "n2"), open], "a2")], "r2")
    var depthwise = pads
    depthwise["group"] = .int(5)
    depthwise["strides"] = .ints([2, 2])
    let deep = add(.conv, [sum, weight("w3", [5, 1, 3, 3])], "c3", depthwise)
    let bent = add(.hardSwish, [normalized(deep, 5, "n3")], "h3")
    let pooled = add(
      .maxPool, [sum], "p4", ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])])
    let joined = add(.concat, [bent, pooled], "j5", ["axis": .int(1)])
    let squeezed = add(.sigmoid, [add(.globalAveragePool, [joined], "g6")], "s6")
    let scaled = add(.mul, [joined, squeezed], "m6")
    let grown = add(
      .convTranspose, [scaled, weight("w7", [10, 3, 2, 2]), weight("b7", [3])], "t7",
      ["strides": .ints([2, 2])])
    let scales = graph.addConstant("scales", Tensor([Float(1), 1, 0.5, 0.5]))
    let shrunk = add(
      .resize, [grown, nil, scales], "z8",
      ["mode": .string("linear"), "coordinate_transformation_mode": .string("half_pixel")])
    let averaged = add(
      .averagePool, [shrunk], "p8",
      ["kernel_shape": .ints([3, 3]), "strides": .ints([1, 1]), "pads": .ints([1, 1, 1, 1])])
    let flat = add(.flatten, [add(.leakyRelu, [averaged], "l9")], "f9")
    let ratio = graph.addConstant("ratio", Tensor(scalar: Float(0.4)))
    let dropped = add(.dropout, [flat, ratio], "d9")
    let y = add(
      .gemm, [dropped, weight("w10", [4, 48]), weight("b10", [4])], "y", ["transB": .int(1)])
    graph.addOutput(y)
    return Model(graph: graph)
  }

  /// Random contents for every input of a training graph.
  private func inputs(_ made: TrainingGraph) throws -> [String: Tensor] {
    var random = RandomSource(seed: 4)
    var inputs: [String: Tensor] = [:]
    for value in made.graph.inputs where made.graph[value].constant == nil {
      let shape = try #require(made.graph[value].type.shape?.known)
      let count = shape.reduce(1, *)
      let name = made.graph[value].name
      if value == made.labels {
        inputs[name] = Tensor((0..<count).map { _ in Int64(random.below(3)) }, shape: shape)
      } else if value == made.teacher || value == made.shares {
        inputs[name] = Tensor([Float](repeating: 1 / Float(shape[1]), count: count), shape: shape)
      } else if made.masks.contains(where: { $0.input == value }) {
        inputs[name] = Tensor(
          (0..<count).map { _ in random.below(5) < 2 ? Float(0) : Float(1 / 0.6) }, shape: shape)
      } else {
        inputs[name] = Tensor(
          (0..<count).map { _ in Float(random.uniform() * 2 - 1) }, shape: shape)
      }
    }
    return inputs
  }

  @Test(arguments: [false, true], [1, 2])
  func sessionAgreesWithInterpreter(frozen: Bool, threads: Int) throws {
    let gated = ToyProblem.model(width: 17, gated: true)
    for model in [TrainingGraphTests.vision(), gated] {
      let options = TrainingGraphOptions(
        batch: 6, smoothing: 0.1, distillation: 0.5, freezesNormalization: frozen)
      let made = try TrainingGraphBuilder.build(
        model, table: GateTable(model), options: options)
      #expect(!made.parameters.isEmpty && made.statistics.isEmpty == frozen)
      let inputs = try inputs(made)
      let session = try Session(
        made.graph, parameters: made.variables, options: SessionOptions(threads: threads))
      let found = try session.run(inputs)
      let expected = try Interpreter(precision: .float64).run(made.graph, inputs: inputs)
      #expect(Set(found.keys) == Set(expected.keys))
      for (name, tensor) in expected {
        let wanted = try #require(tensor.doubles)
        let got = try #require(found[name]?.doubles)
        let scale = max(wanted.map(\.magnitude).max() ?? 0, 1e-3)
        let worst = zip(wanted, got).map { abs($0 - $1) }.max() ?? 0
        #expect(worst <= 2e-4 * scale, "\(name): \(worst) of \(scale)")
      }
    }
  }

  @Test(arguments: [1, 2]) func sharesAgreeWithInterpreter(threads: Int) throws {
    for model in [ToyProblem.model(), TaskTests.pixelModel()] {
      var options = TrainingGraphOptions(batch: 6, distillation: 0.5)
      options.takesShares = true
      let made = try TrainingGraphBuilder.build(model, table: nil, options: options)
      let inputs = try inputs(made)
      let session = try Session(
        made.graph, parameters: made.variables, options: SessionOptions(threads: threads))
      let found = try session.run(inputs)
      let expected = try Interpreter(precision: .float64).run(made.graph, inputs: inputs)
      for (name, tensor) in expected {
        let wanted = try #require(tensor.doubles)
        let got = try #require(found[name]?.doubles)
        let scale = max(wanted.map(\.magnitude).max() ?? 0, 1e-3)
        #expect(zip(wanted, got).allSatisfy { abs($0 - $1) <= 2e-4 * scale }, "\(name)")
      }
    }
  }

  @Test func gatesAreFoldedIntoNormalization() throws {
    let model = ToyProblem.model(gated: true)
    let made = try TrainingGraphBuilder.build(
      model, table: GateTable(model), options: TrainingGraphOptions(batch: 4))
    let shape: [Dim] = [.known(4), .known(6), .known(6), .known(6)]
    let products = made.graph.nodes.filter {
      made.graph[$0].op == .mul
        && made.graph[$0].outputs.first.flatMap { $0 }.map { made.graph[$0].type.shape == shape }
          ?? false
    }
    #expect(products.isEmpty)
    #expect(made.gates.count == 2)
  }
}
