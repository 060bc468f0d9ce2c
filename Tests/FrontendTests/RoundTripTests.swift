import DenseRuntime
import Foundation
import Frontend
import IR
import TestSupport
import Testing

/// Reading and writing a model without passes keeps everything.
@Suite struct RoundTripTests {
  /// Attributes that may be spelled in another way: Softmax's axis and BatchNormalization's form
  /// before opsets 13 and 9.
  private static func ignoredAttributes(_ name: String) -> Set<String> {
    let old = (7...12).map { "opset-\($0)" }
    return old.contains(name) ? ["axis", "spatial"] : []
  }

  @Test(arguments: Corpus.names) func keepsEveryField(_ name: String) throws {
    let folder = try TemporaryFolder()
    let model = try ModelReader().read(Corpus.path(name))
    try model.graph.verify()
    try ModelWriter().write(model, to: folder.file("out.onnx"), overwrite: .ownFiles)
    let written = try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder.file("out.onnx"))))
    let ignored = RoundTripTests.ignoredAttributes(name)
    let before = WireDump(try Corpus.bytes(name), ignoring: ignored)
    let after = WireDump(written, ignoring: ignored)
    #expect(before.lines == after.lines)
  }

  @Test(arguments: Corpus.names) func writesTheSameBytesAgain(_ name: String) throws {
    let folder = try TemporaryFolder()
    for file in ["1.onnx", "2.onnx"] {
      let source = file == "1.onnx" ? Corpus.path(name) : folder.file("1.onnx")
      try ModelWriter().write(
        try ModelReader().read(source), to: folder.file(file), overwrite: .ownFiles)
    }
    let first = try Data(contentsOf: URL(fileURLWithPath: folder.file("1.onnx")))
    let second = try Data(contentsOf: URL(fileURLWithPath: folder.file("2.onnx")))
    let model = try ModelReader().read(Corpus.path(name))
    let isExternal = model.graph.constants.contains {
      if case .external? = model.graph[$0].constant?.encoding { true } else { false }
    }
    if isExternal {
      #expect(first.count == second.count)
    } else {
      #expect(first == second)
    }
  }

  @Test(arguments: Corpus.expectedNames) func computesWhatOnnxruntimeComputes(_ name: String) throws
  {
    let model = try ModelReader().read(Corpus.path(name))
    let tensors = try ModelReader().read(Corpus.expected(name)).graph
    var inputs: [String: Tensor] = [:]
    var outputs: [String: Tensor] = [:]
    for constant in tensors.constants {
      let key = tensors[constant].name
      let tensor = try #require(tensors.tensor(of: constant))
      if key.hasPrefix("in.") { inputs[String(key.dropFirst(3))] = tensor }
      if key.hasPrefix("out.") { outputs[String(key.dropFirst(4))] = tensor }
    }
    #expect(!outputs.isEmpty)
    let opaque = Corpus.opaqueTypes(model.graph)
    try #require(opaque.isEmpty)
    let found = try Interpreter().run(model.graph, inputs: inputs)
    for (key, expected) in outputs {
      let difference = NumericDifference(try #require(found[key]), expected)
      #expect(difference.isWithin(1e-5), "\(key): \(difference)")
    }
  }

  /// Every version of the file format is read and written as what it is, with what is dynamic,
  /// overridable, or of another domain.
  @Test(arguments: 3...14) func keepsEveryVersion(_ version: Int) throws {
    let model = try ModelReader().read(Corpus.path("ir-\(version)"))
    let again = try ModelReader().read(bytes: ModelWriter().encode(model))
    for read in [model, again] {
      #expect(read.irVersion == version)
      #expect(read.producerName == "exporter" && read.producerVersion == "1.2.3")
      #expect(read.domain == "org.example" && read.modelVersion == 7)
      #expect(read[metadata: "classes"] == "a,b,c")
      #expect(read.opsetImports.contains { $0.domain == "org.example.unused" && $0.version == 3 })
      let graph = read.graph
      let input = try #require(graph.value(named: "in"))
      #expect(graph[input].type == .tensor(.float32, [.named("batch"), .known(4)]))
      let scale = graph.value(named: "scale").flatMap { graph[$0].constant }
      #expect(scale?.isOverridable == (version >= 4 ? true : nil))
      #expect(graph.intactCalls.count == (version >= 8 ? 1 : 0))
    }
    #expect(again.opset == model.opset)
    #expect(GraphPrinter().print(again) == GraphPrinter().print(model))
  }

  @Test func keepsConstantNodesApartFromInitializers() throws {
    let model = try ModelReader().read(Corpus.path("constant-weights"))
    let graph = model.graph
    #expect(graph.nodes.map { graph[$0].type } == ["Conv", "Relu", "Conv"])
    #expect(graph.constants.count == 5)
    for node in graph.nodes where graph[node].op == .conv {
      #expect(graph.tensor(of: graph[node].input(1))?.rank == 4)
    }
  }

  @Test func readsDeclaredInitializers() throws {
    let plain = try ModelReader().read(Corpus.path("declared-initializers-ir3")).graph
    let overridable = try ModelReader().read(Corpus.path("declared-initializers-ir4")).graph
    for (graph, expected) in [(plain, false), (overridable, true)] {
      #expect(graph.inputs.map { graph[$0].name } == ["x", "w", "b"])
      let weight = try #require(graph.value(named: "w"))
      #expect(graph[weight].constant?.isOverridable == expected)
      #expect((graph.tensor(of: weight) == nil) == expected)
    }
  }

  @Test func readsTypedAndRawDataAlike() throws {
    var compared = 0
    for model in ["typed-fields", "typed-fields-ir14"] {
      let graph = try ModelReader().read(Corpus.path(model)).graph
      for constant in graph.constants {
        let name = graph[constant].name
        guard name.hasPrefix("typed.") else { continue }
        let raw = try #require(graph.value(named: "raw." + name.dropFirst(6)))
        #expect(graph[constant].constant?.encoding == .typed)
        #expect(graph[raw].constant?.encoding == .raw)
        #expect(graph.tensor(of: constant) == graph.tensor(of: raw), "\(name)")
        compared += 1
      }
    }
    #expect(compared == ElementType.allCases.count - 1)
  }

  @Test func readsSparseInitializersAsDense() throws {
    let graph = try ModelReader().read(Corpus.path("residue")).graph
    let sparse = graph.tensor(of: graph.value(named: "sparse"))
    #expect(sparse == Tensor([0, 1.5, 0, 0, 0, 0, 0, -2, 0] as [Float], shape: [3, 3]))
  }

  @Test func writesAnEditedSparseInitializerAsDense() throws {
    var model = try ModelReader().read(Corpus.path("residue"))
    let value = try #require(model.graph.value(named: "sparse"))
    model.graph.setConstant(value, Tensor([7] as [Float], shape: [1]))
    let again = try ModelReader().read(bytes: ModelWriter().encode(model)).graph
    #expect(again.tensor(of: again.value(named: "sparse")) == Tensor([7] as [Float], shape: [1]))
  }

  @Test func keepsSubgraphsAndTheirCaptures() throws {
    let graph = try ModelReader().read(Corpus.path("nested-if")).graph
    let outer = try #require(graph.nodes.first { graph[$0].type == "If" })
    let branch = try #require(graph[outer].subgraphs.first { $0.name == "outer.then" })
    #expect(branch.captures.map { branch[$0.inner].name } == ["x", "flag", "doubled", "w"])
    #expect(branch.constants.map { branch[$0].name } == ["half"])
    let doubled = try #require(graph.value(named: "doubled"))
    #expect(graph.consumers(of: doubled) == [outer])
  }

  @Test func namesCapturesAfterRenamedValues() throws {
    var model = try ModelReader().read(Corpus.path("nested-if"))
    let doubled = try #require(model.graph.value(named: "doubled"))
    model.graph.rename(doubled, "twice")
    let again = try ModelReader().read(bytes: ModelWriter().encode(model)).graph
    let outer = try #require(again.nodes.first { again[$0].type == "If" })
    #expect(again[outer].subgraphs.allSatisfy { $0.value(named: "doubled") == nil })
    #expect(again[outer].subgraphs.contains { $0.value(named: "twice") != nil })
  }
}
