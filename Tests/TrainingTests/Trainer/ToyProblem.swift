import IR
import Passes
import Training

/// Small nets and data that they can learn.
enum ToyProblem {
  /// Images of 6 by 6 pixels with a bright row (class 0), column (1) or diagonal (2), on noise.
  static func dataset(_ count: Int, seed: UInt64) throws -> Dataset {
    var random = RandomSource(seed: seed)
    var pixels: [UInt8] = []
    var labels: [Int32] = []
    for index in 0..<count {
      let label = index % 3
      let place = random.below(6)
      for row in 0..<6 {
        for column in 0..<6 {
          let isBright = [row == place, column == place, (row + place) % 6 == column][label]
          pixels.append(UInt8(isBright ? 200 + random.below(40) : random.below(60)))
        }
      }
      labels.append(Int32(label))
    }
    return try Dataset(
      elements: .bytes(pixels), extents: [1, 6, 6], labels: .classes(labels, positions: 1))
  }

  /// Conv, BatchNormalization and Relu twice, a global mean and a linear layer; `gated` adds a gate
  /// of `width` channels after each Relu.
  static func model(width: Int = 6, gated: Bool = false, seed: UInt64 = 3) -> Model {
    var random = RandomSource(seed: seed)
    var graph = Graph(name: "toy")
    func weights(_ name: String, _ shape: [Int], spread: Double) -> ValueID {
      let values = (0..<shape.reduce(1, *)).map { _ in
        Float((random.uniform() * 2 - 1) * spread)
      }
      return graph.addConstant(name, Tensor(values, shape: shape))
    }
    func vector(_ name: String, _ value: Float, _ count: Int) -> ValueID {
      graph.addConstant(name, Tensor([Float](repeating: value, count: count)))
    }
    let input = graph.addInput(
      "x", .tensor(.float32, [.named("batch"), .known(1), .known(6), .known(6)]))
    var gates: [Gate] = []
    let sharpness = gated ? graph.addConstant("pcc.k", Tensor(scalar: Float(5))) : nil
    var value = input
    var channels = 1
    for layer in 1...2 {
      let weight = weights("w\(layer)", [width, channels, 3, 3], spread: 0.5)
      value = graph.add(
        .conv, [value, weight], attributes: ["pads": .ints([1, 1, 1, 1])], result: "c\(layer)",
        .unknown)
      value = graph.add(
        .batchNormalization,
        [
          value, vector("g\(layer)", 1, width), vector("b\(layer)", 0, width),
          vector("m\(layer)", 0, width), vector("v\(layer)", 1, width),
        ], result: "n\(layer)", .unknown)
      value = graph.add(.relu, [value], result: "r\(layer)", .unknown)
      channels = width
      guard let sharpness else { continue }
      let name = "gate\(layer)"
      let score = graph.addConstant("\(name).s", Tensor([Float](repeating: 1, count: width)))
      let scaled = graph.add(.mul, [score, sharpness], result: "\(name).ks", .unknown)
      let open = graph.add(.sigmoid, [scaled], result: "\(name).w", .unknown)
      let extents = graph.addConstant(
        "\(name).shape", Tensor([Int64(width), 1, 1]))
      let view = graph.add(.reshape, [open, extents], result: "\(name).w@0", .unknown)
      value = graph.add(.mul, [value, view], result: "r\(layer).gated", .unknown)
      gates.append(
        Gate(
          name: name, size: width, kind: .channel,
          sites: [Gate.Site(value: "r\(layer)", axis: 1, segment: [0, width])]))
    }
    let axes = graph.addConstant("axes", Tensor([Int64(2), 3]))
    value = graph.add(
      .reduceMean, [value, axes], attributes: ["keepdims": .int(0)], result: "p", .unknown)
    let last = weights("w3", [3, width], spread: 0.5)
    value = graph.add(
      .gemm, [value, last, vector("b3", 0, 3)], attributes: ["transB": .int(1)], result: "y",
      .tensor(.float32, [.named("batch"), .known(3)]))
    graph.addOutput(value)
    var model = Model(graph: graph)
    if gated {
      let dense = GateTable.Dense(macs: Int(macs(width, width)), params: 0)
      GateTable(k: 5, dense: dense, gates: gates).write(to: &model)
    }
    return model
  }

  /// The multiply-accumulates of the model with so many channels after its convolutions.
  static func macs(_ first: Int, _ second: Int) -> Double {
    Double(36 * 9 * (first + first * second) + 3 * second)
  }

  /// The constants of a model, by name.
  static func constants(_ model: Model) -> [String: Tensor] {
    var found: [String: Tensor] = [:]
    for value in model.graph.constants {
      found[model.graph[value].name] = model.graph[value].constant?.tensor
    }
    return found
  }

  /// Options for a short, deterministic run.
  static func options(epochs: Int) -> TrainerOptions {
    var options = TrainerOptions()
    options.epochs = epochs
    options.batch = 16
    options.rate = 0.1
    options.validation = 0
    options.warmup = 0.5
    options.recalibration = 8
    options.threads = 1
    return options
  }
}
