import Foundation
import IR
import Testing

/// Checks that wrong files and arguments end in one line that names file and cause, the right exit
/// status, and nothing written.
struct CommandErrorTests {
  struct Sample: Sendable {
    var arguments: [String]
    var status: Int32
    /// What the one line names first.
    var place: String
    /// What it must mention.
    var cause: String
  }

  static let samples = [
    Sample(
      arguments: ["info", "missing.onnx"], status: 3, place: "missing.onnx: error: ",
      cause: "no such file"),
    Sample(
      arguments: ["info", "empty.onnx"], status: 2, place: "empty.onnx: error: ", cause: "empty"),
    Sample(
      arguments: ["info", "truncated.onnx"], status: 2, place: "truncated.onnx: ", cause: "error: "),
    Sample(
      arguments: ["info", "random.onnx"], status: 2, place: "random.onnx: ",
      cause: "not an ONNX model"),
    Sample(
      arguments: ["info", "text.onnx"], status: 2, place: "text.onnx: ", cause: "not an ONNX model"),
    Sample(arguments: ["info", "folder"], status: 3, place: "folder: error: ", cause: "file"),
    Sample(
      arguments: ["collapse", "truncated.onnx", "-o", "out.onnx"], status: 2,
      place: "truncated.onnx: ", cause: "error: "),
    Sample(
      arguments: ["augment", "model.onnx", "-o", "foreign.onnx"], status: 3,
      place: "foreign.onnx: error: ", cause: "not written by pcc"),
    Sample(
      arguments: ["augment", "model.onnx", "-o", "nowhere/out.onnx"], status: 3,
      place: "nowhere/out.onnx: error: ", cause: "no such"),
    Sample(
      arguments: ["eval", "model.onnx", "--data", "nowhere"], status: 3,
      place: "nowhere: error: ", cause: "no such file"),
    Sample(
      arguments: ["train", "model.onnx", "-o", "out.onnx", "--data", "folder"], status: 2,
      place: "folder: error: ", cause: "no data set"),
    Sample(
      arguments: ["train", "model.onnx", "-o", "out.onnx", "--data", "badlabels"], status: 2,
      place: "badlabels/train-labels-idx1-ubyte: error: ", cause: "label"),
    Sample(
      arguments: [
        "prune", "model.onnx", "-o", "out.onnx", "--data", "nowhere", "--target-macs", "0.5",
      ],
      status: 3, place: "nowhere: error: ", cause: "no such file"),
    Sample(
      arguments: [
        "prune", "model.onnx", "-o", "taken", "--data", "data", "--target-macs", "0.5",
      ],
      status: 3, place: "taken.gated.onnx: error: ", cause: "not written by pcc"),
    Sample(
      arguments: ["train", "model.onnx", "--data", "data"], status: 3, place: "model.onnx: error: ",
      cause: "not written by pcc"),
    Sample(
      arguments: ["train", "model.onnx", "-o", "nowhere/out.onnx", "--data", "data"], status: 3,
      place: "nowhere/out.onnx: error: ", cause: "no such file"),
    Sample(
      arguments: [
        "train", "model.onnx", "-o", "out.onnx", "--data", "data", "--batch", "2", "--log",
        "nowhere/log",
      ],
      status: 3, place: "nowhere/log: error: ", cause: "cannot be written"),
    Sample(
      arguments: ["run", "model.onnx", "-o", "foreign.onnx"], status: 3,
      place: "foreign.onnx: error: ", cause: "output exists"),
    Sample(
      arguments: ["run", "model.onnx", "--input", "x=text.onnx"], status: 2,
      place: "text.onnx: error: ", cause: "not a .npy"),
    Sample(
      arguments: ["run", "model.onnx", "--input", "z=a.npy"], status: 64, place: "error: ",
      cause: "its inputs are 'x'"),
    Sample(
      arguments: ["run", "model.onnx", "--shape", "x:1,2,8,8"], status: 64, place: "error: ",
      cause: "does not fit"),
    Sample(
      arguments: ["opt", "model.onnx", "-o", "out.onnx", "--passes", "nonsense"], status: 64,
      place: "error: ", cause: "there is no pass 'nonsense'"),
    Sample(
      arguments: ["collapse", "gateless.onnx", "-o", "out.onnx"], status: 2,
      place: "gateless.onnx: ", cause: "pcc.gates"),
  ]

