import DenseRuntime
import Frontend
import IR
import Testing

/// Model-local functions: their bodies are read in place of calls, and written as calls again.
@Suite struct FunctionTests {
  /// A function of domain `local`.
  private static func function(
    _ name: String, _ inputs: [String], _ outputs: [String], _ fields: [UInt8], opset: Int = 17
  ) -> [UInt8] {
    Wire.bytes(
      25,
      Wire.text(1, name) + inputs.flatMap { Wire.text(4, $0) }
        + outputs.flatMap { Wire.text(5, $0) } + fields + Wire.bytes(9, Wire.int(2, opset))
        + Wire.bytes(9, Wire.text(1, "local") + Wire.int(2, 1)) + Wire.text(10, "local"))
  }

  /// A node of a function's body: field 7, where a graph has field 1.
  private static func node(
    _ type: String, _ inputs: [String], _ outputs: [String], _ more: [UInt8] = []
  ) -> [UInt8] {
    var bytes = Wire.node(type, inputs, outputs, more)
    bytes[0] = 7 << 3 | 2
    return bytes
  }

  /// A call's domain.
  private static let local = Wire.text(7, "local")

  /// A model of a graph with input `x` and output `y`.
  private static func model(_ nodes: [UInt8], _ functions: [UInt8]) -> [UInt8] {
    Wire.model(graph: nodes + Wire.value(11, "x") + Wire.value(12, "y"))
      + Wire.bytes(8, Wire.text(1, "local") + Wire.int(2, 1)) + functions
  }

  private static func run(_ bytes: [UInt8]) throws -> [Double]? {
    let graph = try ModelReader().read(bytes: bytes).graph
    try graph.verify()
    return try Interpreter().run(graph, inputs: ["x": Tensor([1, -2] as [Float])])["y"]?.doubles
  }

  static let twice = function(
    "Twice", ["a"], ["b"], node("Add", ["a", "a"], ["t"]) + node("Identity", ["t"], ["b"]))

  @Test func bodiesTakeTheirCallsPlaces() throws {
    let bytes = Self.model(
      Wire.node("Twice", ["x"], ["t"], Self.local) + Wire.node("Twice", ["t"], ["y"], Self.local),
      Self.twice)
    let model = try ModelReader().read(bytes: bytes)
    let graph = model.graph
    #expect(graph.nodes.map { graph[$0].type } == ["Add", "Identity", "Add", "Identity"])
    #expect(graph.values.map { graph[$0].name } == ["x", "t/t", "t", "y/t", "y"])
    #expect(try Self.run(bytes) == [4, -8])
    #expect(graph.intactCalls.map(\.call.type) == ["Twice", "Twice"])
    #expect(WireDump(try ModelWriter().encode(model)).lines == WireDump(bytes).lines)
  }

  @Test func editedBodiesStay() throws {
    let bytes = Self.model(
      Wire.node("Twice", ["x"], ["t"], Self.local) + Wire.node("Twice", ["t"], ["y"], Self.local),
      Self.twice)
    var model = try ModelReader().read(bytes: bytes)
    model.graph.setOperator(model.graph.nodes[0], .mul)
    #expect(model.graph.intactCalls.count == 1)
    let written = try ModelWriter().encode(model)
    #expect(try Self.run(written) == [2, 8])
    #expect(try ModelReader().read(bytes: written).graph.intactCalls.count == 1)
  }

  @Test func valuesWithinThatAreReadFromOutsideKeepTheBody() throws {
    let bytes = Self.model(
      Wire.node("Twice", ["x"], ["t"], Self.local) + Wire.node("Neg", ["t"], ["y"]), Self.twice)
    var model = try ModelReader().read(bytes: bytes)
    let inner = try #require(model.graph.value(named: "t/t"))
    model.graph.setInput(model.graph.nodes[2], 0, inner)
    #expect(model.graph.intactCalls.isEmpty)
    #expect(try Self.run(try ModelWriter().encode(model)) == [-2, 4])
  }

