import Foundation
import IR
import Testing
import Training

/// Losses of labels that are weighted, mixed, one a pixel, or learned by several outputs.
@Suite struct TaskTests {
  /// A 1x1 convolution of one channel to three classes a pixel, at 4 by 4 pixels.
  static func pixelModel() -> Model {
    var graph = Graph(name: "pixels")
    let x = graph.addInput("x", .tensor(.float32, [.named("n"), .known(1), .known(4), .known(4)]))
    let weight = graph.addConstant("w", Tensor([Float(0.1), 0.2, -0.1], shape: [3, 1, 1, 1]))
    let bias = graph.addConstant("b", Tensor([Float(0), 0, 0]))
    graph.addOutput(
      graph.add(
        .conv, [x, weight, bias], result: "y",
        .tensor(.float32, [.named("n"), .known(3), .known(4), .known(4)])))
    return Model(graph: graph)
  }

  /// Pixels from -1 to 1 with labels 0 below -0.2, 1 above 0.2 and 2, or none, between.
  static func pixels(_ count: Int, unknown: Bool) throws -> Dataset {
    var random = RandomSource(seed: 6)
    let values = (0..<(16 * count)).map { _ in Float(random.uniform() * 2 - 1) }
    return try Dataset(
      elements: .floats(values), extents: [1, 4, 4],
      labels: .classes(
        values.map { $0 < -0.2 ? 0 : $0 > 0.2 ? 1 : unknown ? -1 : 2 }, positions: 16))
  }

  @Test(arguments: [false, true]) func pixelsAreLearned(unknown: Bool) throws {
    let data = try Self.pixels(64, unknown: unknown)
    var options = ToyProblem.options(epochs: 30)
    options.loss = .perPixel
    options.rate = 1
    options.optimizer.decay = 0
    if !unknown { options.classWeights = .balanced }
    let trainer = try Trainer(Self.pixelModel(), training: data, options: options)
    let report = try trainer.run()
    let last = try #require(report.epochs.last)
    #expect(last.miou ?? 0 > (unknown ? 0.97 : 0.75))
    #expect(last.loss < 0.7 * report.epochs[0].loss)
    #expect(last.metric?.kind == .meanIoU)
    let found = try Evaluation.run(trainer.model, on: data)
    #expect(found.meanIoU ?? 0 > (unknown ? 0.97 : 0.75))
  }

  /// The first loss of the pixel model, whose logits are known, for one set of options.
  private func firstLoss(_ data: Dataset, _ change: (inout TrainerOptions) -> Void) throws -> Double
  {
    var options = ToyProblem.options(epochs: 1)
    options.loss = .perPixel
    options.batch = data.count
    change(&options)
    let trainer = try Trainer(Self.pixelModel(), training: data, options: options)
    return try trainer.step(on: trainer.firstBatch())
  }

  @Test func lossIsTheWeightedMeanOverKnownPixels() throws {
    let values: [Float] = (0..<16).map { Float($0) / 8 - 1 }
    let labels: [Int32] = (0..<16).map { $0 == 3 ? -1 : Int32($0 % 3) }
    let data = try Dataset(
      elements: .floats(values), extents: [1, 4, 4], labels: .classes(labels, positions: 16))
    func expected(_ weights: [Double], _ smoothing: Double) -> Double {
      var (sum, total) = (0.0, 0.0)
      for (value, label) in zip(values, labels) where label >= 0 {
        let logits = [0.1, 0.2, -0.1].map { Double(Float($0)) * Double(value) }
        let log = logSum(logits)
        for (number, logit) in logits.enumerated() {
          let share = (number == Int(label) ? 1 - smoothing : 0) + smoothing / 3
          sum -= weights[Int(label)] * share * (logit - log)
        }
        total += weights[Int(label)]
      }
      return sum / total
    }
    #expect(abs(try firstLoss(data) { _ in } - expected([1, 1, 1], 0)) < 1e-6)
    let weighted = try firstLoss(data) {
      $0.classWeights = .given([1, 3, 0.5])
      $0.smoothing = 0.2
    }
    #expect(abs(weighted - expected([1, 3, 0.5], 0.2)) < 1e-6)
    let counts = (0..<3).map { number in Double(labels.count { $0 == Int32(number) }) }
    let balanced = try firstLoss(data) { $0.classWeights = .balanced }
    #expect(abs(balanced - expected(counts.map { 15 / (3 * $0) }, 0)) < 1e-6)
  }

  /// With a teacher that is the model itself, only the labels' part of the loss is left, whatever the
  /// weight of the output.
  @Test func weightOfAnOutputHoldsForItsTeacher() throws {
    let data = try Self.pixels(8, unknown: false)
    func loss(_ weight: Double) throws -> Double {
      try firstLoss(data) {
        $0.teacher = Self.pixelModel()
        $0.outputs = [OutputShare(name: "y", weight: weight)]
      }
    }
    #expect(try abs(loss(3) - 3 * loss(1)) < 1e-5)
    #expect(try abs(loss(1) - 0.3 * firstLoss(data) { _ in }) < 1e-5)
  }

