import IR
import Testing
import Training

/// What has no gradient says so, and names operator and node.
@Suite struct RefusalTests {
  /// One node that gradients do not flow through.
  struct Refusal: Sendable, CustomStringConvertible {
    let op: Operator
    let shapes: [[Int]?]
    var attributes: Attributes = [:]
    var results: [[Int]] = [[1]]
    /// A part of the message.
    let message: String

    var description: String { "\(op): \(message)" }
  }

  static let refusals: [Refusal] = [
    Refusal(op: .opaque, shapes: [[1]], message: "Odd is not known to pcc"),
    Refusal(op: .unique, shapes: [[4]], message: "Unique has results whose extents"),
    Refusal(op: .roiAlign, shapes: [[1, 1, 2, 2], [1, 4]], message: "RoiAlign reads regions"),
    Refusal(op: .quantizeLinear, shapes: [[2], [1]], message: "QuantizeLinear rounds to integers"),
    Refusal(
      op: .scatterElements, shapes: [[2], nil, [2]], attributes: ["reduction": .string("max")],
      results: [[2]], message: "reduction 'max'"),
    Refusal(
      op: .gridSample, shapes: [[1, 1, 2, 2], [1, 1, 1, 2]], attributes: ["mode": .string("cubic")],
      results: [[1, 1, 1, 1]], message: "mode 'cubic'"),
    Refusal(
      op: .lstm, shapes: [[5000, 1, 1], [1, 4, 1], [1, 4, 1]], results: [[5000, 1, 1, 1]],
      message: "5000 steps"),
    Refusal(op: .det, shapes: [[20, 20]], results: [[]], message: "20 rows"),
    Refusal(
      op: .layerNormalization, shapes: [[2, 3], [3]], results: [[2, 3], [2, 1]],
      message: "results other than the first"),
  ]

  @Test(arguments: refusals) func namesOperatorAndNode(_ refusal: Refusal) throws {
    var graph = Graph(name: "g")
    var variables: [ValueID] = []
    var operands: [ValueID] = []
    for (index, shape) in refusal.shapes.enumerated() {
      guard let shape else {
        operands.append(graph.addConstant("c\(index)", Tensor([Int64(0), 1])))
        continue
      }
      let value = graph.addInput("x\(index)", .tensor(.float32, Shape(shape)))
      variables.append(value)
      operands.append(value)
    }
    let node = graph.addNode(
      refusal.op, operands, attributes: refusal.attributes, name: "odd",
      opaqueType: refusal.op == .opaque ? "Odd" : "",
      results: refusal.results.enumerated().map { ("y\($0)", .tensor(.float32, Shape($1))) })
    var loss: ValueID?
    for (index, result) in graph[node].outputs.enumerated() {
      guard let result else { continue }
      let sum = graph.add(
        .reduceSum, [result], attributes: ["keepdims": .int(0)], result: "s\(index)",
        .tensor(.float32, []))
      loss = loss.map { graph.add(.add, [$0, sum], result: "t", .tensor(.float32, [])) } ?? sum
    }
    let scalar = try #require(loss)
    #expect {
      _ = try Backward.append(to: &graph, loss: scalar, wrt: variables)
    } throws: { error in
      guard let diagnostic = error as? Diagnostic else { return false }
      return diagnostic.kind == .unsupported && diagnostic.site.nodes == ["odd"]
        && diagnostic.message.contains(refusal.message)
    }
  }
}
