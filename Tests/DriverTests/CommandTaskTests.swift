import Foundation
import Frontend
import IR
import TestSupport
import Testing
import Training

/// Walks the commands over tasks and data sets other than classes in IDX files.
struct CommandTaskTests {
  private let place: Workplace

  init() throws { place = try Workplace() }

  /// A network that labels each pixel of an 8×8 image, by two convolutions.
  private static func segmenter() -> Model {
    var random = RandomSource(seed: 5)
    var graph = Graph(name: "segmenter")
    func weights(_ name: String, _ shape: [Int]) -> ValueID {
      let count = shape.reduce(1, *)
      return graph.addConstant(
        name, Tensor((0..<count).map { _ in Float(random.uniform() - 0.5) }, shape: shape))
    }
    let x = graph.addInput("x", .tensor(.float32, [.named("N"), .known(1), .known(8), .known(8)]))
    let pads: Attributes = ["kernel_shape": .ints([3, 3]), "pads": .ints([1, 1, 1, 1])]
    let first = graph.add(
      .conv, [x, weights("w1", [6, 1, 3, 3]), weights("b1", [6])], attributes: pads, result: "c",
      .unknown)
    let hidden = graph.add(.relu, [first], result: "r", .unknown)
    graph.addOutput(
      graph.add(
        .conv, [hidden, weights("w2", [2, 6, 3, 3]), weights("b2", [2])], attributes: pads,
        result: "y", .tensor(.float32, [.named("N"), .known(2), .known(8), .known(8)])))
    return Model(graph: graph, irVersion: 8, opset: 17)
  }

  /// Images with a bright square, whose pixels are class 1; the last row is of no class.
  private func writeScenes() throws {
    func scenes(_ count: Int, seed: UInt64) -> (x: Tensor, y: Tensor) {
      var random = RandomSource(seed: seed)
      var (pixels, labels): ([UInt8], [UInt8]) = ([], [])
      for _ in 0..<count {
        let (top, left) = (random.below(5), random.below(5))
        for row in 0..<8 {
          for column in 0..<8 {
            let isBright = (top..<(top + 4)).contains(row) && (left..<(left + 4)).contains(column)
            pixels.append(UInt8((isBright ? 150 : 30) + random.below(60)))
            labels.append(row == 7 ? 255 : isBright ? 1 : 0)
          }
        }
      }
      return (Tensor(pixels, shape: [count, 8, 8]), Tensor(labels, shape: [count, 8, 8]))
    }
    let (training, test) = (scenes(64, seed: 1), scenes(16, seed: 2))
    try place.write(
      NumPyArchive.write([
        ("x", training.x), ("y", training.y), ("x_val", test.x), ("y_val", test.y),
        ("x_test", test.x), ("y_test", test.y),
      ]), to: "scenes.npz")
  }

  @Test func segmentationShowsItsOwnMetric() throws {
    try SampleModels.write(Self.segmenter(), to: place["model.onnx"])
    try writeScenes()
    let data = ["--data", "scenes.npz", "--ignore-label", "255", "--threads", "1"]
    let train = try place.start(
      [
        "train", "model.onnx", "-o", "t.onnx", "--loss", "seg", "--epochs", "10", "--batch", "16",
        "--class-weights", "auto", "--normalize", "auto", "--augment", "flip,vflip,shift:1",
        "--json",
      ] + data
    ).wait()
    #expect(train.status == 0, "\(train.log)")
    let report = try train.json()
    let miou = try #require(report["miou"] as? Double)
    #expect(miou > 0.9 && train.log.contains("mIoU 0."))
    let epochs = try #require(report["epochs"] as? [[String: Any]])
    #expect(epochs.allSatisfy { $0["miou"] is Double && $0["accuracy"] is Double })
    let eval = try place.start(["eval", "t.onnx", "--json"] + data).wait().json()
    #expect(eval["miou"] as? Double == miou)
    let classes = try #require(eval["classes"] as? [[String: Any]])
    let pixels = classes.compactMap { $0["samples"] as? Int }.reduce(0, +)
    #expect(classes.count == 2 && pixels == 16 * 56)
    let confusion = try #require(eval["confusion"] as? [[Int]])
    #expect(confusion.joined().reduce(0, +) == pixels)
    let text = try place.start(["eval", "t.onnx"] + data).wait().output
    #expect(text.contains("mIoU") && text.contains("class  pixels"))
    let prune = try place.start(
      [
        "prune", "t.onnx", "-o", "s.onnx", "--loss", "seg", "--epochs", "8", "--batch", "16",
        "--target-macs", "0.5", "--json",
      ] + data
    ).wait()
    #expect(prune.status == 0, "\(prune.log)")
    let pruned = try prune.json()
    #expect(pruned["miou_before"] as? Double == miou)
    #expect(pruned["miou"] as? Double ?? 0 > 0.7 && pruned["miou_threshold"] is Double)
  }

