import Foundation
import Frontend
import IR
import Testing

/// External data is read from the model's folder only, and written back as external data.
@Suite struct ExternalDataTests {
  /// A model whose one initializer, float32 [2], is described by the given keys and values.
  private static func model(_ fields: [(String, String)]) -> [UInt8] {
    let entries = fields.flatMap { Wire.bytes(13, Wire.text(1, $0.0) + Wire.text(2, $0.1)) }
    return Wire.model(
      graph: Wire.initializer(
        Wire.int(1, 2) + Wire.int(2, 1) + Wire.text(8, "w") + entries + Wire.int(14, 1)))
  }

  private static let payload = Tensor([1.5, -2] as [Float]).withBytes(Array.init)

  /// A folder `inner` with a data file, beside a secret outside, links to both, and a pipe.
  private static func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let manager = FileManager.default
    try manager.createDirectory(
      atPath: folder.file("inner/sub"), withIntermediateDirectories: true)
    for name in ["secret.bin", "inner/data.bin", "inner/sub/data.bin", "inner/linked.bin"] {
      try folder.write(name, payload)
    }
    try manager.createSymbolicLink(
      atPath: folder.file("inner/link.bin"), withDestinationPath: "../secret.bin")
    try manager.createSymbolicLink(
      atPath: folder.file("inner/near.bin"), withDestinationPath: "data.bin")
    try manager.createSymbolicLink(
      atPath: folder.file("inner/out"), withDestinationPath: "..")
    try manager.linkItem(
      atPath: folder.file("inner/linked.bin"), toPath: folder.file("inner/hard.bin"))
    mkfifo(folder.file("inner/pipe"), 0o600)
    return folder
  }

  /// What `external_data` says, and the message that must follow; nil where it is right.
  struct Case: Sendable, CustomTestStringConvertible {
    let fields: [(String, String)]
    let message: String?
    var kind = Diagnostic.Kind.invalid

    init(_ location: String, with more: [(String, String)] = [], _ message: String?) {
      fields = [("location", location)] + more
      self.message = message
    }

    var testDescription: String { fields.map { "\($0.0)=\($0.1)" }.joined(separator: " ") }
  }

  static let cases = [
    Case("data.bin", nil), Case("./data.bin", nil), Case("sub/data.bin", nil),
    Case("data.bin", with: [("offset", "0"), ("length", "8"), ("checksum", "x")], nil),
    Case("../secret.bin", "outside"), Case("sub/../../secret.bin", "outside"),
    Case("sub/../data.bin", "outside"), Case("/etc/passwd", "outside"), Case("", "outside"),
    Case("sub//data.bin", "outside"), Case("..", "outside"), Case("sub\\data.bin", "outside"),
    Case("link.bin", "symbolic link"), Case("near.bin", "symbolic link"),
    Case("out/secret.bin", "symbolic link"), Case("hard.bin", "hard links"),
    Case("data.bin/x", "symbolic link or a file"), Case("pipe", "no regular file"),
    Case("sub", "no regular file"), Case(".", "no regular file"),
    Case("data.bin", with: [("offset", "-1")], "offset"),
    Case("data.bin", with: [("offset", "x")], "offset"),
    Case("data.bin", with: [("offset", "4")], "ends beyond"),
    Case("data.bin", with: [("offset", "9223372036854775807")], "ends beyond"),
    Case("data.bin", with: [("length", "4")], "4 bytes"),
    Case("data.bin", with: [("length", "99999999999999999999")], "length"),
    Case("data.bin", with: [("__class__", "x")], "unknown key"),
    Case("data.bin", with: [("location", "data.bin")], "twice"),
  ]

  @Test(arguments: cases) func staysInTheFolder(_ test: Case) throws {
    let folder = try ExternalDataTests.folder()
    try folder.write("inner/model.onnx", ExternalDataTests.model(test.fields))
    let path = folder.file("inner/model.onnx")
    if let message = test.message {
      let error = try #require(diagnostic { _ = try ModelReader().read(path) })
      #expect(error.kind == test.kind)
      #expect(error.message.contains(message), "\(error)")
      #expect(error.site.file == path)
      #expect(error.site.value == "w")
    } else {
      let graph = try ModelReader().read(path).graph
      #expect(graph.tensor(of: graph.value(named: "w")) == Tensor([1.5, -2] as [Float]))
    }
  }

  @Test func reportsAMissingDataFile() throws {
    let folder = try TemporaryFolder()
    try folder.write("model.onnx", ExternalDataTests.model([("location", "none.bin")]))
    let error = try #require(
      diagnostic { _ = try ModelReader().read(folder.file("model.onnx")) })
    #expect(error.kind == .environment)
    #expect(error.message.contains("No such file"))
  }

  @Test(arguments: ["link.bin", "near.bin", "out/secret.bin"])
  func followsLinksWhenAllowed(_ location: String) throws {
    let folder = try ExternalDataTests.folder()
    try folder.write("inner/model.onnx", ExternalDataTests.model([("location", location)]))
    let reader = ModelReader(allowsExternalSymlinks: true)
    let graph = try reader.read(folder.file("inner/model.onnx")).graph
    #expect(graph.tensor(of: graph.value(named: "w")) == Tensor([1.5, -2] as [Float]))
  }

  @Test func refusesOverlappingTensors() throws {
    let folder = try TemporaryFolder()
    try folder.write("data.bin", [UInt8](repeating: 0, count: 12))
    let tensors = [("a", "0"), ("b", "4")].flatMap { name, offset in
      Wire.initializer(
        Wire.int(1, 2) + Wire.int(2, 1) + Wire.text(8, name)
          + Wire.bytes(13, Wire.text(1, "location") + Wire.text(2, "data.bin"))
          + Wire.bytes(13, Wire.text(1, "offset") + Wire.text(2, offset)) + Wire.int(14, 1))
    }
    try folder.write("model.onnx", Wire.model(graph: tensors))
    let error = try #require(
      diagnostic { _ = try ModelReader().read(folder.file("model.onnx")) })
    #expect(error.message.contains("overlap"))
  }

  @Test func staysExternal() throws {
    let folder = try TemporaryFolder()
    let model = try ModelReader().read(Corpus.path("external-data"))
    try ModelWriter().write(model, to: folder.file("out.onnx"), overwrite: .ownFiles)
    let data = try #require(folder.names.first { $0.hasSuffix(".data") })
    #expect(folder.names == [data, "out.onnx"].sorted())
    let again = try ModelReader().read(folder.file("out.onnx"))
    for name in ["w", "unused"] {
      let value = try #require(again.graph.value(named: name))
      guard case .external(let fields)? = again.graph[value].constant?.encoding else {
        Issue.record("'\(name)' is not external any more")
        continue
      }
      #expect(fields.map(\.key) == ["location", "offset", "length"])
      #expect(fields[0].value == data)
      let before = model.graph.tensor(of: model.graph.value(named: name))
      #expect(again.graph.tensor(of: value) == before)
    }
  }

  @Test func namesTheDataFileByItsContent() throws {
    let folder = try TemporaryFolder()
    var model = try ModelReader().read(Corpus.path("external-data"))
    try ModelWriter().write(model, to: folder.file("out.onnx"), overwrite: .always)
    let value = try #require(model.graph.value(named: "unused"))
    model.graph.setConstant(value, Tensor(zeros: .float32, shape: [5]))
    try ModelWriter().write(model, to: folder.file("out.onnx"), overwrite: .always)
    #expect(folder.names.filter { $0.hasSuffix(".data") }.count == 2)
    let again = try ModelReader().read(folder.file("out.onnx")).graph
    #expect(
      again.tensor(of: again.value(named: "unused")) == Tensor(zeros: .float32, shape: [5]))
  }
}
