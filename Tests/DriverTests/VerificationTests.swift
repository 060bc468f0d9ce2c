import Driver
import IR
import Testing

/// Checks that comparisons find what differs, and only that.
struct VerificationTests {
  /// `y = Relu(x · w) [-> Mystery -> Neg]`, with x of shape [N, 4] and w of shape [4, 4].
  private func graph(
    weight: [Float], mystery: Bool = false, mysteryType: ValueType = .unknown
  ) -> Graph {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", .tensor(.float32, [.named("N"), .known(4)]))
    let w = graph.addConstant("w", Tensor(weight, shape: [4, 4]))
    let product = graph.add(.matMul, [x, w], result: "product", .unknown)
    let relu = graph.add(.relu, [product], result: mystery ? "r" : "y", .unknown)
    if mystery {
      let node = graph.addNode(
        .opaque, [relu], name: "m", opaqueType: "Mystery", results: [("z", mysteryType)])
      graph.addOutput(graph.add(.neg, [graph[node].outputs[0]], result: "y", .unknown))
    } else {
      graph.addOutput(relu)
    }
    return graph
  }

  private let weight: [Float] = (0..<16).map { Float($0 % 5) - 2 }

  private func compare(_ left: Graph, _ right: Graph) throws -> VerificationOutcome {
    try Verification(threads: 1).compare(left, with: right)
  }

  @Test func equalGraphsAgree() throws {
    let outcome = try compare(graph(weight: weight), graph(weight: weight))
    #expect(outcome.ok)
    #expect(outcome.maxAbs == 0)
    #expect(outcome.samples == 4)
    #expect(outcome.cuts == 0)
    #expect(outcome.tolerance == 1e-4)
  }

  @Test func oneWrongWeightIsFound() throws {
    var wrong = weight
    wrong[6] += 0.01
    let outcome = try compare(graph(weight: weight), graph(weight: wrong))
    #expect(!outcome.ok)
    #expect(outcome.maxRel > 1e-4)
    #expect(outcome.worst == "y")
  }

  @Test func roundingIsNoDifference() throws {
    var rounded = weight
    rounded[6] *= 1.000001
    #expect(try compare(graph(weight: weight), graph(weight: rounded)).ok)
  }

  @Test(arguments: [ValueType.unknown, .tensor(.float32, [.named("N"), .known(4)])])
  func opaqueOperatorsAreCut(_ type: ValueType) throws {
    let reference = graph(weight: weight, mystery: true, mysteryType: type)
    let same = try compare(reference, reference)
    #expect(same.ok)
    #expect(same.cuts == 1)
    #expect(same.cutOperators == ["Mystery"])
    #expect(same.uncompared.isEmpty)
    var wrong = weight
    wrong[6] += 0.01
    #expect(!(try compare(reference, graph(weight: wrong, mystery: true)).ok))
  }

  @Test func whatFollowsACutIsCompared() throws {
    let reference = graph(weight: weight, mystery: true)
    var other = reference
    let last = try #require(other.value(named: "y").flatMap { other[$0].producer })
    other.setOperator(last, .abs)
    #expect(!(try compare(reference, other).ok))
  }

  @Test func computedScalesDoNotWidenACut() throws {
    let graph = try GraphParser.model(
      """
      graph @main(%x: f32[1, 2, 4, 4]) -> (%y: f32[1, 2, 8, 8]) {
        %ones: f32[2] = const splat(1.0)
        %twos: f32[2] = const splat(2.0)
        %m: ? = ai.test::Mystery(%x)
        %scales: ? = Concat(%ones, %twos) {axis: 0}
        %r: ? = Resize(%m, _, %scales) {mode: "nearest"}
        %y: f32[1, 2, 8, 8] = Relu(%r)
      }
      """
    ).graph
    let outcome = try compare(graph, graph)
    #expect(outcome.ok)
    #expect(outcome.cutOperators == ["Mystery"])
    #expect(outcome.uncompared.isEmpty)
  }

  @Test func opaqueOperatorsNeedCounterparts() {
    let plain = graph(weight: weight)
    #expect(throws: Diagnostic.self) {
      try compare(plain, graph(weight: weight, mystery: true))
    }
  }

  @Test func otherOutputsAreADifference() throws {
    var other = graph(weight: weight)
    other.rename(other.outputs[0], "z")
    let error = #expect(throws: Diagnostic.self) { try compare(graph(weight: weight), other) }
    #expect(error?.kind == .difference)
  }

  @Test func givenInputsAreUsed() throws {
    var wrong = weight
    wrong[15] += 1
    var verification = Verification(threads: 1)
    verification.inputs = ["x": Tensor([1, 0, 0, 0] as [Float], shape: [1, 4])]
    let outcome = try verification.compare(graph(weight: weight), with: graph(weight: wrong))
    #expect(outcome.ok)
    #expect(outcome.samples == 1)
  }
}