  @Test func withoutAnIgnoredLabelTheDataIsWrong() throws {
    try SampleModels.write(Self.segmenter(), to: place["model.onnx"])
    try writeScenes()
    let train = try place.pcc(
      "train", "model.onnx", "-o", "t.onnx", "--data", "scenes.npz", "--loss", "seg", "--batch",
      "16")
    #expect(train.status == 2 && train.log.contains("--ignore-label 255"))
    #expect(try !place.files.contains("t.onnx"))
  }

  @Test func costsAreThoseOfTheSamplesSizes() throws {
    var model = Self.segmenter()
    let x = try #require(model.graph.value(named: "x"))
    let open: Shape = [.named("N"), .known(1), .named("H"), .named("W")]
    model.graph.setType(x, .tensor(.float32, open))
    model.graph.setType(
      model.graph.outputs[0], .tensor(.float32, [.named("N"), .known(2), .unknown, .unknown]))
    try SampleModels.write(model, to: place["model.onnx"])
    try writeScenes()
    let common = [
      "--data", "scenes.npz", "--ignore-label", "255", "--loss", "seg", "--epochs", "2", "--batch",
      "16", "--threads", "1", "--json",
    ]
    // Two convolutions of 3×3 between 1, 6 and 2 channels, over 64 pixels.
    let macs = 64 * 9 * (6 + 12)
    let train = try place.start(["train", "model.onnx", "-o", "t.onnx"] + common).wait()
    #expect(try train.json()["macs"] as? Int == macs, "\(train.log)")
    let prune = try place.start(
      ["prune", "model.onnx", "-o", "s.onnx", "--target-macs", "0.5"] + common
    ).wait()
    #expect(try prune.json()["macs_before"] as? Int == macs, "\(prune.log)")
    #expect(!prune.log.contains("is run as"))
  }

  @Test func withoutLabelsAgreementIsTold() throws {
    try SampleModels.write(to: place["model.onnx"])
    func images(_ count: Int) -> Tensor {
      Tensor((0..<(count * 64)).map { UInt8($0 * 37 % 251) }, shape: [count, 8, 8])
    }
    try place.write(
      NumPyArchive.write([("x", images(96)), ("x_test", images(32))]), to: "images.npz")
    let data = ["--data", "images.npz", "--threads", "1"]
    let prune = try place.start(
      [
        "prune", "model.onnx", "-o", "s.onnx", "--loss", "distill", "--epochs", "4", "--batch",
        "16", "--target-macs", "0.5", "--json",
      ] + data
    ).wait()
    #expect(prune.log.contains("before: agreement 100.00 %"), "\(prune.log)")
    let agreement = try #require(try prune.json()["agreement"] as? Double)
    let eval = try place.start(
      ["eval", "s.onnx", "--teacher", "model.onnx", "--json"] + data
    ).wait().json()
    #expect(eval["agreement"] as? Double == agreement && eval["accuracy"] is NSNull)
    let wrong = try place.start(
      ["prune", "model.onnx", "-o", "u.onnx", "--batch", "16", "--target-macs", "0.5"] + data
    ).wait()
    #expect(wrong.status == 2 && wrong.log.contains("--loss distill"), "\(wrong.log)")
  }

