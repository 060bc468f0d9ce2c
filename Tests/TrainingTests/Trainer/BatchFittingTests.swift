import DenseRuntime
import IR
import Testing
import Training

/// Models that were exported for one batch size train with another.
@Suite struct BatchFittingTests {
  /// Writes small models for one sample.
  private struct Sketch {
    var graph = Graph(name: "fixed")
    private var random = RandomSource(seed: 5)

    mutating func weight(_ name: String, _ shape: [Int]) -> ValueID {
      let values = (0..<shape.reduce(1, *)).map { _ in Float(random.uniform() - 0.5) }
      return graph.addConstant(name, Tensor(values, shape: shape))
    }

    mutating func ints(_ name: String, _ values: [Int64]) -> ValueID {
      graph.addConstant(name, Tensor(values))
    }

    mutating func add(
      _ op: Operator, _ operands: [ValueID?], _ name: String, _ attributes: Attributes = [:]
    ) -> ValueID {
      graph.add(op, operands, attributes: attributes, result: name, .unknown)
    }
  }

  /// A transformer block of 3 positions and a class token, of 6 numbers each, in two heads.
  private func transformer() -> Model {
    var s = Sketch()
    let x = s.graph.addInput("x", .tensor(.float32, [.known(1), .known(3), .known(6)]))
    let token = s.weight("token", [1, 1, 6])
    let joined = s.add(.concat, [token, x], "joined", ["axis": .int(1)])
    let placed = s.add(.add, [joined, s.weight("places", [1, 4, 6])], "placed")
    let all = s.add(.matMul, [placed, s.weight("qkv", [6, 18])], "all")
    let parts = s.add(.reshape, [all, s.ints("s1", [1, 4, 3, 2, 3])], "parts")
    let turned = s.add(.transpose, [parts], "turned", ["perm": .ints([2, 0, 3, 1, 4])])
    let heads = (0..<3).map { number in
      s.add(
        .gather, [turned, s.graph.addConstant("i\(number)", Tensor(scalar: Int64(number)))],
        "head\(number)", ["axis": .int(0)])
    }
    let keys = s.add(.transpose, [heads[1]], "keys", ["perm": .ints([0, 1, 3, 2])])
    let weights = s.add(.softmax, [s.add(.matMul, [heads[0], keys], "scores")], "weights")
    let mixed = s.add(.matMul, [weights, heads[2]], "mixed")
    let back = s.add(.transpose, [mixed], "back", ["perm": .ints([2, 0, 1, 3])])
    let rows = s.add(.reshape, [back, s.ints("s2", [4, 6])], "rows")
    let product = s.add(
      .gemm, [rows, s.weight("o", [6, 6]), s.weight("ob", [6])], "product")
    let cube = s.add(.reshape, [product, s.ints("s3", [4, 1, 6])], "cube")
    let first = s.add(.transpose, [cube], "first", ["perm": .ints([1, 0, 2])])
    let sum = s.add(.add, [first, placed], "sum")
    let even = s.add(
      .layerNormalization, [sum, s.weight("g", [6]), s.weight("b", [6])], "even")
    let mean = s.add(
      .reduceMean, [even, s.ints("axes", [1])], "mean", ["keepdims": .int(0)])
    s.graph.addOutput(s.add(.matMul, [mean, s.weight("head", [6, 2])], "y"))
    return Model(graph: s.graph)
  }

  /// A recurrent network whose first state is a constant, behind windows of an image that was
  /// enlarged, padded and cut.
  private func recurrent() -> Model {
    var s = Sketch()
    let x = s.graph.addInput(
      "x", .tensor(.float32, [.known(1), .known(2), .known(2), .known(2)]))
    let small = s.add(.conv, [x, s.weight("k", [2, 2, 1, 1])], "small")
    let kept = s.graph.addConstant("kept", Tensor([Float(1), 1]))
    let doubled = s.graph.addConstant("doubled", Tensor([Float(2), 2]))
    let scales = s.add(.concat, [kept, doubled], "scales", ["axis": .int(0)])
    let large = s.add(.resize, [small, nil, scales], "large", ["mode": .string("linear")])
    let padded = s.add(.pad, [large, s.ints("pads", [0, 0, 1, 2, 0, 0, 0, 1])], "padded")
    let seen = s.add(
      .slice,
      [padded, s.ints("from", [0, 0, 1]), s.ints("to", [99, 4, 5]), s.ints("of", [0, 2, 3])],
      "seen")
    let windows = s.add(.reshape, [seen, s.ints("s1", [1, 2, 2, 2, 2, 2])], "windows")
    let order = s.add(.transpose, [windows], "order", ["perm": .ints([0, 2, 4, 1, 3, 5])])
    let tiles = s.add(.reshape, [order, s.ints("s2", [4, 8])], "tiles")
    let shifted = s.add(.add, [tiles, s.weight("t", [8])], "shifted")
    let rows = s.add(.reshape, [shifted, s.ints("s3", [1, 4, 8])], "rows")
    let steps = s.add(.transpose, [rows], "steps", ["perm": .ints([1, 0, 2])])
    let state = s.weight("h", [1, 1, 2])
    let net = s.graph.addNode(
      .gru, [steps, s.weight("w", [1, 6, 8]), s.weight("r", [1, 6, 2]), nil, nil, state],
      attributes: ["hidden_size": .int(2)], name: "gru", results: [nil, ("last", .unknown)])
    let axes = s.ints("axes", [0])
    s.graph.addOutput(s.add(.squeeze, [s.graph[net].outputs[1], axes], "y"))
    return Model(graph: s.graph)
  }

