import DenseRuntime
import IR
import Testing

/// Tests of the memory a session shares with its caller, and of what it refuses.
@Suite struct SessionMemoryTests {
  /// A small network whose weights, scale and bias may change: its parameters come second.
  private static func network() -> (sketch: GraphSketch, parameters: [ValueID]) {
    var sketch = GraphSketch(seed: 3)
    let x = sketch.input([2, 5, 6, 6])
    let w = sketch.constant([17, 5, 3, 3])
    let b = sketch.constant([17])
    let transposed = sketch.constant([17, 4, 2, 2])
    let y = sketch.add(.relu, [sketch.add(.conv, [x, w, b], ["pads": .ints([1, 1, 1, 1])])])
    let statistics = [
      sketch.constant([17]), sketch.constant([17]), sketch.constant([17]),
      sketch.constant([17]) { $0 * $0 + 0.5 },
    ]
    let n = sketch.add(.batchNormalization, [y] + statistics)
    let z = sketch.add(.convTranspose, [n, transposed], ["strides": .ints([2, 2])])
    sketch.output(sketch.add(.globalAveragePool, [z]))
    sketch.output(sketch.add(.neg, [w]))
    return (sketch, [w, b, transposed] + statistics)
  }

  @Test(arguments: [1, 2]) func followsItsParameters(_ threads: Int) throws {
    var (sketch, parameters) = Self.network()
    let session = try Session(
      sketch.graph, parameters: parameters, options: SessionOptions(threads: threads))
    for round in 0..<3 {
      let expected = try Interpreter().run(sketch.graph, inputs: sketch.inputs)
      let found = try session.run(sketch.inputs)
      for (name, tensor) in expected {
        let pairs = zip(try #require(found[name]?.floats), try #require(tensor.floats))
        #expect(pairs.allSatisfy { ($0 - $1).magnitude <= 1e-4 }, "output \(name), round \(round)")
      }
      var changed = sketch.graph
      for value in parameters {
        let tensor = try #require(changed[value].constant?.tensor)
        let values = try #require(tensor.floats).map { $0 * 0.5 + 0.25 }
        changed.setConstant(value, Tensor(values, shape: tensor.shape))
        let written: Void? = session.withParameter(value) { memory in
          for (index, number) in values.enumerated() { memory[index] = number }
        }
        #expect(written != nil)
      }
      sketch.replaceGraph(changed)
    }
  }

  @Test func readsAndWritesItsMemoryInPlace() throws {
    var sketch = GraphSketch(seed: 1)
    let x = sketch.input([2, 3])
    let y = sketch.add(.neg, [x])
    sketch.output(y)
    let session = try Session(sketch.graph)
    for round in 1...3 {
      let filled: Void? = session.withInput(x) { memory in
        for (index, _) in memory.bindMemory(to: Float.self).enumerated() {
          memory.storeBytes(of: Float(index * round), toByteOffset: index * 4, as: Float.self)
        }
      }
      #expect(filled != nil)
      try session.run()
      let results = session.withOutput(y) { Array($0.bindMemory(to: Float.self)) }
      #expect(results == (0..<6).map { -Float($0 * round) })
    }
    #expect(session.withInput(y) { _ in 0 } == nil)
    #expect(session.withParameter(x) { _ in 0 } == nil)
    #expect(session.shape(of: y) == [2, 3])
  }

  @Test func overridesConstantsForOneRun() throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", .tensor(.float32, [.known(2)]))
    let c = graph.addConstant(
      "c", Constant(Tensor([Float(1), 2]), origin: .initializer(overridable: true)))
    graph.declareInput(c)
    graph.addOutput(graph.add(.add, [x, c], result: "y", .unknown))
    let session = try Session(graph)
    let ones = Tensor([Float(1), 1])
    #expect(try session.run(["x": ones]) == ["y": Tensor([Float(2), 3])])
    #expect(try session.run(["x": ones, "c": ones]) == ["y": Tensor([Float(2), 2])])
    #expect(try session.run(["x": ones]) == ["y": Tensor([Float(2), 3])])
  }

  @Test func plansForGivenShapes() throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", .tensor(.float32, [.named("N"), .known(2)]))
    graph.addOutput(graph.add(.relu, [x], result: "y", .unknown))
    let error = #expect(throws: Diagnostic.self) { try Session(graph) }
    #expect(error?.kind == .unsupported)
    let session = try Session(graph, inputShapes: [x: [3, 2]])
    #expect(try session.run(["x": Tensor(zeros: .float32, shape: [3, 2])])["y"]?.shape == [3, 2])
    for (name, tensor) in [
      ("x", Tensor(zeros: .float32, shape: [2, 2])), ("x", Tensor(zeros: .int64, shape: [3, 2])),
      ("z", Tensor(zeros: .float32, shape: [3, 2])),
    ] {
      let error = #expect(throws: Diagnostic.self) { try session.run([name: tensor]) }
      #expect(error?.kind == .invalid)
    }
    let missing = #expect(throws: Diagnostic.self) { try session.run([:]) }
    #expect(missing?.message == "input 'x' is missing")
  }

  @Test func reportsWhatGoesWrongInAStep() throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", .tensor(.float32, [.known(4)]))
    let index = graph.addInput("i", .tensor(.int64, [.known(1)]))
    graph.addOutput(graph.add(.gather, [x, index], name: "pick", result: "y", .unknown))
    let session = try Session(graph)
    let numbers = Tensor([Float(5), 6, 7, 8])
    for _ in 0..<2 {
      let error = #expect(throws: Diagnostic.self) {
        try session.run(["x": numbers, "i": Tensor([Int64(9)])])
      }
      #expect(error?.kind == .invalid)
      #expect(error?.site.nodes == ["pick"])
      let found = try session.run(["x": numbers, "i": Tensor([Int64(2)])])
      #expect(found == ["y": Tensor([Float(7)])])
    }
  }

  @Test(arguments: [[1, 1 << 20, 1 << 20, 1 << 4], [1, 3, 1 << 31, 1 << 31], [1 << 60, 3, 9, 9]])
  func refusesWhatMemoryCannotHold(_ extents: [Int]) throws {
    var sketch = GraphSketch()
    let x = sketch.input([1, 3, 4, 4])
    let shape = sketch.integers([extents[0], 3] + extents[2...])
    let big = sketch.add(.expand, [sketch.add(.globalAveragePool, [x]), shape])
    let y = sketch.conv(big, [5, 3, 3, 3], ["pads": .ints([1, 1, 1, 1])])
    sketch.output(sketch.add(.globalAveragePool, [y]))
    #expect(throws: Diagnostic.self) {
      try Session(sketch.graph, options: SessionOptions(threads: 1, maximumBytes: 1 << 20))
    }
  }

  @Test func refusesUnknownOperators() throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", .tensor(.float32, [.known(4)]))
    let node = graph.addNode(
      .opaque, [x], name: "n", opaqueType: "Fancy",
      results: [("y", .tensor(.float32, [.known(4)]))])
    for case let output? in graph[node].outputs { graph.addOutput(output) }
    let error = #expect(throws: Diagnostic.self) { try Session(graph) }
    #expect(error?.kind == .unsupported)
    #expect(error?.site.op == "Fancy")
  }
}
