import Frontend
import IR
import Training

/// Small models and data sets for tests of commands.
enum SampleModels {
  /// A residual classifier of 8×8 images with three classes:
  /// Conv, BatchNormalization, Relu; a residual branch of the same; pooling; Gemm.
  static func classifier(seed: UInt64 = 1) -> Model {
    var graph = Graph(name: "classifier")
    var random = RandomSource(seed: seed)
    let x = graph.addInput("x", .tensor(.float32, [.named("N"), .known(1), .known(8), .known(8)]))
    let stem = convolution("stem", x, 1, 6, &graph, &random)
    let first = graph.add(.relu, [stem], result: "stem.relu", .unknown)
    let inner = convolution("inner", first, 6, 5, &graph, &random)
    let middle = graph.add(.relu, [inner], result: "inner.relu", .unknown)
    let outer = convolution("outer", middle, 5, 6, &graph, &random)
    let sum = graph.add(.add, [outer, first], result: "sum", .unknown)
    let last = graph.add(.relu, [sum], result: "sum.relu", .unknown)
    let pooled = graph.add(.globalAveragePool, [last], result: "pooled", .unknown)
    let flat = graph.add(
      .flatten, [pooled], attributes: ["axis": .int(1)], result: "flat", .unknown)
    let w = graph.addConstant("head.w", weights([3, 6], &random))
    let b = graph.addConstant("head.b", weights([3], &random))
    graph.addOutput(
      graph.add(
        .gemm, [flat, w, b], attributes: ["transB": .int(1)], result: "y",
        .tensor(.float32, [.named("N"), .known(3)])))
    return Model(graph: graph, irVersion: 8, opset: 17)
  }

  /// A 3×3 convolution with BatchNormalization; returns the normalised value.
  private static func convolution(
    _ name: String, _ input: ValueID, _ from: Int, _ to: Int, _ graph: inout Graph,
    _ random: inout RandomSource
  ) -> ValueID {
    let w = graph.addConstant("\(name).w", weights([to, from, 3, 3], &random))
    let product = graph.add(
      .conv, [input, w],
      attributes: ["kernel_shape": .ints([3, 3]), "pads": .ints([1, 1, 1, 1])],
      result: "\(name).conv", .unknown)
    let scale = graph.addConstant(
      "\(name).scale", Tensor((0..<to).map { _ in Float(0.5 + random.uniform()) }))
    let rest = ["bias", "mean"].map { graph.addConstant("\(name).\($0)", weights([to], &random)) }
    let variance = graph.addConstant(
      "\(name).variance", Tensor((0..<to).map { _ in Float(0.5 + random.uniform()) }))
    return graph.add(
      .batchNormalization, [product, scale, rest[0], rest[1], variance], result: "\(name).bn",
      .unknown)
  }

  private static func weights(_ shape: [Int], _ random: inout RandomSource) -> Tensor {
    let count = shape.reduce(1, *)
    return Tensor((0..<count).map { _ in Float(random.uniform() - 0.5) }, shape: shape)
  }

  /// Writes the classifier.
  static func write(_ model: Model = classifier(), to path: String) throws {
    try ModelWriter().write(model, to: path, overwrite: .always)
  }

  /// Writes IDX pairs of images with a bright third, which is the class, into the workplace.
  static func writeData(to place: Workplace, training: Int = 96, evaluation: Int = 48) throws {
    for (part, count) in [("train", training), ("t10k", evaluation)] {
      var random = RandomSource(seed: part == "train" ? 3 : 4)
      let classes = (0..<count).map { UInt8($0 % 3) }
      let pixels = classes.flatMap { label in
        (0..<64).map { position -> UInt8 in
          let isBright = position / 24 == Int(label)
          return UInt8((isBright ? 150 : 20) + random.below(60))
        }
      }
      try place.write(idx([count, 8, 8], pixels), to: "\(part)-images-idx3-ubyte")
      try place.write(idx([count], classes), to: "\(part)-labels-idx1-ubyte")
    }
  }

  /// An IDX file of bytes.
  static func idx(_ shape: [Int], _ bytes: [UInt8]) -> [UInt8] {
    [0, 0, 8, UInt8(shape.count)]
      + shape.flatMap { extent in
        stride(from: 24, through: 0, by: -8).map { UInt8(extent >> $0 & 0xFF) }
      } + bytes
  }
}