  @Test func samplesStayApart() throws {
    for model in [transformer(), recurrent()] {
      let made = try TrainingGraphBuilder.build(
        model, table: nil, options: TrainingGraphOptions(loss: .squaredError, batch: 3))
      let sample = try #require(model.graph[model.graph.inputs[0]].type.shape?.known)
      let count = sample.reduce(1, *)
      var random = RandomSource(seed: 2)
      let values = (0..<(3 * count)).map { _ in Float(random.uniform() - 0.5) }
      let targets = Tensor(
        [Float](repeating: 0, count: 6), shape: [3, 2])
      let found = try Interpreter().run(
        made.graph,
        inputs: [
          "x": Tensor(values, shape: [3] + sample.dropFirst()),
          made.graph[try #require(made.targets)].name: targets,
        ])
      let together = try #require(found[made.graph[made.prediction].name]?.floats)
      for index in 0..<3 {
        let one = Tensor(Array(values[(index * count)..<((index + 1) * count)]), shape: sample)
        let alone = try #require(
          try Interpreter().run(model.graph, inputs: ["x": one])["y"]?.floats)
        for (a, b) in zip(together[(2 * index)...], alone) { #expect(abs(a - b) < 1e-5) }
      }
    }
  }

  /// What mixes the samples of a value, some of it although the extents fit.
  enum Mixing: String, CaseIterable {
    case softmax, orders, slice, pad, resize

    /// The operator that is refused.
    var type: String {
      switch self {
      case .softmax: "Softmax"
      case .orders: "Add"
      case .slice: "Slice"
      case .pad: "Pad"
      case .resize: "Resize"
      }
    }
  }

  @Test(arguments: Mixing.allCases) func samplesThatMixAreRefused(_ mixing: Mixing) throws {
    var s = Sketch()
    let x = s.graph.addInput("x", .tensor(.float32, [.known(1), .known(2), .known(3)]))
    let rows = s.add(.reshape, [x, s.ints("s1", [2, 3])], "rows")
    let mixed =
      switch mixing {
      case .softmax: s.add(.softmax, [x], "mixed", ["axis": .int(0)])
      case .orders:
        s.add(
          .add,
          [
            rows,
            s.add(
              .reshape,
              [
                s.add(.transpose, [x], "turned", ["perm": .ints([1, 0, 2])]),
                s.ints("s2", [2, 3]),
              ], "others"),
          ], "mixed")
      case .slice:
        s.add(
          .slice,
          [rows, s.ints("from", [-1]), s.ints("to", [-9]), s.ints("of", [0]), s.ints("by", [-1])],
          "mixed")
      case .pad: s.add(.pad, [rows, s.ints("pads", [1, 0, -1, 0])], "mixed")
      case .resize:
        s.add(
          .resize, [rows, nil, s.graph.addConstant("scales", Tensor([Float(2), 1]))], "mixed",
          ["mode": .string("linear")])
      }
    let product = s.add(.matMul, [mixed, s.weight("w", [3, 2])], "product")
    s.graph.addOutput(s.add(.reshape, [product, s.ints("s3", [1, -1])], "y"))
    let model = Model(graph: s.graph)
    #expect {
      _ = try TrainingGraphBuilder.build(
        model, table: nil, options: TrainingGraphOptions(loss: .squaredError, batch: 4))
    } throws: { error in
      guard let diagnostic = error as? Diagnostic else { return false }
      return diagnostic.kind == .unsupported && diagnostic.site.op == mixing.type
        && diagnostic.message.contains("batch of 1")
    }
  }
}