  @Test(arguments: samples.indices) func endsInOneLine(_ index: Int) throws {
    let sample = Self.samples[index]
    let place = try Workplace()
    try Self.prepare(place)
    let before = try place.files
    let result = try place.start(sample.arguments).wait()
    #expect(result.status == sample.status, "\(result.log)")
    #expect(result.output.isEmpty)
    let lines = result.log.split(separator: "\n").filter { $0.contains("error: ") }
    #expect(lines.count == 1, "\(result.log)")
    #expect(lines.first?.contains(sample.place) == true, "\(result.log)")
    #expect(lines.first?.lowercased().contains(sample.cause.lowercased()) == true, "\(result.log)")
    #expect(lines.first?.hasSuffix(".") == false)
    #expect(try place.files == before)
    #expect(try place.read("foreign.onnx") == place.read("model.onnx"))
  }

  private static func prepare(_ place: Workplace) throws {
    var model = SampleModels.classifier()
    try SampleModels.write(model, to: place["model.onnx"])
    let bytes = try place.read("model.onnx")
    try place.write(bytes, to: "foreign.onnx")
    try place.write(bytes, to: "taken.gated.onnx")
    try place.write(bytes.prefix(bytes.count / 2), to: "truncated.onnx")
    try place.write([], to: "empty.onnx")
    try place.write(
      (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) }, to: "random.onnx")
    try place.write("this is no model\n".utf8, to: "text.onnx")
    model[metadata: "pcc.gates"] = "{\"version\": 1}"
    try SampleModels.write(model, to: place["gateless.onnx"])
    let manager = FileManager.default
    for folder in ["folder", "data", "badlabels"] {
      try manager.createDirectory(atPath: place[folder], withIntermediateDirectories: true)
    }
    for folder in ["data", "badlabels"] {
      try place.write(
        SampleModels.idx([4, 8, 8], Array(repeating: 9, count: 256)),
        to: "\(folder)/train-images-idx3-ubyte")
    }
    try place.write(SampleModels.idx([4], [0, 1, 2, 0]), to: "data/train-labels-idx1-ubyte")
    try place.write(SampleModels.idx([3], [0, 1, 2]), to: "badlabels/train-labels-idx1-ubyte")
  }

  @Test(arguments: [
    ["collapse", "model.onnx", "-o", "out.onnx", "--threshold", "2"],
    ["augment", "model.onnx", "--ratio", "0.5"],
    ["augment", "model.onnx", "--criterion", "l2"],
    ["train", "model.onnx"],
    ["train", "model.onnx", "--data", "data", "--shape", "x:1,1,8,8"],
    ["eval", "model.onnx", "--data", "data", "--shape", "x:1,1,8,8"],
    ["run", "model.onnx", "--shape", "x"],
    ["run", "model.onnx", "--threads", "0"],
    ["frobnicate"],
    ["info"],
  ])
  func wrongUsageIsRefused(_ arguments: [String]) throws {
    let place = try Workplace()
    let result = try place.start(arguments).wait()
    #expect(result.status == 64)
    #expect(result.output.isEmpty)
    #expect(result.log.contains("Error: "))
    #expect(try place.files.isEmpty)
  }

  @Test func forceOverwritesForeignFiles() throws {
    let place = try Workplace()
    try Self.prepare(place)
    #expect(try place.pcc("augment", "model.onnx", "-o", "foreign.onnx", "--force").status == 0)
    #expect(try place.read("foreign.onnx") != place.read("model.onnx"))
    #expect(try place.pcc("augment", "model.onnx", "-o", "foreign.onnx").status == 0)
    #expect(try place.pcc("run", "model.onnx", "-o", "foreign.onnx", "--force").status == 0)
  }
}
