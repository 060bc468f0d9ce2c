import IR
import Passes
import Training

/// A residual net for the images of `ToyProblem`: a stem, then stages of blocks `y = Relu(x + Conv(Relu(
/// Conv(x))))`, a global mean and a linear layer. Stages after the first begin with a convolution.
struct ResidualToy {
  /// The blocks of each stage.
  var stages: [Int]
  /// Blocks, counted from 0 through all stages, that add next to nothing at first.
  var idle: Set<Int> = []
  /// Blocks whose branch is added to a projection of their input.
  var projected: Set<Int> = []
  var width = 24

  /// How many blocks there are.
  var blocks: Int { stages.reduce(0, +) }

  /// The weights of the first convolution of a block.
  static func weight(_ block: Int) -> String { "block\(block).a.w" }

  func model() -> Model {
    var random = RandomSource(seed: 5)
    var graph = Graph(name: "residual")
    func convolution(
      _ x: ValueID, _ name: String, from count: Int, kernel: Int = 3, spread: Double = 0.35
    ) -> ValueID {
      let values = (0..<(width * count * kernel * kernel)).map { _ in
        Float((random.uniform() * 2 - 1) * spread)
      }
      let weight = graph.addConstant(
        name + ".w", Tensor(values, shape: [width, count, kernel, kernel]))
      return graph.add(
        .conv, [x, weight], attributes: ["pads": .ints(Array(repeating: kernel / 2, count: 4))],
        result: name, .unknown)
    }
    var value = graph.addInput(
      "x", .tensor(.float32, [.named("batch"), .known(1), .known(6), .known(6)]))
    var block = 0
    for (stage, count) in stages.enumerated() {
      let start = convolution(value, "stage\(stage)", from: stage == 0 ? 1 : width)
      value = graph.add(.relu, [start], result: "stage\(stage).r", .unknown)
      for _ in 0..<count {
        let inner = convolution(value, "block\(block).a", from: width)
        let active = graph.add(.relu, [inner], result: "block\(block).r", .unknown)
        let branch = convolution(
          active, "block\(block).b", from: width, spread: idle.contains(block) ? 1e-3 : 0.35)
        let skip =
          projected.contains(block)
          ? convolution(value, "block\(block).skip", from: width, kernel: 1, spread: 1) : value
        let sum = graph.add(.add, [skip, branch], result: "block\(block).s", .unknown)
        value = graph.add(.relu, [sum], result: "block\(block)", .unknown)
        block += 1
      }
    }
    let axes = graph.addConstant("axes", Tensor([Int64(2), 3]))
    value = graph.add(
      .reduceMean, [value, axes], attributes: ["keepdims": .int(0)], result: "mean", .unknown)
    let head = (0..<(3 * width)).map { _ in Float(random.uniform() - 0.5) }
    let bias = graph.addConstant("bias", Tensor([Float](repeating: 0, count: 3)))
    value = graph.add(
      .gemm, [value, graph.addConstant("head", Tensor(head, shape: [3, width])), bias],
      attributes: ["transB": .int(1)], result: "y", .tensor(.float32, [.named("batch"), .known(3)]))
    graph.addOutput(value)
    return Model(graph: graph)
  }
}
