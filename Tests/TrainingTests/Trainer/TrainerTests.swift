import DenseRuntime
import IR
import Passes
import Testing
import Training

@Suite struct TrainerTests {
  @Test func learnsSeparableData() throws {
    let trainer = try Trainer(
      ToyProblem.model(), training: ToyProblem.dataset(192, seed: 1),
      evaluation: ToyProblem.dataset(96, seed: 2), options: ToyProblem.options(epochs: 8))
    let report = try trainer.run()
    #expect(report.epochs.count == 8)
    #expect(try #require(report.accuracy) > 0.95)
    #expect(report.epochs[7].loss < report.epochs[0].loss)
    #expect(try InputMetadata(of: trainer.model)?.classes == 3)
  }

  @Test func isDeterministic() throws {
    func train(seed: UInt64) throws -> [String: Tensor] {
      var options = ToyProblem.options(epochs: 2)
      options.augmentation = Augmentation(flip: true, crop: 1)
      options.seed = seed
      let trainer = try Trainer(
        ToyProblem.model(), training: ToyProblem.dataset(96, seed: 1), options: options)
      _ = try trainer.run()
      return ToyProblem.constants(trainer.model)
    }
    let first = try train(seed: 5)
    #expect(first == (try train(seed: 5)))
    #expect(first != (try train(seed: 6)))
  }

  /// Where nothing but the loss joins samples, a batch in parts is a batch.
  @Test(arguments: [nil, CostTarget(.macs, 0.5)]) func takesBatchesInParts(_ target: CostTarget?)
    throws
  {
    let data = try ToyProblem.dataset(96, seed: 1)
    func train(_ microBatch: Int?) throws -> [String: Tensor] {
      var options = ToyProblem.options(epochs: 2)
      options.freezesNormalization = true
      options.microBatch = microBatch
      options.target = target
      let trainer = try Trainer(
        ToyProblem.model(gated: target != nil), training: data, options: options)
      _ = try trainer.run()
      return ToyProblem.constants(trainer.model)
    }
    let whole = try train(nil)
    let parts = try train(8)
    for (name, tensor) in whole {
      let other = try #require(parts[name]?.floats)
      let worst = zip(tensor.floats ?? [], other).map { abs($0 - $1) }.max() ?? 0
      #expect(worst < 1e-4, "\(name)")
    }
    #expect(whole != (try train(ToyProblem.options(epochs: 2).batch / 2)))
    #expect(throws: Diagnostic.self) { try train(7) }
  }

