import Foundation
import IR
import Passes
import Testing
import Training

@Suite struct TrainerTests {
  private func constants(_ model: Model) -> [String: Tensor] {
    var found: [String: Tensor] = [:]
    for value in model.graph.constants {
      found[model.graph[value].name] = model.graph[value].constant?.tensor
    }
    return found
  }

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
      return constants(trainer.model)
    }
    let first = try train(seed: 5)
    #expect(first == (try train(seed: 5)))
    #expect(first != (try train(seed: 6)))
  }

  @Test(arguments: [false, true])
  func resumesBitForBit(gated: Bool) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = ToyProblem.options(epochs: 4)
    options.checkpoint = folder.path
    if gated { options.targetMACs = 0.5 }
    let data = try ToyProblem.dataset(96, seed: 1)
    func trainer(_ options: TrainerOptions) throws -> Trainer {
      try Trainer(
        ToyProblem.model(gated: gated), training: data, options: options,
        cost: gated ? ToyProblem.Cost(width: 6) : nil)
    }
    let whole = try trainer(
      ToyProblem.options(epochs: 4).with { $0.targetMACs = options.targetMACs })
    _ = try whole.run()
    let cut = try trainer(options)
    _ = try cut.run { $0.epoch < 3 || $0.step < 3 }
    options.resumes = true
    let resumed = try trainer(options)
    let report = try resumed.run()
    #expect(report.epochs.count == 4)
    #expect(constants(resumed.model) == constants(whole.model))
  }

  @Test func foreignOrDamagedCheckpointIsRejected() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let data = try ToyProblem.dataset(48, seed: 1)
    var options = ToyProblem.options(epochs: 1)
    options.checkpoint = folder.path
    _ = try Trainer(ToyProblem.model(), training: data, options: options).run()
    options.resumes = true
    options.decay = 0.1
    #expect(throws: Diagnostic.self) {
      try Trainer(ToyProblem.model(), training: data, options: options).run()
    }
    options.decay = ToyProblem.options(epochs: 1).decay
    let file = folder.appendingPathComponent("training.checkpoint")
    let bytes = try Data(contentsOf: file)
    for damaged in [bytes.dropLast(3), bytes.prefix(20), Data()] {
      try damaged.write(to: file)
      #expect(throws: Diagnostic.self) {
        try Trainer(ToyProblem.model(), training: data, options: options).run()
      }
    }
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
      (error as? Diagnostic)?.kind == .difference
    }
    for (_, tensor) in constants(trainer.model) {
      #expect(tensor.floats?.allSatisfy(\.isFinite) ?? true)
    }
  }

  @Test func frozenStatisticsStay() throws {
    var options = ToyProblem.options(epochs: 1)
    options.freezesNormalization = true
    let trainer = try Trainer(
      ToyProblem.model(), training: ToyProblem.dataset(48, seed: 1), options: options)
    _ = try trainer.run()
    let (before, after) = (constants(ToyProblem.model()), constants(trainer.model))
    for name in ["m1", "v1", "m2", "v2"] { #expect(before[name] == after[name]) }
    for name in ["w1", "g1", "b2", "w3", "b3"] { #expect(before[name] != after[name]) }
  }

  @Test func distillationNeedsNoLabels() throws {
    let data = try ToyProblem.dataset(192, seed: 1)
    let evaluation = try ToyProblem.dataset(96, seed: 2)
    let teacher = try Trainer(
      ToyProblem.model(), training: data, options: ToyProblem.options(epochs: 8))
    _ = try teacher.run()
    let bare = try Dataset(elements: data.elements, extents: data.extents, labels: .none)
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

  @Test(arguments: [GateRecipe.default, .paper])
  func gatesCloseAndMeetTheTarget(_ recipe: GateRecipe) throws {
    var options = ToyProblem.options(epochs: 10)
    options.targetMACs = 0.4
    options.recipe = recipe
    let cost = ToyProblem.Cost(width: 8)
    let trainer = try Trainer(
      ToyProblem.model(width: 8, gated: true), training: ToyProblem.dataset(192, seed: 1),
      evaluation: ToyProblem.dataset(96, seed: 2), options: options, cost: cost)
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
    let share = cost.value(weights.map { $0.map { $0 > 0.5 ? 1 : 0 } }) / cost.dense
    #expect((0.97 * 0.4...1.01 * 0.4).contains(share))
    #expect(report.epochs.map(\.undecided).last == 0)
    #expect(try #require(report.accuracy) > 0.9)
  }

  @Test func dataThatDoesNotFitIsRejected() throws {
    let data = try ToyProblem.dataset(48, seed: 1)
    guard case .bytes(let pixels) = data.elements else { return }
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
