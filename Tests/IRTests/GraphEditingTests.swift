import IR
import Testing

@Suite struct GraphEditingTests {
  /// x -> a = Relu -> y = Neg, and a constant that both an Add and a branch read.
  private func graph() throws -> Graph {
    try GraphParser.model(
      """
      graph @g(%c: bool[], %x: f32[2]) -> (%y: f32[2], %z: f32[2]) {
        %k: f32[2] = const dense[1.0, 2.0]
        %a: f32[2] = Relu(%x)
        %y: f32[2] = Add(%a, %k)
        %z: f32[2] = If(%c) {else_branch: graph @e() captures(%k: f32[2]) -> (%b: f32[2]) {
          %b: f32[2] = Neg(%k)
        }, then_branch: graph @t() captures(%a: f32[2]) -> (%d: f32[2]) {
          %d: f32[2] = Abs(%a)
        }}
      }
      """
    ).graph
  }

  @Test func capturesAreUses() throws {
    let graph = try graph()
    let k = try #require(graph.value(named: "k"))
    #expect(graph.uses(of: k).count == 2)
    #expect(graph.consumers(of: k).count == 2)
  }

  @Test func replacingUsesReachesSubgraphs() throws {
    var graph = try graph()
    let a = try #require(graph.value(named: "a"))
    let x = try #require(graph.value(named: "x"))
    graph.replaceUses(of: a, with: x)
    try graph.verify()
    #expect(graph.uses(of: a).isEmpty)
    #expect(graph.uses(of: x).count == 3)
    let relu = try #require(graph[a].producer)
    graph.erase(relu)
    try graph.verify()
    #expect(graph.value(named: "a") == nil)
  }

  @Test func replacingAnOutputKeepsItsName() throws {
    var graph = try graph()
    let y = try #require(graph.value(named: "y"))
    let a = try #require(graph.value(named: "a"))
    let isReplaced = graph.replace(y, with: a)
    #expect(isReplaced)
    try graph.verify()
    #expect(graph.outputs.map { graph[$0].name } == ["y", "z"])
    #expect(graph[a].name == "y")
    let z = try #require(graph.value(named: "z"))
    let x = try #require(graph.value(named: "x"))
    let byInput = graph.replace(z, with: x)
    let byOutput = graph.replace(z, with: a)
    #expect(!byInput && !byOutput)
  }

  @Test func insertionKeepsOrder() throws {
    var graph = try graph()
    let x = try #require(graph.value(named: "x"))
    let a = try #require(graph.value(named: "a"))
    let relu = try #require(graph[a].producer)
    let neg = graph.add(
      .neg, [x], result: graph.freshName("a"), .tensor(.float32, [.known(2)]), at: .before(relu))
    graph.setInput(relu, 0, neg)
    try graph.verify()
    #expect(graph[neg].name == "a.2")
    let late = graph.add(
      .neg, [a], result: "late", .tensor(.float32, [.known(2)]), at: .atEnd)
    graph.setInput(relu, 0, late)
    #expect(throws: Diagnostic.self) { try graph.verify() }
  }

  @Test func freshNamesAvoidSubgraphs() throws {
    let graph = try graph()
    #expect(graph.freshName("d") == "d.2")
    #expect(graph.freshName("new") == "new")
  }

  @Test func editingSubgraphsUpdatesUses() throws {
    var graph = try graph()
    let k = try #require(graph.value(named: "k"))
    let branch = try #require(graph.nodes.last)
    graph.setAttribute(branch, "else_branch", graph[branch].attributes["then_branch"])
    try graph.verify()
    #expect(graph.uses(of: k).count == 1)
  }
}