  @Test func divergenceKeepsTheLastGoodModel() throws {
    let data = try ToyProblem.dataset(96, seed: 1)
    var options = ToyProblem.options(epochs: 3)
    options.rate = 1e30
    options.warmup = 0
    let trainer = try Trainer(ToyProblem.model(), training: data, options: options)
    #expect {
      _ = try trainer.run()
    } throws: { error in
      guard let diagnostic = error as? Diagnostic else { return false }
      return diagnostic.kind == .difference && diagnostic.message.contains("in epoch 1, step ")
        && diagnostic.message.contains(", at ")
    }
    for (_, tensor) in ToyProblem.constants(trainer.model) {
      #expect(tensor.floats?.allSatisfy(\.isFinite) ?? true)
    }
  }

  @Test func gradientsAreBoundedWhereNothingNormalizes() throws {
    func change(_ clipping: Double?) throws -> Double {
      var options = ToyProblem.options(epochs: 1)
      options.freezesNormalization = true
      options.clipping = clipping
      options.stepsPerEpoch = 1
      options.rate = 0.1
      options.warmup = 0
      options.metadata = InputMetadata(mean: [0], std: [0.01])
      let trainer = try Trainer(
        ToyProblem.model(), training: ToyProblem.dataset(48, seed: 1), options: options)
      _ = try trainer.run()
      let (before, after) = (
        ToyProblem.constants(ToyProblem.model()), ToyProblem.constants(trainer.model)
      )
      return before.reduce(0.0) { sum, constant in
        zip(constant.value.floats ?? [], after[constant.key]?.floats ?? [])
          .reduce(sum) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
      }.squareRoot()
    }
    // Nesterov's first step is 1.9 times the gradient, whose norm is 1 at most, and weights decay.
    #expect(try change(nil) < 0.2 && change(nil) == change(1))
    #expect(try change(.infinity) > 1)
  }

  @Test func normalizationInTrainingModeIsTrainedForInference() throws {
    let data = try ToyProblem.dataset(48, seed: 1)
    func train(_ change: (inout Graph) -> Void) throws -> String {
      var model = ToyProblem.model()
      change(&model.graph)
      let trainer = try Trainer(model, training: data, options: ToyProblem.options(epochs: 1))
      _ = try trainer.run()
      return GraphPrinter().print(trainer.model.graph)
    }
    let plain = try train { _ in }
    let exported = try train { graph in
      for id in graph.nodes where graph[id].op == .batchNormalization {
        graph.setAttribute(id, "training_mode", .int(1))
      }
    }
    #expect(exported == plain)
  }

  @Test func frozenStatisticsStay() throws {
    var options = ToyProblem.options(epochs: 1)
    options.freezesNormalization = true
    let trainer = try Trainer(
      ToyProblem.model(), training: ToyProblem.dataset(48, seed: 1), options: options)
    _ = try trainer.run()
    let (before, after) = (
      ToyProblem.constants(ToyProblem.model()), ToyProblem.constants(trainer.model)
    )
    for name in ["m1", "v1", "m2", "v2"] { #expect(before[name] == after[name]) }
    for name in ["w1", "g1", "b2", "w3", "b3"] { #expect(before[name] != after[name]) }
  }

  @Test func distillationNeedsNoLabels() throws {
    let data = try ToyProblem.dataset(192, seed: 1)
    let evaluation = try ToyProblem.dataset(96, seed: 2)
    let teacher = try Trainer(
      ToyProblem.model(), training: data, options: ToyProblem.options(epochs: 8))
    _ = try teacher.run()
    let bare = try Dataset(elements: .bytes(data.bytes), extents: data.extents, labels: .none)
    var options = ToyProblem.options(epochs: 8)
    options.loss = .distillation
    options.teacher = teacher.model
    let student = try Trainer(
      ToyProblem.model(seed: 11), training: bare, options: options)
    let report = try student.run()
    #expect(report.epochs[7].loss < 0.2 * report.epochs[0].loss)
    #expect(report.epochs.allSatisfy { $0.loss > -1e-3 })
    let score = try Evaluation.run(student.model, on: evaluation)
    #expect(try #require(score.accuracy) > 0.9)
  }

  /// Where all views of a sample are alike, what the teacher says of them in one epoch is all there is to
  /// know.
  @Test(arguments: [nil, 8]) func aTeacherRunOnceIsAsGood(microBatch: Int?) throws {
    let data = try ToyProblem.dataset(100, seed: 1)
    func train(_ change: (inout TrainerOptions) -> Void = { _ in }) throws -> [String: Tensor] {
      var options = ToyProblem.options(epochs: 3)
      options.teacher = ToyProblem.model(seed: 11)
      options.microBatch = microBatch
      change(&options)
      let trainer = try Trainer(ToyProblem.model(), training: data, options: options)
      _ = try trainer.run()
      return ToyProblem.constants(trainer.model)
    }
    let each = try train()
    #expect(try train { $0.teacherEpochs = .first(1) } == each)
    let moved = Augmentation(flip: true, crop: 1)
    func moves(_ epochs: TeacherEpochs?) throws -> [String: Tensor] {
      try train { ($0.epochs, $0.teacherEpochs, $0.augmentation) = (6, epochs, moved) }
    }
    let usual = try moves(nil)
    #expect(try usual == moves(.first(4)))
    #expect(try usual != moves(.first(3)) && usual != moves(.all))
  }

  @Test func meansOfATeacherThatCannotBeAreRefused() throws {
    let data = try ToyProblem.dataset(96, seed: 1)
    var options = ToyProblem.options(epochs: 1)
    options.teacherEpochs = .first(1)
    func refuses(
      _ options: TrainerOptions, _ part: String, model: Model = ToyProblem.model(),
      on data: Dataset
    ) {
      #expect {
        _ = try Trainer(model, training: data, options: options)
      } throws: { error in
        guard let diagnostic = error as? Diagnostic else { return false }
        return diagnostic.kind == .usage && diagnostic.description.contains(part)
      }
    }
    refuses(options, "there is none", on: data)
    options.teacher = ToyProblem.model(seed: 11)
    refuses(options.with { $0.teacherEpochs = .first(0) }, "positive", on: data)
    let mixed = try Augmentation(parsing: "mixup:1")
    refuses(options.with { $0.augmentation = mixed }, "mixup", on: data)
    let pixels = try TaskTests.pixels(24, unknown: false)
    var task = options.with { $0.teacher = TaskTests.pixelModel() }
    task.loss = .perPixel
    refuses(task, "a row of classes", model: TaskTests.pixelModel(), on: pixels)
    task.teacherEpochs = .all
    _ = try Trainer(TaskTests.pixelModel(), training: pixels, options: task)
  }

  /// A student that is to have the teacher's inner values comes closer to them than one that only
  /// learns its outputs; names that do not exist or fit are refused.
  @Test func innerValuesAreLearned() throws {
    let data = try ToyProblem.dataset(192, seed: 1)
    let teacher = try Trainer(
      ToyProblem.model(), training: data, options: ToyProblem.options(epochs: 8))
    _ = try teacher.run()
    func inner(_ model: Model) throws -> [Double] {
      var graph = model.graph
      graph.addOutput(try #require(graph.value(named: "r2")))
      let pixels = try ToyProblem.dataset(10, seed: 2).bytes.map { Float($0) / 255 }
      let values = try Interpreter().run(
        graph, inputs: ["x": Tensor(pixels, shape: [10, 1, 6, 6])])
      return try #require(values["r2"]?.doubles)
    }
    let wanted = try inner(teacher.model)
    func distance(_ names: [String]) throws -> Double {
      var options = ToyProblem.options(epochs: 8)
      options.loss = .distillation
      options.teacher = teacher.model
      options.inner = names
      options.innerWeight = 5
      let student = try Trainer(ToyProblem.model(seed: 11), training: data, options: options)
      _ = try student.run()
      return zip(try inner(student.model), wanted).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    let (taught, free) = (try distance(["r1", "r2"]), try distance([]))
    #expect(taught < 0.5 * free, "\(taught), without them \(free)")
    #expect(throws: Diagnostic.self) { try distance(["r9"]) }
    let wide = ToyProblem.model(width: 8)
    #expect(try InnerValues.shared(["r1", "p", "y"], wide, teacher.model, on: data) == ["y"])
  }

  @Test(arguments: [GateRecipe.default, .paper])
  func gatesCloseAndMeetTheTarget(_ recipe: GateRecipe) throws {
    var options = ToyProblem.options(epochs: 10)
    options.target = CostTarget(.macs, 0.4)
    options.recipe = recipe
    let trainer = try Trainer(
      ToyProblem.model(width: 8, gated: true), training: ToyProblem.dataset(192, seed: 1),
      evaluation: ToyProblem.dataset(96, seed: 2), options: options)
    let report = try trainer.run()
    let table = try #require(try GateTable(trainer.model))
    let sharpness = Double(table.sharpness(in: trainer.model.graph))
    #expect(sharpness == Double(table.k))
    var weights: [[Double]] = []
    for gate in table.gates {
      let scores = try table.scores(of: gate, in: trainer.model.graph)
      weights.append(
        scores.map { GateState.weight(score: Double($0), sharpness: sharpness) })
    }
    #expect(weights.joined().allSatisfy { $0 < 1e-3 || $0 > 0.999 })
    #expect(weights.allSatisfy { $0.contains { $0 > 0.5 } })
    let open = weights.map { $0.count { $0 > 0.5 } }
    let share = ToyProblem.macs(open[0], open[1]) / ToyProblem.macs(8, 8)
    #expect((0.97 * 0.4...1.01 * 0.4).contains(share))
    #expect(report.epochs.map(\.undecided).last == 0)
    #expect(try #require(report.accuracy) > 0.9)
  }

  /// Biases and slopes of one element are weights all the same; a number of a formula is none.
  @Test func oneElementIsTrained() throws {
    var graph = Graph(name: "one")
    let x = graph.addInput("x", .tensor(.float32, [.named("n"), .known(1), .known(6), .known(6)]))
    func scalar(_ name: String, _ value: Float, _ shape: [Int]) -> ValueID {
      graph.addConstant(name, Tensor([value], shape: shape))
    }
    let conv = graph.add(
      .conv, [x, scalar("w", 0.5, [1, 1, 1, 1]), scalar("b", 0.1, [1])], result: "c", .unknown)
    let bent = graph.add(.prelu, [conv, scalar("slope", 0.2, [1])], result: "r", .unknown)
    let half = graph.add(.mul, [bent, scalar("half", 0.5, [1])], result: "h", .unknown)
    let flat = graph.add(.flatten, [half], attributes: ["axis": .int(1)], result: "f", .unknown)
    let last = graph.addConstant(
      "last", Tensor((0..<108).map { Float($0 % 7) / 20 - 0.15 }, shape: [36, 3]))
    graph.addOutput(
      graph.add(.matMul, [flat, last], result: "y", .tensor(.float32, [.named("n"), .known(3)])))
    let data = try ToyProblem.dataset(96, seed: 1)
    let metadata = InputMetadata(mean: [0.4], std: [0.3])
    let trainer = try Trainer(
      Model(graph: graph), training: data,
      options: ToyProblem.options(epochs: 1).with { $0.metadata = metadata })
    _ = try trainer.run()
    let (before, after) = (
      ToyProblem.constants(Model(graph: graph)), ToyProblem.constants(trainer.model)
    )
    for name in ["w", "b", "slope", "last"] { #expect(before[name] != after[name], "\(name)") }
    #expect(before["half"] == after["half"])
  }

  /// A teacher that says of itself that it takes other numbers, or orders its classes otherwise.
  @Test func aTeacherOfOtherInputsIsRefused() throws {
    let data = try ToyProblem.dataset(96, seed: 1)
    var options = ToyProblem.options(epochs: 1)
    options.metadata = InputMetadata(mean: [0.5], std: [0.25])
    options.metadata?.names = ["a", "b", "c"]
    func train(_ change: (inout InputMetadata) -> Void) throws {
      var teacher = ToyProblem.model(seed: 11)
      var metadata = InputMetadata(mean: [0.5], std: [0.25])
      change(&metadata)
      metadata.write(to: &teacher)
      _ = try Trainer(
        ToyProblem.model(), training: data, options: options.with { $0.teacher = teacher })
    }
    try train { _ in }
    try train { $0.names = ["a", "b", "c"] }
    #expect(throws: Diagnostic.self) { try train { $0.mean = [0.4] } }
    #expect(throws: Diagnostic.self) { try train { $0.std = [0.5] } }
    #expect(throws: Diagnostic.self) { try train { $0.names = ["a", "c", "b"] } }
  }

  @Test func extremeNumbersAreRefusedOrCut() throws {
    let data = try ToyProblem.dataset(48, seed: 1)
    #expect(throws: Diagnostic.self) {
      try Trainer(
        ToyProblem.model(), training: data, options: ToyProblem.options(epochs: .max))
    }
    for held in [40, 48, Int.max] {
      #expect(throws: Diagnostic.self) {
        try Trainer(
          ToyProblem.model(), training: data,
          options: ToyProblem.options(epochs: 1).with { $0.validation = held })
      }
    }
    let endless = ToyProblem.options(epochs: 1).with { $0.warmup = 1e30 }
    let half = ToyProblem.options(epochs: 1).with { $0.warmup = 1 }
    let weights = try [endless, half].map { options in
      let trainer = try Trainer(ToyProblem.model(), training: data, options: options)
      _ = try trainer.run()
      return ToyProblem.constants(trainer.model)
    }
    #expect(weights[0] == weights[1])
  }

  /// The share that gates leave is told whether they are driven or not.
  @Test func sharesOfGatesThatStayAreTold() throws {
    var model = ToyProblem.model(gated: true)
    let scores = try #require(model.graph.value(named: "gate2.s"))
    model.graph.setConstant(scores, Tensor([Float](repeating: 9, count: 3) + [-9, -9, -9]))
    let trainer = try Trainer(
      model, training: ToyProblem.dataset(48, seed: 1), options: ToyProblem.options(epochs: 1))
    let share = try trainer.run().macs
    #expect((0.5...0.6).contains(share), "\(share)")
  }

  @Test func dataThatDoesNotFitIsRejected() throws {
    let data = try ToyProblem.dataset(48, seed: 1)
    let pixels = try data.bytes
    let wide = try Dataset(
      elements: .bytes(pixels), extents: [1, 4, 9],
      labels: .classes([Int32](repeating: 1, count: 48), positions: 1), labelFile: "labels")
    let high = try Dataset(
      elements: .bytes(pixels), extents: [1, 6, 6],
      labels: .classes([Int32](repeating: 5, count: 48), positions: 1), labelFile: "labels")
    for (set, part) in [(high, "label 5"), (wide, "[1, 4, 9]")] {
      #expect {
        _ = try Trainer(ToyProblem.model(), training: set, options: ToyProblem.options(epochs: 1))
      } throws: { error in
        guard let diagnostic = error as? Diagnostic else { return false }
        return diagnostic.kind == .invalid && diagnostic.description.contains(part)
      }
    }
  }
}

extension TrainerOptions {
  /// The options with a change.
  func with(_ change: (inout TrainerOptions) -> Void) -> TrainerOptions {
    var copy = self
    change(&copy)
    return copy
  }
}
