import Foundation
import Frontend
import IR
import Testing

/// Walks the commands that train, on a small model and easy data.
struct CommandTrainingTests {
  private let place: Workplace

  init() throws {
    place = try Workplace()
    try SampleModels.write(to: place["model.onnx"])
    try SampleModels.writeData(to: place)
  }

  private func accuracy(_ model: String) throws -> Double {
    try #require(
      try place.pcc("eval", model, "--data", ".", "--json").json()["accuracy"] as? Double)
  }

  @Test func trainingLearnsAndIsDeterministic() throws {
    for name in ["a.onnx", "b.onnx"] {
      let train = try place.pcc(
        "train", "model.onnx", "-o", name, "--data", ".", "--epochs", "4", "--batch", "16",
        "--threads", "1",
        "--log", "metrics.jsonl", "-q")
      #expect(train.status == 0, "\(train.log)")
    }
    #expect(try place.read("a.onnx") == place.read("b.onnx"))
    #expect(try accuracy("a.onnx") > 0.9)
    let log = String(decoding: try place.read("metrics.jsonl"), as: UTF8.self)
    #expect(log.split(separator: "\n").count == 8)
    let trained = try ModelReader().read(place["a.onnx"])
    #expect(trained[metadata: "pcc.input"] != nil)
  }

  @Test func ownModelsAreTrainedInPlace() throws {
    _ = try place.pcc("augment", "model.onnx")
    let before = try place.read("gated.onnx")
    let train = try place.pcc(
      "train", "gated.onnx", "--data", ".", "--epochs", "1", "--batch", "16", "--threads", "1",
      "--target-macs",
      "0.5")
    #expect(train.status == 0, "\(train.log)")
    #expect(try place.read("gated.onnx") != before)
  }

  @Test func pruningReachesItsTarget() throws {
    _ = try place.pcc(
      "train", "model.onnx", "-o", "trained.onnx", "--data", ".", "--epochs", "20", "--batch", "16",
      "--threads", "1")
    let prune = try place.pcc(
      "prune", "trained.onnx", "-o", "small.onnx", "--data", ".", "--epochs", "30", "--batch", "16",
      "--threads", "1",
      "--target-macs", "0.5", "--json")
    #expect(prune.status == 0, "\(prune.log)")
    let report = try prune.json()
    let ratio = try #require(report["macs_ratio"] as? Double)
    #expect(ratio < 0.6)
    #expect((report["epochs"] as? [Any])?.count == 30)
    #expect(report["accuracy"] as? Double == (try accuracy("small.onnx")))
    #expect(try accuracy("small.onnx") > 0.8)
  }

  @Test(.timeLimit(.minutes(10)), arguments: [SIGINT, SIGTERM]) func signalsStopTrainingAfterSaving(
    _ signal: Int32
  ) throws {
    let train = try place.start([
      "train", "model.onnx", "-o", "out.onnx", "--data", ".", "--epochs", "100000", "--batch",
      "16", "--threads", "1",
    ])
    while !train.log.contains("epoch 2/"), train.isRunning { usleep(20_000) }
    if signal == SIGINT { train.interrupt() } else { train.terminate() }
    let result = train.wait()
    #expect(result.status == 128 + signal, "\(result.log)")
    #expect(try place.pcc("info", "out.onnx").status == 0)
  }

  @Test func divergenceLeavesTheLastGoodModel() throws {
    let train = try place.pcc(
      "train", "model.onnx", "-o", "out.onnx", "--data", ".", "--epochs", "3", "--batch", "16",
      "--threads", "1",
      "--lr", "1e30")
    #expect(train.status == 1)
    #expect(train.log.contains("model.onnx: error: training diverged"))
    #expect(try place.pcc("run", "out.onnx").status == 0)
  }

  @Test func pruningThatDivergesLeavesTheLastGoodModel() throws {
    let prune = try place.pcc(
      "prune", "model.onnx", "-o", "a.onnx", "--data", ".", "--batch", "16", "--threads", "1",
      "--target-macs", "0.5", "--epochs", "6", "--no-teacher", "--lr", "1e30")
    #expect(prune.status == 1 && prune.log.contains("training diverged"), "\(prune.log)")
    #expect(try place.pcc("run", "a.onnx.gated.onnx").status == 0)
    #expect(try !place.files.contains("a.onnx"))
  }

  /// A target that cannot be met is told of, and so are samples that have to serve for two things.
  @Test func whatIsNotAsAskedForIsToldOf() throws {
    let folder = place["alone"]
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"] {
      try place.write(place.read(name), to: "alone/\(name)")
    }
    let prune = try place.pcc(
      "prune", "model.onnx", "-o", "small.onnx", "--data", "alone", "--epochs", "2", "--batch",
      "16", "--threads", "1", "--target-macs", "0.3", "--min-channels", "5")
    #expect(prune.status == 0, "\(prune.log)")
    #expect(
      prune.log.contains("of the multiply-accumulates stay, 30.00 % were asked for"),
      "\(prune.log)")
    #expect(prune.log.contains("there is no evaluation part"))
  }

  @Test func checkpointsAreGoneOnFrom() throws {
    let arguments = [
      "train", "model.onnx", "--data", ".", "--epochs", "3", "--batch", "16", "--threads", "1",
      "--checkpoint", "run",
      "--resume", "-o",
    ]
    #expect(try place.start(arguments + ["a.onnx"]).wait().status == 0)
    #expect(try place.start(arguments + ["b.onnx"]).wait().status == 0)
    #expect(try place.read("a.onnx") == place.read("b.onnx"))
  }

  /// A run that replaces its model is stopped and goes on as if nothing had been.
  @Test(.timeLimit(.minutes(10))) func stoppedRunsGoOnInPlace() throws {
    for name in ["whole", "stopped"] {
      #expect(try place.pcc("augment", "model.onnx", "-o", "\(name).onnx").status == 0)
    }
    func start(_ name: String) throws -> RunningCommand {
      try place.start([
        "train", "\(name).onnx", "--data", ".", "--batch", "16", "--threads", "1", "--epochs", "90",
        "--target-macs", "0.5", "--normalize", "auto", "--checkpoint", "run.\(name)", "--resume",
      ])
    }
    #expect(try start("whole").wait().status == 0)
    for _ in 1...2 {
      let part = try start("stopped")
      let epochs = { part.log.components(separatedBy: " epoch ").count - 1 }
      while epochs() < 30, part.isRunning { usleep(5000) }
      part.terminate()
      #expect(part.wait().status == 128 + SIGTERM)
    }
    let last = try start("stopped").wait()
    #expect(last.status == 0, "\(last.log)")
    #expect(try place.read("whole.onnx") == place.read("stopped.onnx"))
  }

  /// What a run that is killed may be doing: `epochs` in all, whose results are `models`.
  struct Interrupted: Sendable, CustomTestStringConvertible {
    let command: String
    let options: [String]
    let epochs: Int
    let models: [String]
    var testDescription: String { command }
  }

  private static let interrupted = [
    Interrupted(
      command: "train", options: ["--epochs", "120", "--ema", "0.9"], epochs: 120,
      models: [".onnx"]),
    Interrupted(
      command: "prune", options: ["--epochs", "48", "--targets", "0.6,0.3"], epochs: 96,
      models: ["-0.6.onnx", "-0.3.onnx"]),
  ]

  /// A run that is killed three times ends with the same weights as one that is left alone.
  @Test(.timeLimit(.minutes(10)), arguments: interrupted) func killedRunsGoOn(_ run: Interrupted)
    throws
  {
    func arguments(_ name: String) -> [String] {
      [run.command, "model.onnx", "--data", ".", "--batch", "16", "--threads", "1"] + run.options
        + [
          "--augment", "flip,crop:1", "--checkpoint", "run.\(name)", "--resume", "-o",
          "\(name).onnx",
        ]
    }
    #expect(try place.start(arguments("whole")).wait().status == 0)
    for _ in 1...3 {
      let part = try place.start(arguments("killed"))
      let epochs = { part.log.components(separatedBy: " epoch ").count - 1 }
      while epochs() < run.epochs / 5, part.isRunning { usleep(5000) }
      usleep(UInt32.random(in: 0..<20_000))
      part.kill()
      #expect(part.wait().status == SIGKILL)
    }
    #expect(try place.start(arguments("killed")).wait().status == 0)
    for model in run.models {
      #expect(try place.read("whole" + model) == place.read("killed" + model))
    }
  }

  @Test func teacherCountsAsMuchAsAskedFor() throws {
    let losses = try [[], ["--temperature", "1"], ["--teacher-weight", "0.2"]].map { options in
      let train = try place.start(
        [
          "train", "model.onnx", "-o", "a.onnx", "--data", ".", "--epochs", "1", "--batch", "16",
          "--threads", "1", "--teacher", "model.onnx", "--json",
        ] + options
      ).wait()
      #expect(train.status == 0, "\(train.log)")
      let epochs = try #require(try train.json()["epochs"] as? [[String: Any]])
      return try #require(epochs[0]["loss"] as? Double)
    }
    #expect(Set(losses).count == 3)
  }

  @Test func eventsAreWrittenForTensorBoard() throws {
    let train = try place.pcc(
      "train", "model.onnx", "-o", "a.onnx", "--data", ".", "--epochs", "2", "--batch", "16",
      "--threads", "1", "--optimizer", "adamw", "--schedule", "onecycle", "--clip", "1",
      "--tensorboard", "events")
    #expect(train.status == 0, "\(train.log)")
    let files = try FileManager.default.contentsOfDirectory(atPath: place["events"])
    #expect(files.count == 1 && files[0].hasPrefix("events.out.tfevents."))
  }

  /// `prune` learns from the model that it prunes unless another is named.
  @Test func learnsFromTheTeacherThatIsNamed() throws {
    _ = try place.pcc(
      "train", "model.onnx", "-o", "trained.onnx", "--data", ".", "--epochs", "2", "--batch", "16",
      "--threads", "1")
    func pruned(_ name: String, _ teacher: String...) throws -> [UInt8] {
      let options = [
        "--data", ".", "--epochs", "2", "--batch", "16", "--threads", "1", "--target-macs", "0.5",
      ]
      let result = try place.start(["prune", "trained.onnx", "-o", name] + options + teacher).wait()
      #expect(result.status == 0, "\(result.log)")
      return try place.read(name)
    }
    let usual = try pruned("a.onnx")
    #expect(try pruned("b.onnx", "--teacher", "trained.onnx") == usual)
    #expect(try pruned("c.onnx", "--teacher", "model.onnx") != usual)
    let both = try place.pcc(
      "prune", "trained.onnx", "-o", "d.onnx", "--data", ".", "--target-macs", "0.5",
      "--no-teacher", "--teacher", "model.onnx")
    #expect(both.status == 64)
  }

  /// Each model of a frontier is smaller than the one before, and meets its own target.
  @Test func frontierHasAModelForEachTarget() throws {
    _ = try place.pcc(
      "train", "model.onnx", "-o", "trained.onnx", "--data", ".", "--epochs", "10", "--batch", "16",
      "--threads", "1")
    let prune = try place.pcc(
      "prune", "trained.onnx", "-o", "small.onnx", "--data", ".", "--epochs", "8", "--batch", "16",
      "--threads", "1", "--targets", "0.3,0.6", "--json")
    #expect(prune.status == 0, "\(prune.log)")
    let points = try #require(try prune.json()["frontier"] as? [[String: Any]])
    #expect(points.map { $0["path"] as? String } == ["small-0.6.onnx", "small-0.3.onnx"])
    for (point, target) in zip(points, [0.6, 0.3]) {
      let ratio = try #require(point["macs_ratio"] as? Double)
      #expect((0.8 * target...1.05 * target).contains(ratio))
      let path = try #require(point["path"] as? String)
      #expect(point["accuracy"] as? Double == (try accuracy(path)))
    }
    let wrong = try place.pcc(
      "prune", "trained.onnx", "-o", "s.onnx", "--data", ".", "--targets", "0.5,2")
    #expect(wrong.status == 64)
  }
}
