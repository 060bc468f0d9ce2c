import DenseRuntime
import Frontend
import IR
import TestSupport
import Testing

/// A node raised from one operator set and lowered to another computes the same, or is refused.
@Suite struct OpsetTests {
  private static let sources = Corpus.names.filter { $0.hasPrefix("opset-") }
  private static let targets = [7, 8, 9, 10, 11, 12, 13, 14, 15, 18, 19, 23, 28]

  /// What some operator sets cannot say: a part of the message, and which those are.
  private static let limits: [(message: String, opsets: Range<Int>)] = [
    ("no operator Expand", 7..<8), ("no operator ConstantOfShape", 7..<9),
    ("no operator HardSwish", 7..<14), ("no steps in Slice", 7..<10),
    ("no attribute 'training_mode'", 7..<14), ("no attribute 'ceil_mode'", 7..<10),
    ("no attribute 'dilations'", 7..<19), ("no attribute 'allowzero'", 7..<14),
    ("no attribute 'start'", 7..<15), ("no attribute 'end'", 7..<15),
    ("no attribute 'axes'", 7..<18), ("cannot express this Resize", 7..<11),
    ("what the mask of Dropout holds", 7..<12), ("leaves open where ConvTranspose pads", 7..<11),
    ("over an axis that is not the last", 7..<13), ("over several axes", 13..<29),
    ("no indices of MaxPool", 7..<8),
  ]

  /// A model with only what one output of `graph` needs.
  private static func extract(_ output: ValueID, of graph: Graph) -> Model {
    var needed: Set<ValueID> = [output]
    var nodes: [NodeID] = []
    for id in graph.nodes.reversed() {
      let results = graph[id].outputs.compactMap { $0 }
      guard results.contains(where: needed.contains) else { continue }
      nodes.insert(id, at: 0)
      needed.formUnion(graph[id].inputs.compactMap { $0 })
    }
    var result = Graph(name: "extract")
    var copies: [ValueID: ValueID] = [:]
    for value in graph.values where needed.contains(value) {
      let content = graph[value]
      if let constant = content.constant {
        copies[value] = result.addConstant(content.name, constant)
      } else if content.producer == nil {
        copies[value] = result.addInput(content.name, content.type)
      }
    }
    for id in nodes {
      let node = graph[id]
      let copy = result.addNode(
        node.op, node.inputs.map { input in input.flatMap { copies[$0] } },
        attributes: node.attributes, name: node.name, opaqueType: node.opaqueType,
        results: node.outputs.map { output in output.map { (graph[$0].name, graph[$0].type) } })
      for (old, new) in zip(node.outputs, result[copy].outputs) {
        if let old { copies[old] = new }
      }
    }
    if let copy = copies[output] { result.addOutput(copy) }
    return Model(graph: result)
  }

