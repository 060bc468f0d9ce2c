import IR
import Testing
import Training

@Suite struct GradientTests {
  @Test(arguments: GradientCase.all)
  func agreesWithCentralDifferences(_ test: GradientCase) throws {
    let worst = try #require(try test.worstDifference(), "a variable has no gradient")
    #expect(worst < 1e-6)
  }

  @Test func everyRuleHasACase() {
    let tested = Set(GradientCase.all.map(\.op))
    let differentiable = Operator.allCases.filter(Backward.isDifferentiable)
    #expect(differentiable.filter { !tested.contains($0) } == [])
  }

  @Test func unknownOperatorIsNamed() throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", .tensor(.float32, []))
    let node = graph.addNode(
      .opaque, [x], name: "odd", opaqueType: "Odd", results: [("y", .tensor(.float32, []))])
    let y = try #require(graph[node].outputs[0])
    #expect {
      _ = try Backward.append(to: &graph, loss: y, wrt: [x])
    } throws: { error in
      guard let diagnostic = error as? Diagnostic else { return false }
      return diagnostic.kind == .unsupported && diagnostic.site.nodes == ["odd"]
        && diagnostic.message.contains("Odd")
    }
  }

  @Test func lossThatDoesNotDependHasNoGradient() throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", .tensor(.float32, []))
    let z = graph.addInput("z", .tensor(.float32, []))
    let y = graph.add(.exp, [x], result: "y", .tensor(.float32, []))
    let gradients = try Backward.append(to: &graph, loss: y, wrt: [z, x])
    #expect(gradients[0] == nil)
    #expect(gradients[1] != nil)
  }
}