  @Test func foldersOfImagesGoByName() throws {
    try SampleModels.write(to: place["model.onnx"])
    let folder = TestData.url("images/folders").path
    let train = try place.pcc(
      "train", "model.onnx", "-o", "t.onnx", "--data", folder, "--epochs", "30", "--batch", "6",
      "--normalize", "auto", "--resize", "stretch", "--threads", "1", "--lr", "0.05")
    #expect(train.status == 0, "\(train.log)")
    let metadata = try #require(
      try ModelReader().read(place["t.onnx"])[metadata: "pcc.input"])
    #expect(metadata.contains(#""names":["bee","wasp"]"#) && metadata.contains("stretch"))
    let eval = try place.pcc("eval", "t.onnx", "--data", folder, "--json").json()
    #expect(eval["accuracy"] as? Double == 1)
    let wasps = place["few/val/wasp"]
    try FileManager.default.createDirectory(atPath: wasps, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: folder + "/val/wasp/0.png", toPath: wasps + "/0.png")
    let few = try place.pcc("eval", "t.onnx", "--data", "few", "--json").json()
    #expect(few["accuracy"] as? Double == 1)
    try FileManager.default.moveItem(atPath: wasps, toPath: place["few/val/ant"])
    let other = try place.pcc("eval", "t.onnx", "--data", "few")
    #expect(other.status == 2 && other.log.contains("'ant'"))
  }

  @Test func numbersAreMeasuredByTheirErrors() throws {
    var random = RandomSource(seed: 3)
    let x = (0..<256).map { _ in Float(random.uniform() - 0.5) }
    let y = x.indices.filter { $0 % 4 == 0 }.map { 2 * x[$0] - x[$0 + 1] }
    var graph = Graph(name: "line")
    let input = graph.addInput("x", .tensor(.float32, [.named("N"), .known(4)]))
    let weight = graph.addConstant("w", Tensor([Float](repeating: 0.1, count: 4), shape: [4, 1]))
    graph.addOutput(
      graph.add(
        .matMul, [input, weight], result: "y", .tensor(.float32, [.named("N"), .known(1)])))
    try SampleModels.write(
      Model(graph: graph, irVersion: 8, opset: 17), to: place["model.onnx"])
    try place.write(
      NumPyArchive.write([
        ("x", Tensor(x, shape: [64, 4])), ("y", Tensor(y)), ("x_test", Tensor(x, shape: [64, 4])),
        ("y_test", Tensor(y)),
      ]), to: "line.npz")
    let train = try place.pcc(
      "train", "model.onnx", "-o", "t.onnx", "--data", "line.npz", "--loss", "mse", "--epochs",
      "60", "--batch", "8", "--threads", "1", "--json")
    #expect(train.status == 0, "\(train.log)")
    #expect(try train.json()["r2"] as? Double ?? 0 > 0.95)
    let eval = try place.pcc("eval", "t.onnx", "--data", "line.npz", "--json").json()
    #expect(eval["mse"] is Double && eval["mae"] is Double && eval["accuracy"] is NSNull)
    #expect(eval["loss"] as? Double == eval["mse"] as? Double)
    let taught = try place.pcc(
      "train", "model.onnx", "-o", "u.onnx", "--data", "line.npz", "--loss", "mse", "--teacher",
      "t.onnx")
    #expect(taught.status == 64 && taught.log.contains("--inner"), "\(taught.log)")
  }

  @Test(arguments: [
    ["--augment", "spin"], ["--resize", "bend"], ["--normalize", "auto,1"],
    ["--class-weights", "x"],
    ["--label-smoothing", "1"], ["--head", "y:-1"], ["--temperature", "0"],
    ["--teacher-weight", "1.5"],
  ])
  func wrongArgumentsAreUsageErrors(_ arguments: [String]) throws {
    let result = try place.start(["train", "m.onnx", "--data", "d"] + arguments).wait()
    #expect(result.status == 64 && result.log.contains(arguments[1]), "\(result.log)")
  }
}