  @Test func attributesComeFromTheCallOrTheFunction() throws {
    let reference =
      Wire.text(1, "alpha") + Wire.int(20, 1) + Wire.text(21, "slope")
    let standard =
      Wire.text(1, "slope") + Wire.varint(2 << 3 | 5) + [0, 0, 0x80, 0x3E] + Wire.int(20, 1)
    let leaky = Self.function(
      "Leaky", ["a"], ["b"],
      Wire.bytes(11, standard)
        + Self.node("LeakyRelu", ["a"], ["b"], Wire.bytes(5, reference)))
    let given = Wire.text(1, "slope") + Wire.varint(2 << 3 | 5) + [0, 0, 0, 0x3F] + Wire.int(20, 1)
    let plain = Wire.node("Leaky", ["x"], ["y"], Self.local)
    #expect(try Self.run(Self.model(plain, leaky)) == [1, -0.5])
    let steep = Wire.node("Leaky", ["x"], ["y"], Self.local + Wire.bytes(5, given))
    #expect(try Self.run(Self.model(steep, leaky)) == [1, -1])
  }

  @Test func operandsAndResultsMayBeLeftOut() throws {
    let clip = Self.function(
      "Bound", ["a", "low", "high"], ["b", "c"],
      Self.node("Clip", ["a", "low", "high"], ["b"]) + Self.node("Neg", ["a"], ["c"]))
    let nodes = Wire.node("Bound", ["x"], ["", "y"], Self.local)
    #expect(try Self.run(Self.model(nodes, clip)) == [-1, 2])
    let first = Wire.node("Bound", ["x", ""], ["y"], Self.local)
    #expect(try Self.run(Self.model(first, clip)) == [1, -2])
  }

  @Test func inputsMayBeHandedOn() throws {
    let same = Self.function("Same", ["a"], ["a"], [])
    #expect(try Self.run(Self.model(Wire.node("Same", ["x"], ["y"], Self.local), same)) == [1, -2])
  }

  @Test func functionsOfAnotherOperatorSetAreRaised() throws {
    let axes = Wire.text(1, "axes") + Wire.int(8, 0) + Wire.int(20, 7)
    let old = Self.function(
      "Grow", ["a"], ["b"],
      Self.node("Unsqueeze", ["a"], ["b"], Wire.bytes(5, axes)), opset: 11)
    let bytes = Self.model(
      Wire.node("Grow", ["x"], ["t"], Self.local) + Wire.node("Neg", ["t"], ["y"]), old)
    var model = try ModelReader().read(bytes: bytes)
    #expect(model.graph.nodes.map { model.graph[$0].type } == ["Unsqueeze", "Neg"])
    #expect(WireDump(try ModelWriter().encode(model)).lines == WireDump(bytes).lines)
    model.graph.annotate(model.graph.nodes[0], domain: "", overload: "", residue: Residue())
    #expect(try Self.run(try ModelWriter().encode(model)) == [-1, 2])
  }

  @Test func nodesOfAnotherOperatorSetWithoutAKnownFormKeepTheCall() throws {
    let strange = Self.function(
      "Odd", ["a"], ["b"], Self.node("Unheard", ["a"], ["b"]), opset: 11)
    let bytes = Self.model(
      Wire.node("Odd", ["x"], ["t"], Self.local) + Wire.node("Neg", ["t"], ["y"]), strange)
    let model = try ModelReader().read(bytes: bytes)
    #expect(model.graph.nodes.map { model.graph[$0].type } == ["Odd", "Neg"])
    #expect(WireDump(try ModelWriter().encode(model)).lines == WireDump(bytes).lines)
  }

  @Test func refusesEndlessFunctions() throws {
    let call = Wire.node("F0", ["x"], ["y"], Self.local)
    func chain(_ length: Int, calls: Int, last: String) -> [UInt8] {
      (0..<length).flatMap { level in
        Self.function(
          "F\(level)", ["a"], ["b0"],
          (0..<calls).flatMap { number in
            Self.node(
              level + 1 == length ? last : "F\(level + 1)", ["a"], ["b\(number)"],
              level + 1 == length && last != "F0" ? [] : Self.local)
          })
      }
    }
    let samples = [
      (chain(3, calls: 1, last: "F0"), "function 'F0' calls itself"),
      (chain(101, calls: 1, last: "Neg"), "functions call functions deeper than 100"),
      (chain(30, calls: 2, last: "Neg"), "functions expand to more than 1048576 nodes"),
      (Self.twice + Self.twice, "function 'Twice' of domain 'local' is defined twice"),
    ]
    for (functions, message) in samples {
      let error = #expect(throws: Diagnostic.self) {
        try ModelReader().read(bytes: Self.model(call, functions))
      }
      #expect(error?.message == message)
    }
    #expect(try Self.run(Self.model(call, chain(100, calls: 1, last: "Neg"))) == [-1, 2])
  }
}