  /// Target images, and classes of places that are no pixels, cannot be moved with an image.
  @Test func labelsThatWouldNotMoveAreRefused() throws {
    let pixels = [Float](repeating: 0, count: 16 * 20)
    func assembler(_ labels: Dataset.Labels, _ augmentation: String) throws {
      let set = try Dataset(elements: .floats(pixels), extents: [1, 4, 4], labels: labels)
      _ = try BatchAssembler(
        set, size: 4, metadata: InputMetadata(), augmentation: Augmentation(parsing: augmentation))
    }
    let image = Dataset.Labels.values(pixels, extents: [1, 4, 4])
    let places = Dataset.Labels.classes([Int32](repeating: 0, count: 80), positions: 4)
    for labels in [image, places] {
      for augmentation in ["flip", "vflip", "crop:1", "shift:1", "cutout:2"] {
        #expect(throws: Diagnostic.self) { try assembler(labels, augmentation) }
      }
      try assembler(labels, "noise:0.1,brightness:0.1")
    }
    try assembler(.values([Float](repeating: 0, count: 40), extents: [2]), "flip")
    try assembler(.classes([Int32](repeating: 0, count: 320), positions: 16), "flip")
  }

  private func logSum(_ logits: [Double]) -> Double { log(logits.reduce(0) { $0 + exp($1) }) }

  /// A last Softmax is left out of the loss where it tells the classes of each pixel apart; before
  /// opset 13 it takes all pixels together.
  @Test(arguments: [(false, "y"), (true, "p")])
  func softmaxIsLeftOut(flattens: Bool, prediction: String) throws {
    var graph = Self.pixelModel().graph
    let logits = graph.outputs[0]
    var attributes: Attributes = ["axis": .int(1)]
    if flattens { attributes["pcc_flatten"] = .int(1) }
    let type = graph[logits].type
    graph.setOutput(0, graph.add(.softmax, [logits], attributes: attributes, result: "p", type))
    let made = try TrainingGraphBuilder.build(
      Model(graph: graph), table: nil, options: TrainingGraphOptions(loss: .perPixel, batch: 2))
    #expect(made.graph[made.prediction].name == prediction)
  }

  @Test func sharesAgreeWithClassNumbers() throws {
    let data = try ToyProblem.dataset(48, seed: 1)
    let losses = try [ClassWeights.equal, .given([2, 2, 2])].map { weights in
      var options = ToyProblem.options(epochs: 1)
      options.classWeights = weights
      options.smoothing = 0.1
      let trainer = try Trainer(ToyProblem.model(), training: data, options: options)
      return try (0..<3).map { _ in try trainer.step(on: trainer.firstBatch()) }
    }
    for (one, other) in zip(losses[0], losses[1]) { #expect(abs(one - other) < 1e-4) }
  }

  @Test func mixedSamplesAreLearned() throws {
    var options = ToyProblem.options(epochs: 12)
    options.augmentation = try Augmentation(parsing: "mixup:0.3")
    let trainer = try Trainer(
      ToyProblem.model(), training: ToyProblem.dataset(192, seed: 1),
      evaluation: ToyProblem.dataset(96, seed: 2), options: options)
    #expect(try trainer.run().accuracy ?? 0 > 0.9)
  }

  @Test func severalOutputsLearnTheSameLabels() throws {
    var model = ToyProblem.model()
    let hidden = try #require(model.graph.value(named: "p"))
    let weight = model.graph.addConstant(
      "side.w", Tensor((0..<18).map { Float($0 % 5) / 10 - 0.2 }, shape: [6, 3]))
    model.graph.addOutput(
      model.graph.add(
        .matMul, [hidden, weight], result: "side",
        .tensor(.float32, [.named("batch"), .known(3)])))
    let data = try ToyProblem.dataset(192, seed: 1)
    func trained(_ outputs: [OutputShare]) throws -> Model {
      var options = ToyProblem.options(epochs: 8)
      options.outputs = outputs
      let trainer = try Trainer(model, training: data, options: options)
      _ = try trainer.run()
      return trainer.model
    }
    let both = try trained([OutputShare(name: "y"), OutputShare(name: "side", weight: 0.5)])
    for output in ["y", "side"] {
      #expect(try Evaluation.run(both, on: data, output: output).accuracy ?? 0 > 0.9)
    }
    let alone = try trained([OutputShare(name: "side")])
    #expect(try Evaluation.run(alone, on: data, output: "side").accuracy ?? 0 > 0.9)
    #expect(throws: Diagnostic.self) { try trained([OutputShare(name: "none")]) }
  }

  @Test(arguments: ["y", "a:b", "y:0.5"]) func readsOutputs(_ text: String) throws {
    let share = try OutputShare(parsing: text)
    #expect(
      share == OutputShare(name: text == "y:0.5" ? "y" : text, weight: text == "y:0.5" ? 0.5 : 1))
    #expect(throws: Diagnostic.self) { try OutputShare(parsing: "y:0") }
  }

  @Test func wrongWeightsAreRefused() throws {
    for text in ["", "a", "1,-1", "0,0", "nan"] {
      #expect(throws: Diagnostic.self) { try ClassWeights(parsing: text) }
    }
    let data = try ToyProblem.dataset(48, seed: 1)
    #expect(throws: Diagnostic.self) {
      try Trainer(
        ToyProblem.model(), training: data,
        options: ToyProblem.options(epochs: 1).with { $0.classWeights = .given([1, 2]) })
    }
    let unlabelled = ToyProblem.options(epochs: 1).with {
      ($0.loss, $0.teacher, $0.smoothing) = (.distillation, ToyProblem.model(), 0.1)
    }
    #expect(throws: Diagnostic.self) {
      try Trainer(ToyProblem.model(), training: data, options: unlabelled)
    }
  }
}
