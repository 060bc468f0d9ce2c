import CZlib
import Foundation
import IR
import Testing
import Training

/// Folders with IDX files made on the fly, well-formed and not.
@Suite struct IDXTests {
  /// The bytes of an IDX file.
  static func file(_ shape: [Int], _ payload: [UInt8], type: UInt8 = 8, zeros: [UInt8] = [0, 0])
    -> [UInt8]
  {
    zeros + [type, UInt8(shape.count)]
      + shape.flatMap { extent in (0..<4).map { UInt8(extent >> (24 - 8 * $0) & 0xFF) } } + payload
  }

  /// Calls `body` with a new folder that holds the files, and removes it.
  static func withFolder(_ files: [String: [UInt8]], _ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, bytes) in files {
      let path = folder.appendingPathComponent(name).path
      guard name.hasSuffix(".gz") else {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        continue
      }
      let handle = gzopen(path, "wb")
      bytes.withUnsafeBytes { _ = gzwrite(handle, $0.baseAddress, UInt32($0.count)) }
      gzclose(handle)
    }
    try body(folder.path)
  }

  static let images = file([3, 2, 2], Array(0..<12))
  static let labels = file([3], [7, 0, 2])

  @Test(arguments: [
    "train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte",
  ])
  func readsPairs(_ name: String) throws {
    let files = [name: Self.images, "train-labels-idx1-ubyte.gz": Self.labels]
    try Self.withFolder(files) { folder in
      for path in [folder, folder + "/" + name] {
        let source = try DataSource.read(path)
        let set = try #require(source.training)
        #expect(source.evaluation == nil)
        #expect(set.count == 3 && set.extents == [1, 2, 2])
        #expect(try set.bytes == Array(0..<12))
        #expect(try (0..<3).map { try set.label($0) } == [7, 0, 2].map { .classes([$0]) })
      }
    }
  }

  /// A folder that cannot be read, what the error must name, and its kind.
  struct Malformed: Sendable, CustomStringConvertible {
    let description: String
    let files: [String: [UInt8]]
    let kind: Diagnostic.Kind
    let parts: [String]
  }

  static let malformed: [Malformed] = [
    Malformed(
      description: "no labels", files: ["train-images-idx3-ubyte": images], kind: .environment,
      parts: ["train-labels-idx1-ubyte"]),
    Malformed(
      description: "no images", files: ["t10k-labels-idx1-ubyte": labels], kind: .environment,
      parts: ["t10k-images-idx3-ubyte"]),
    Malformed(
      description: "nothing", files: ["readme": [1]], kind: .invalid, parts: ["train-images"]),
    Malformed(
      description: "wrong magic", files: pair(images: [1, 2, 3, 4, 5, 6, 7, 8]), kind: .invalid,
      parts: ["train-images-idx3-ubyte:", "1 2 3 4"]),
    Malformed(
      description: "wrong type", files: pair(images: file([1, 1, 1], [0, 0], type: 11)),
      kind: .unsupported, parts: ["train-images-idx3-ubyte:", "type 11"]),
    Malformed(
      description: "wrong rank", files: pair(images: labels), kind: .invalid,
      parts: ["train-images-idx3-ubyte:", "1 axes"]),
    Malformed(
      description: "truncated", files: pair(images: Array(images.dropLast())), kind: .invalid,
      parts: ["train-images-idx3-ubyte:", "truncated", "11", "12"]),
    Malformed(
      description: "empty", files: pair(images: []), kind: .invalid,
      parts: ["train-images-idx3-ubyte:", "truncated"]),
    Malformed(
      description: "too long", files: pair(images: images + [0]), kind: .invalid,
      parts: ["train-images-idx3-ubyte:", "more bytes"]),
    Malformed(
      description: "huge claim", files: pair(images: file([0xFFFF_FFFF, 0xFFFF_FFFF, 2], [1])),
      kind: .invalid, parts: ["train-images-idx3-ubyte:"]),
    Malformed(
      description: "large claim", files: pair(images: file([0xFFFF_FFFF, 28, 28], [1])),
      kind: .invalid, parts: ["train-images-idx3-ubyte:", "truncated"]),
    Malformed(
      description: "wrong count", files: pair(labels: file([2], [0, 1])), kind: .invalid,
      parts: ["train-labels-idx1-ubyte:", "2 labels", "3"]),
    Malformed(
      description: "damaged compression",
      files: pair(images: [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xFF, 0xFF, 0xFF, 0xFF]),
      kind: .invalid, parts: ["train-images-idx3-ubyte:"]),
  ]

  private static func pair(images: [UInt8] = images, labels: [UInt8] = labels)
    -> [String: [UInt8]]
  {
    ["train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": labels]
  }

  @Test(arguments: malformed)
  func rejects(_ test: Malformed) throws {
    try Self.withFolder(test.files) { folder in
      #expect {
        _ = try DataSource.read(folder)
      } throws: { error in
        guard let diagnostic = error as? Diagnostic else { return false }
        let text = diagnostic.description
        return diagnostic.kind == test.kind && test.parts.allSatisfy(text.contains)
          && !text.contains("\n")
      }
    }
  }

  @Test func truncatedCompressionIsDamage() throws {
    let noise = (0..<10800).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    let files = [
      "train-images-idx3-ubyte.gz": Self.file([3, 60, 60], noise),
      "train-labels-idx1-ubyte": Self.labels,
    ]
    try Self.withFolder(files) {
      let path = $0 + "/train-images-idx3-ubyte.gz"
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: path))
      let folder = $0
      #expect {
        _ = try DataSource.read(folder)
      } throws: { error in
        guard let diagnostic = error as? Diagnostic else { return false }
        return diagnostic.kind == .invalid && diagnostic.site.file == path
      }
    }
  }

  @Test func missingPathIsEnvironment() {
    #expect {
      _ = try DataSource.read("no/such/folder")
    } throws: { error in
      guard let diagnostic = error as? Diagnostic else { return false }
      return diagnostic.kind == .environment && diagnostic.site.file == "no/such/folder"
    }
  }
}
