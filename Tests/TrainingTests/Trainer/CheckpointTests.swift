import Foundation
import IR
import Passes
import Testing
import Training

/// Runs that are stopped and go on from what they have saved.
@Suite struct CheckpointTests {
  /// What a run may be set to that its state depends on.
  enum Setting: CaseIterable {
    case plain, gated, paper, adaptive, averaged, parted, taught

    var drivesGates: Bool { self == .gated || self == .paper }

    func apply(to options: inout TrainerOptions) {
      switch self {
      case .plain: break
      case .gated: options.target = CostTarget(.macs, 0.5)
      case .paper:
        options.target = CostTarget(.macs, 0.5)
        options.recipe = .paper
      case .adaptive:
        options.optimizer.kind = .adamw
        options.clipping = 0.5
      case .averaged:
        options.averaging = 0.95
        options.schedule = .onecycle
      case .parted: options.microBatch = options.batch / 2
      case .taught:
        options.teacher = ToyProblem.model(seed: 11)
        options.teacherEpochs = .first(2)
      }
    }
  }

  /// A run that is stopped after its first step, in the middle of an epoch and at the end of one goes
  /// on as if nothing had been, from the model that it began with or from what it had come to.
  @Test(arguments: Setting.allCases, [false, true])
  func resumesBitForBit(_ setting: Setting, inPlace: Bool) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let data = try ToyProblem.dataset(96, seed: 1)
    var model = ToyProblem.model(gated: setting.drivesGates)
    func trainer(_ change: (inout TrainerOptions) -> Void) throws -> Trainer {
      var options = ToyProblem.options(epochs: 4)
      options.augmentation = Augmentation(flip: true, crop: 1)
      setting.apply(to: &options)
      change(&options)
      return try Trainer(model, training: data, options: options)
    }
    let whole = try trainer { _ in }
    let expected = try whole.run()
    var steps = 0
    for stop in [1, 6, 9, 100] {
      let part = try trainer {
        $0.checkpoint = folder.path
        $0.resumes = true
      }
      let report = try part.run { _ in
        steps += 1
        return steps < stop
      }
      if inPlace { model = part.model }
      guard stop == 100 else { continue }
      #expect(ToyProblem.constants(part.model) == ToyProblem.constants(whole.model))
      #expect(report.epochs.map(\.loss) == expected.epochs.map(\.loss))
    }
    #expect(steps == 4 * whole.stepsPerEpoch)
  }

  /// A checkpoint of every step serves a run that ended without a word as well.
  @Test func checkpointsWithinEpochs() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    let copy = folder.appendingPathExtension("copy")
    defer { for url in [folder, copy] { try? FileManager.default.removeItem(at: url) } }
    let data = try ToyProblem.dataset(96, seed: 1)
    func trainer(_ folder: URL?) throws -> Trainer {
      var options = ToyProblem.options(epochs: 3)
      options.checkpoint = folder?.path
      options.checkpointInterval = 0
      options.resumes = true
      return try Trainer(ToyProblem.model(), training: data, options: options)
    }
    let whole = try trainer(nil)
    _ = try whole.run()
    var isCopied = false
    _ = try trainer(folder).run { step in
      guard step.epoch == 2, step.step == 3, !isCopied else { return true }
      isCopied = (try? FileManager.default.copyItem(at: folder, to: copy)) != nil
      return true
    }
    #expect(isCopied)
    let resumed = try trainer(copy)
    var first: Int?
    _ = try resumed.run {
      first = first ?? ($0.epoch * 100 + $0.step)
      return true
    }
    #expect(try #require(first) > 200)
    #expect(ToyProblem.constants(resumed.model) == ToyProblem.constants(whole.model))
  }

  /// What a checkpoint may be of instead of the run that asks for it.
  enum Foreign: String, CaseIterable {
    case options = "optimizer"
    case epochs = "epochs, lr and schedule"
    case gates = "model "
    case activation = "model"
    case teacher
    case data
    case labels = "data "
  }

  @Test(arguments: Foreign.allCases) func foreignCheckpointsAreRejected(_ foreign: Foreign) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    var model = ToyProblem.model(gated: true)
    var options = ToyProblem.options(epochs: 1)
    var data = try ToyProblem.dataset(48, seed: 1)
    options.teacher = ToyProblem.model(seed: 5)
    options.checkpoint = folder.path
    _ = try Trainer(model, training: data, options: options).run()
    options.resumes = true
    _ = try Trainer(model, training: data, options: options).run()
    switch foreign {
    case .options: options.optimizer.decay += 0.1
    case .epochs: options.epochs += 1
    case .gates: model = ToyProblem.model()
    case .activation:
      let relu = try #require(model.graph.nodes.first { model.graph[$0].op == .relu })
      model.graph.setOperator(relu, .sigmoid)
    case .teacher: options.teacher = ToyProblem.model(seed: 6)
    case .data: data = try ToyProblem.dataset(48, seed: 2)
    case .labels: data.ignoredLabel = 2
    }
    #expect {
      try Trainer(model, training: data, options: options).run()
    } throws: {
      ($0 as? Diagnostic)?.message
        == "belongs to another run, which differs in: "
        + foreign.rawValue.trimmingCharacters(in: .whitespaces)
    }
  }

  @Test func damagedCheckpointsAreRejected() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let data = try ToyProblem.dataset(48, seed: 1)
    var options = ToyProblem.options(epochs: 1)
    options.target = CostTarget(.macs, 0.5)
    options.checkpoint = folder.path
    let model = ToyProblem.model(gated: true)
    _ = try Trainer(model, training: data, options: options).run()
    options.resumes = true
    let file = folder.appendingPathComponent("training.checkpoint")
    let bytes = try Data(contentsOf: file)
    let end = try #require(bytes.firstIndex(of: 0x0A))
    let header = try #require(
      try JSONSerialization.jsonObject(with: bytes[..<end]) as? [String: Any])
    func changed(_ change: (inout [String: Any]) throws -> Void) throws -> Data {
      var copy = header
      try change(&copy)
      return try JSONSerialization.data(withJSONObject: copy) + bytes[end...]
    }
    func memory(_ key: String, _ value: Any) throws -> Data {
      try changed {
        var memory = try #require($0["memory"] as? [String: Any])
        memory[key] = value
        $0["memory"] = memory
      }
    }
    let files = [
      bytes.dropLast(3), bytes.prefix(20), Data(),
      try changed { $0["epoch"] = 2 }, try changed { $0["epoch"] = Int.max },
      try changed { $0["step"] = 1 },
      try changed { $0["sizes"] = [[], [], [], [], []] },
      try changed { $0["gates"] = nil }, try changed { $0["memory"] = nil },
      try memory("importance", [[0.5]]), try memory("observed", -1), try memory("blocks", [7]),
      try memory("selection", [[true]]), try memory("closed", [[true]]),
    ]
    for damaged in files {
      try damaged.write(to: file)
      #expect(throws: Diagnostic.self) {
        try Trainer(model, training: data, options: options).run()
      }
    }
    try changed { _ in }.write(to: file)
    _ = try Trainer(model, training: data, options: options).run()
  }
}
