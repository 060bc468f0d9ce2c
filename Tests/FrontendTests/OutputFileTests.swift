import Foundation
import Frontend
import IR
import Testing

/// Files appear complete or not at all, and foreign ones stay.
@Suite struct OutputFileTests {
  private static func model(own: Bool) throws -> Model {
    var model = try ModelReader().read(Corpus.path("matmul"))
    if own { model[metadata: ModelWriter.versionKey] = "1" }
    return model
  }

  private static func content(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
  }

  @Test(arguments: [true, false]) func replacesOwnModelsOnly(_ isOwn: Bool) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m.onnx")
    try ModelWriter().write(OutputFileTests.model(own: isOwn), to: path, overwrite: .ownFiles)
    let before = try OutputFileTests.content(path)
    var other = try OutputFileTests.model(own: true)
    other.producerName = "another"
    let error = diagnostic { try ModelWriter().write(other, to: path, overwrite: .ownFiles) }
    #expect(try (OutputFileTests.content(path) == before) == !isOwn)
    #expect((error == nil) == isOwn)
    #expect(error?.kind == (isOwn ? nil : .environment))
    try ModelWriter().write(other, to: path, overwrite: .always)
    #expect(try ModelReader().read(path).producerName == "another")
    #expect(folder.names == ["m.onnx"])
  }

  @Test func keepsForeignFilesAndLinks() throws {
    let folder = try TemporaryFolder()
    try folder.write("notes.txt", Array("not a model".utf8))
    try folder.write("hard.onnx", [1])
    let manager = FileManager.default
    try manager.createSymbolicLink(
      atPath: folder.file("link.onnx"), withDestinationPath: "notes.txt")
    try manager.createSymbolicLink(
      atPath: folder.file("dangling.onnx"), withDestinationPath: "none")
    try manager.linkItem(atPath: folder.file("hard.onnx"), toPath: folder.file("hard2.onnx"))
    try manager.createDirectory(atPath: folder.file("sub"), withIntermediateDirectories: false)
    let names = folder.names
    let model = try OutputFileTests.model(own: true)
    let cases: [(String, OutputFile.Overwrite, String)] = [
      ("notes.txt", .ownFiles, "not written by pcc"), ("link.onnx", .always, "no regular file"),
      ("dangling.onnx", .always, "no regular file"), ("hard.onnx", .always, "hard links"),
      ("sub", .always, "no regular file"), ("", .always, "names no file"),
      ("none/x.onnx", .always, "No such file"),
    ]
    for (name, overwrite, message) in cases {
      let error = diagnostic {
        try ModelWriter().write(model, to: folder.file(name), overwrite: overwrite)
      }
      #expect(error?.kind == .environment)
      #expect(error?.message.contains(message) == true, "\(name): \(String(describing: error))")
    }
    #expect(folder.names == names)
    #expect(try OutputFileTests.content(folder.file("notes.txt")) == Data("not a model".utf8))
  }

  @Test func leavesNothingWithoutCommit() throws {
    let folder = try TemporaryFolder()
    do {
      let file = try OutputFile(folder.file("x.bin"), overwrite: .always)
      try file.write([UInt8](repeating: 7, count: 1 << 20))
      #expect(folder.names.count == 1)
      #expect(folder.names != ["x.bin"])
    }
    #expect(folder.names.isEmpty)
  }

  @Test func writesPiecesInOrderAndKeepsPermissions() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("x.bin")
    try folder.write("x.bin", [0])
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    var expected: [UInt8] = []
    let file = try OutputFile(path, overwrite: .always)
    for size in [1, 300_000, 5, 262_144, 262_143, 2, 0, 70_000] {
      let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) }
      expected += piece
      try file.write(piece)
    }
    try file.commit()
    #expect(try [UInt8](OutputFileTests.content(path)) == expected)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o640)
  }

  @Test func writesNothingWhereTheOpsetCannotExpressTheModel() throws {
    let folder = try TemporaryFolder()
    var model = try ModelReader().read(Corpus.path("opset-7"))
    let x = try #require(model.graph.value(named: "x"))
    model.graph.add(.hardSwish, [x], result: "swished", .unknown)
    let error = try #require(
      diagnostic {
        try ModelWriter().write(model, to: folder.file("m.onnx"), overwrite: .ownFiles)
      })
    #expect(error.kind == .unsupported)
    #expect(error.message.contains("opset 7 has no operator HardSwish"))
    #expect(error.site.nodes == ["swished"])
    #expect(folder.names.isEmpty)
  }
}
