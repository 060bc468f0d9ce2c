import DenseRuntime
import IR
import Testing
import Training

@Suite struct GradientTests {
  @Test(arguments: GradientCase.all)
  func agreesWithCentralDifferences(_ test: GradientCase) throws {
    let worst = try #require(try test.worstDifference(), "a variable has no gradient")
    #expect(worst < 1e-6)
  }

  /// Every operator either has a case, or does not vary, or is refused for a reason of its own.
  @Test(arguments: Operator.allCases) func isAccountedFor(_ op: Operator) {
    let isTested = GradientCase.all.contains { $0.op == op }
    if let reason = Backward.refusal(of: op) {
      #expect(!isTested && !Backward.isDifferentiable(op))
      #expect(reason.count > 10 && !reason.contains("no gradient rule"))
    } else {
      #expect(isTested == Backward.isDifferentiable(op))
    }
  }

  /// Far from zero, where terms of a slope overflow or vanish, activations have the gradient of
  /// their asymptotes.
  @Test(arguments: [
    Operator.elu, .selu, .celu, .softplus, .softsign, .gelu, .microsoftGelu, .mish, .swish,
    .quickGelu, .sigmoid, .tanh, .hardSwish,
  ])
  func isFiniteFarOut(_ op: Operator) throws {
    let point = Tensor([Float(-300), -100, 100, 300])
    var graph = Graph(name: "g")
    let x = graph.addInput("x", .tensor(.float32, [.known(4)]))
    let y = graph.add(op, [x], result: "y", .tensor(.float32, [.known(4)]))
    let loss = graph.add(
      .reduceSum, [y], attributes: ["keepdims": .int(0)], result: "loss", .tensor(.float32, []))
    let gradients = try Backward.append(to: &graph, loss: loss, wrt: [x])
    let gradient = try #require(gradients[0])
    let found = try #require(try Interpreter().trace(graph, inputs: [x: point])[gradient]?.floats)
    let steep: Float = op == .selu ? 1.050_701 : 1
    let above = [.softsign, .sigmoid, .tanh].contains(op) ? 0 : steep
    for (a, b) in zip(found, [0, 0, above, above]) { #expect(abs(a - b) < 1e-3) }
  }

  @Test func namesOfCasesDiffer() {
    #expect(Set(GradientCase.all.map(\.name)).count == GradientCase.all.count)
  }

  @Test func bothGradientsOfASquareAreSummed() throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", .tensor(.float32, []))
    let y = graph.add(.mul, [x, x], result: "y", .tensor(.float32, []))
    let gradients = try Backward.append(to: &graph, loss: y, wrt: [x])
    try graph.verify()
    let gradient = try #require(gradients[0])
    let values = try Interpreter().trace(graph, inputs: [x: Tensor(scalar: Float(3))])
    #expect(values[gradient]?.floats == [6])
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
