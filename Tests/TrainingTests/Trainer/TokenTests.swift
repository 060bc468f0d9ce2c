import DenseRuntime
import Foundation
import IR
import Passes
import Testing
import Training

/// Models whose inputs are tokens and masks, with the classes along the last axis of their output.
@Suite struct TokenTests {
  private static let tokens = 12
  private static let length = 5

  /// For each of a sequence's tokens another: Gather, MatMul, Relu and MatMul; positions whose mask is 0
  /// predict what the bias says.
  private static func model(mask type: ElementType = .int32, softmax: Bool = false) -> Model {
    var random = RandomSource(seed: 7)
    var graph = Graph(name: "tokens")
    func weights(_ name: String, _ shape: [Int]) -> ValueID {
      let values = (0..<shape.reduce(1, *)).map { _ in Float(random.uniform() * 2 - 1) }
      return graph.addConstant(name, Tensor(values, shape: shape))
    }
    let shape: Shape = [.named("batch"), .named("sequence")]
    let ids = graph.addInput("ids", .tensor(.int64, shape))
    let mask = graph.addInput("mask", .tensor(type, shape))
    let found = graph.add(
      .gather, [weights("embedding", [tokens, 8]), ids], attributes: ["axis": .int(0)],
      result: "found", .unknown)
    let hidden = graph.add(.matMul, [found, weights("w1", [8, 24])], result: "hidden", .unknown)
    let relu = graph.add(.relu, [hidden], result: "relu", .unknown)
    let number = graph.add(
      .cast, [mask], attributes: ["to": .int(1)], result: "number", .unknown)
    let axes = graph.addConstant("axes", Tensor([Int64(-1)]))
    let column = graph.add(.unsqueeze, [number, axes], result: "column", .unknown)
    let masked = graph.add(.mul, [relu, column], result: "masked", .unknown)
    let product = graph.add(
      .matMul, [masked, weights("w2", [24, tokens])], result: "product", .unknown)
    let bias = graph.addConstant("bias", Tensor([Float](repeating: 0, count: tokens)))
    let type = ValueType.tensor(.float32, shape + [.known(tokens)])
    var result = graph.add(.add, [product, bias], result: "logits", type)
    if softmax { result = graph.add(.softmax, [result], result: "shares", type) }
    graph.addOutput(result)
    return Model(graph: graph)
  }

  /// Arrays of sequences: token t stands for (5 t + 1) mod 12 where the mask is 1, for 3 elsewhere.
  private static func arrays(_ count: Int, part: String = "", mask: ElementType = .int32)
    -> [(name: String, array: Tensor)]
  {
    var random = RandomSource(seed: 8, stream: UInt64(count))
    let ids = (0..<(count * length)).map { _ in Int64(random.below(tokens)) }
    let open = ids.map { _ in random.below(4) > 0 }
    let labels = zip(ids, open).map { $1 ? (5 * $0 + 1) % Int64(tokens) : 3 }
    let shape = [count, length]
    let masks: Tensor =
      switch mask {
      case .float32: Tensor(open.map { $0 ? Float(1) : 0 }, shape: shape)
      case .bool: Tensor(open, shape: shape)
      default: Tensor(open.map { $0 ? Int64(1) : 0 }, shape: shape)
      }
    return [
      ("ids" + part, Tensor(ids, shape: shape)), ("mask" + part, masks),
      ("y" + part, Tensor(labels, shape: shape)),
    ]
  }

  private func source(_ arrays: [(name: String, array: Tensor)]) throws -> DataSource {
    var found: DataSource?
    try IDXTests.withFolder(["data.npz": NumPyArchive.write(arrays)]) {
      found = try DataSource.read($0 + "/data.npz", inputs: ["ids", "mask"])
    }
    return try #require(found)
  }

  private func options(epochs: Int) -> TrainerOptions {
    var options = ToyProblem.options(epochs: epochs)
    options.optimizer.kind = .adamw
    options.rate = 0.02
    return options
  }

  @Test(arguments: [ElementType.int32, .int64, .bool, .float32], [false, true])
  func sequencesAreLearned(mask: ElementType, softmax: Bool) throws {
    let data = try source(
      Self.arrays(96, mask: mask) + Self.arrays(32, part: "_test", mask: mask))
    let training = try #require(data.training)
    #expect(training.inputs.map(\.extents) == [[5], [5]])
    #expect(training.labels == .classes(positions: 5))
    let model = Self.model(mask: mask, softmax: softmax)
    let trainer = try Trainer(
      model, training: training, evaluation: data.evaluation, options: options(epochs: 12))
    let report = try trainer.run()
    #expect(try #require(report.accuracy) == 1)
    #expect(report.epochs[11].loss < 0.2 * report.epochs[0].loss)
    let types = [model, trainer.model].map { $0.graph[$0.graph.inputs[0]].type }
    #expect(types[0] == types[1])
    let evaluation = try #require(data.evaluation)
    let found = try Evaluation.run(trainer.model, on: evaluation)
    #expect(found.accuracy == 1 && found.samples == 32)
  }

  @Test func gatesAreTrained() throws {
    let data = try source(Self.arrays(96))
    let training = try #require(data.training)
    let teacher = try Trainer(Self.model(), training: training, options: options(epochs: 12))
    _ = try teacher.run()
    var model = teacher.model
    #expect(try !AugmentPass().run(on: &model).gates.isEmpty)
    var options = options(epochs: 12)
    options.target = CostTarget(.macs, 0.7)
    options.teacher = teacher.model
    options.inner = ["logits"]
    let trainer = try Trainer(model, training: training, options: options)
    _ = try trainer.run()
    var small = trainer.model
    let report = try CollapsePass(inputShapes: ["ids": [1, 5], "mask": [1, 5]])
      .run(on: &small, evaluator: Interpreter())
    let share = Double(report.macsAfter) / Double(report.macsBefore)
    #expect(abs(share - 0.7) < 0.5 / 24)
    #expect(try #require(Evaluation.run(small, on: training).accuracy) > 0.9)
  }

  /// What does not fit: why, and what the error must name.
  @Test(arguments: [
    ("no mask", "mask"), ("floats", "floats"), ("short mask", "mask"), ("token 12", "12"),
    ("one input", "2 inputs"), ("mixed", "mixup"),
  ])
  func whatDoesNotFitIsRejected(_ what: String, named part: String) throws {
    var arrays = Self.arrays(32)
    var options = options(epochs: 1)
    switch what {
    case "no mask": arrays.remove(at: 1)
    case "floats": arrays[0].array = Tensor([Float](repeating: 1, count: 160), shape: [32, 5])
    case "short mask": arrays[1].array = Tensor([Int64](repeating: 1, count: 96), shape: [32, 3])
    case "token 12": arrays[0].array = Tensor([Int64](repeating: 12, count: 160), shape: [32, 5])
    case "one input": arrays = [("x", arrays[0].array), arrays[2]]
    default: options.augmentation.mixup = 0.2
    }
    #expect {
      let training = try #require(try source(arrays).training)
      _ = try Trainer(Self.model(), training: training, options: options).run()
    } throws: { error in
      guard let diagnostic = error as? Diagnostic else { return false }
      return diagnostic.kind != .bug && "\(diagnostic)".contains(part)
    }
  }
}
