import DenseRuntime
import IR
import Testing

/// Tests of what the interpreter does beyond its kernels.
@Suite struct InterpreterTests {
  /// `y = Relu(x · 2 - 3)`, with `x` of shape [N, 2].
  private static func graph() -> Graph {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", .tensor(.float32, [.named("N"), .known(2)]))
    let two = graph.addConstant("two", Tensor(scalar: Float(2)))
    let three = graph.addConstant("three", Tensor(scalar: Float(3)))
    let type = ValueType.tensor(.float32, [.named("N"), .known(2)])
    let doubled = graph.add(.mul, [x, two], result: "d", type)
    let shifted = graph.add(.sub, [doubled, three], result: "s", type)
    graph.addOutput(graph.add(.relu, [shifted], result: "y", type))
    return graph
  }

  @Test func computesAGraphByNames() throws {
    let x = Tensor([Float(1), 2, 3, 4], shape: [2, 2])
    let results = try Interpreter().run(Self.graph(), inputs: ["x": x])
    #expect(results == ["y": Tensor([Float(0), 1, 3, 5], shape: [2, 2])])
  }

  @Test func widensInFloat64() throws {
    let x = Tensor([Float(1), 2, 3, 4], shape: [2, 2])
    let results = try Interpreter(precision: .float64).run(Self.graph(), inputs: ["x": x])
    #expect(results == ["y": Tensor([0.0, 1, 3, 5], shape: [2, 2])])
  }

  @Test func tracesEveryValue() throws {
    let graph = Self.graph()
    let x = try #require(graph.value(named: "x"))
    let d = try #require(graph.value(named: "d"))
    let values = try Interpreter().trace(graph, inputs: [x: Tensor([Float(1), 2], shape: [1, 2])])
    #expect(values.count == 6)
    #expect(values[d] == Tensor([Float(2), 4], shape: [1, 2]))
  }

  @Test(arguments: [
    (Tensor([Float(1), 2, 3], shape: [1, 3]), "input has shape [1, 3], expected [N=1, 2]"),
    (Tensor([1.0, 2], shape: [1, 2]), "input is of type f64, expected f32"),
  ])
  func rejectsInputs(_ x: Tensor, _ message: String) {
    let error = #expect(throws: Diagnostic.self) {
      try Interpreter().run(Self.graph(), inputs: ["x": x])
    }
    #expect(error?.message == message)
    #expect(error?.kind == .invalid)
  }

  /// Elements below a byte are moved like others; what is filled in is zero.
  @Test(
    arguments: [
      (Operator.transpose, [2, 3], [], [3, 2], [1, 4, 2, 5, 3, 6]),
      (.slice, [5], [[1], [3]], [2], [2, 3]),
      (.pad, [3], [[1, 2]], [6], [0, 1, 2, 3, 0, 0]),
    ] as [(Operator, [Int], [[Int64]], [Int], [UInt8])])
  func movesPackedElements(
    _ op: Operator, _ shape: [Int], _ numbers: [[Int64]], _ result: [Int], _ expected: [UInt8]
  ) throws {
    let codes = (1...UInt8(shape.reduce(1, *))).map { $0 }
    let operands = [Tensor(codes: codes, type: .int4, shape: shape)] + numbers.map { Tensor($0) }
    var graph = Graph(name: "g")
    let inputs = operands.indices.map { graph.addInput("x\($0)", .unknown) }
    let node = graph.addNode(op, inputs, name: "n", results: [("y", .unknown)])
    let found = try Interpreter().evaluate(graph[node], operands)
    #expect(found == [Tensor(codes: expected, type: .int4, shape: result)])
  }

  @Test func namesWhatItCannotCompute() throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", .tensor(.float32, [.known(2)]))
    let node = graph.addNode(
      .opaque, [x], name: "n", opaqueType: "Fancy", results: [("y", .unknown)])
    graph.annotate(node, domain: "example", overload: "", residue: Residue())
    let error = #expect(throws: Diagnostic.self) {
      try Interpreter().evaluate(graph[node], [Tensor([Float(1), 2])])
    }
    #expect(
      error?.description
        == "node 'n' (Fancy): error: operator 'Fancy' of domain 'example' has no kernel")
    #expect(error?.kind == .unsupported)
  }

  @Test func refusesResultsBeyondTheLimit() throws {
    var graph = Graph(name: "g")
    let shape = graph.addInput("shape", .tensor(.int64, [.known(3)]))
    let value = graph.add(.constantOfShape, [shape], result: "y", .unknown)
    graph.addOutput(value)
    for extents in [
      [1 << 20, 1 << 20, 1], [1 << 40, 1 << 40, 1], [0, 1 << 40, 1 << 40], [-1, 1, 1],
    ] {
      let error = #expect(throws: Diagnostic.self) {
        try Interpreter().run(graph, inputs: ["shape": Tensor(extents.map { Int64($0) })])
      }
      #expect(error?.kind == .unsupported)
    }
  }
}