  @Test(arguments: sources) func convertsExactlyOrRefuses(_ name: String) throws {
    let graph = try ModelReader().read(Corpus.path(name)).graph
    let tensors = try ModelReader().read(Corpus.expected(name)).graph
    let own = try #require(Int(name.dropFirst(6)))
    let input = try #require(tensors.tensor(of: tensors.value(named: "in.x")))
    for output in graph.outputs {
      let key = graph[output].name
      let expected = try #require(tensors.tensor(of: tensors.value(named: "out." + key)))
      var model = OpsetTests.extract(output, of: graph)
      for target in OpsetTests.targets {
        model.opsetImports = [Model.OpsetImport(domain: "", version: target)]
        let bytes: [UInt8]
        do throws(Diagnostic) {
          bytes = try ModelWriter().encode(model)
        } catch {
          let limit = OpsetTests.limits.first { error.message.contains($0.message) }
          #expect(error.kind == .unsupported && target != own, "\(target) \(key): \(error)")
          #expect(limit.map { $0.opsets.contains(target) } ?? false, "\(target) \(key): \(error)")
          continue
        }
        let again = try ModelReader().read(bytes: bytes).graph
        #expect(Corpus.opaqueTypes(again) == [], "\(target) \(key)")
        let inputs = again.inputs.isEmpty ? [:] : ["x": input]
        let found = try Interpreter().run(again, inputs: inputs)
        let difference = NumericDifference(try #require(found[key]), expected)
        #expect(difference.isWithin(1e-5), "\(target) \(key): \(difference)")
      }
    }
  }

  /// Old forms without a counterpart in opset 28 stay as they are.
  @Test func leavesFormsOpaqueThatHaveNoCounterpart() throws {
    let attribute = Wire.attribute("spatial", 0)
    let names = ["x", "s", "b", "m", "v"]
    let graph =
      names.flatMap { Wire.value(11, $0) }
      + Wire.node("BatchNormalization", names, ["y"], attribute)
      + Wire.node("Gelu", ["y"], ["z"])
    let bytes = Wire.int(1, 3) + Wire.bytes(7, graph) + Wire.bytes(8, Wire.int(2, 7))
    let model = try ModelReader().read(bytes: bytes)
    #expect(Corpus.opaqueTypes(model.graph) == ["BatchNormalization", "Gelu"])
    let node = model.graph[try #require(model.graph.nodes.first)]
    #expect(node.attributes.int("spatial") == 0)
    #expect(WireDump(try ModelWriter().encode(model)).lines == WireDump(bytes).lines)
  }

  /// In operator set 6 operands spread where attributes say so, with extents of 1 too.
  @Test(arguments: [[2, 1], [1, 3], [3]]) func readsOldBroadcasts(_ shape: [Int]) throws {
    let graph =
      Wire.value(11, "x", [2, 3]) + Wire.value(11, "y", shape) + Wire.value(12, "z", [2, 3])
      + Wire.node(
        "Sub", ["x", "y"], ["z"],
        Wire.attribute("axis", 2 - shape.count) + Wire.attribute("broadcast", 1))
    let bytes = Wire.int(1, 3) + Wire.bytes(7, graph) + Wire.bytes(8, Wire.int(2, 6))
    let model = try ModelReader().read(bytes: bytes)
    let again = try ModelReader().read(bytes: ModelWriter().encode(model))
    let count = shape.reduce(1, *)
    let inputs = [
      "x": Tensor((0..<6).map { Float($0) }, shape: [2, 3]),
      "y": Tensor((0..<count).map { Float(10 * $0) }, shape: shape),
    ]
    let expected: [Float] = count == 2 ? [0, 1, 2, -7, -6, -5] : [0, -9, -18, 3, -6, -15]
    for model in [model, again] {
      #expect(Corpus.opaqueTypes(model.graph) == [])
      let found = try Interpreter().run(model.graph, inputs: inputs)
      #expect(found == ["z": Tensor(expected, shape: [2, 3])])
    }
  }

  @Test(arguments: [0, 29]) func knowsNoOperatorOfUnknownOpsets(_ opset: Int) throws {
    let graph = Wire.value(11, "x") + Wire.node("Relu", ["x"], ["y"])
    let bytes = Wire.int(1, 8) + Wire.bytes(7, graph) + Wire.bytes(8, Wire.int(2, opset))
    let model = try ModelReader().read(bytes: bytes)
    #expect(Corpus.opaqueTypes(model.graph) == ["Relu"])
    var edited = model
    let value = try #require(edited.graph.value(named: "y"))
    edited.graph.add(.relu, [value], result: "z", .unknown)
    let error = try #require(diagnostic { _ = try ModelWriter().encode(edited) })
    #expect(error.kind == .unsupported)
  }

  @Test func declaresNewInitializersBelowVersion4() throws {
    var model = try ModelReader().read(Corpus.path("declared-initializers-ir3"))
    let output = try #require(model.graph.outputs.first)
    let constant = model.graph.addConstant("new", Tensor(scalar: Float(2)))
    model.graph.add(.mul, [output, constant], result: "scaled", .unknown)
    let again = try ModelReader().read(bytes: ModelWriter().encode(model)).graph
    #expect(again.inputs.map { again[$0].name } == ["x", "w", "b", "new"])
    #expect(again.tensor(of: again.value(named: "new")) == Tensor(scalar: Float(2)))
  }

  @Test func readsSoftmaxOverSeveralAxes() throws {
    let graph = try ModelReader().read(Corpus.path("opset-11")).graph
    let nodes = graph.nodes.map { graph[$0] }.filter { $0.op == .softmax || $0.op == .logSoftmax }
    #expect(nodes.contains { $0.attributes.int("pcc_flatten") == 1 })
    #expect(nodes.contains { $0.attributes.int("pcc_flatten") == nil })
  }
}
