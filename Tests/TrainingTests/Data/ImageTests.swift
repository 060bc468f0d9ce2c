import Foundation
import IR
import TestSupport
import Testing
import Training

/// Images in all forms that are read, against what Pillow finds in them.
@Suite struct ImageTests {
  static let folder = TestData.url("images").path

  /// The arrays that Pillow found, by name.
  static func expected() throws -> [String: Tensor] {
    let bytes = try FileBytes.read(folder + "/expected.npz")
    return Dictionary(
      uniqueKeysWithValues: try NumPyArchive.read(bytes).map { ($0.name, $0.array) })
  }

  /// The data set of one file of `forms`, in a folder of its own.
  private func dataset(_ name: String, _ body: (Dataset) throws -> Void) throws {
    let bytes = try FileBytes.read(Self.folder + "/forms/" + name)
    try IDXTests.withFolder([name: bytes]) { folder in
      try body(try #require(try DataSource.read(folder).training))
    }
  }

  private func worst(_ found: [UInt8], _ wanted: Tensor) throws -> Int {
    let wanted = try #require(wanted.integers)
    #expect(found.count == wanted.count)
    return zip(found, wanted).map { abs(Int($0) - $1) }.max() ?? 0
  }

  @Test(arguments: [
    "color.png", "grey.png", "alpha.png", "palette.png", "bits.png", "color.jpg", "grey.jpg",
    "progressive.jpg", "inks.jpg",
  ])
  func decodes(_ name: String) throws {
    let wanted = try #require(try Self.expected()[name])
    try dataset(name) { set in
      #expect(set.extents == wanted.shape)
      let worst = try self.worst(set.bytes, wanted)
      #expect(worst <= (name.hasSuffix("png") ? 0 : 2))
    }
  }

  @Test(arguments: ["palette.png", "bits.png", "deep.png"])
  func readsMasks(_ name: String) throws {
    let wanted = try #require(try Self.expected()["mask " + name]?.integers)
    let image = try FileBytes.read(Self.folder + "/forms/grey.png")
    let mask = try FileBytes.read(Self.folder + "/forms/" + name)
    try ImageTests.withTree(["images/a.png": image, "masks/a.png": mask]) { folder in
      let set = try #require(try DataSource.read(folder).training)
      #expect(try set.label(0) == .classes(wanted.map { Int32($0) }))
    }
  }

  struct Resizing: Sendable {
    let name: String
    let wanted: [Int]
    let policy: ResizePolicy?
  }

  static let resizings = [
    Resizing(name: "resized stretch", wanted: [3, 6, 8], policy: .stretch),
    Resizing(name: "resized enlarge", wanted: [3, 16, 20], policy: .stretch),
    Resizing(name: "resized crop", wanted: [3, 8, 8], policy: nil),
    Resizing(name: "resized crop", wanted: [8, 8, 3], policy: .crop(side: 8)),
  ]

  @Test(arguments: resizings) func resizesLikePillow(_ test: Resizing) throws {
    let wanted = try #require(try Self.expected()[test.name])
    try dataset("color.png") { set in
      let fitted = try set.fitting(test.wanted, test.policy)
      #expect(fitted.extents == wanted.shape)
      #expect(try worst(fitted.bytes, wanted) <= 1)
    }
  }

  @Test func turnsColorsGreyAndBack() throws {
    let grey = try #require(try Self.expected()["grey color.png"])
    try dataset("color.png") { set in
      let worst = try self.worst(set.fitting([1, 10, 13], nil).bytes, grey)
      #expect(worst == 0)
    }
    try dataset("grey.png") { set in
      let bytes = try set.bytes
      #expect(try set.fitting([3, 10, 13], nil).bytes == bytes + bytes + bytes)
    }
  }

  @Test func labelsMoveWithTheirPixels() throws {
    let set = try #require(try DataSource.read(Self.folder + "/masked").training)
    #expect(set.labels == .classes(positions: 64) && set.classNames == ["ground", "thing"])
    var known = set
    known.ignoredLabel = 255
    let small = try known.fitting([1, 4, 4], .stretch)
    #expect(small.labels == .classes(positions: 16))
    guard case .classes(let all) = try known.label(0), case .classes(let few) = try small.label(0)
    else { throw Diagnostic.invalid("no classes") }
    #expect(all[0..<8].allSatisfy { $0 == -1 } && all.contains(1) && !all.contains(255))
    for row in 0..<4 {
      for column in 0..<4 {
        #expect(few[row * 4 + column] == all[(2 * row + 1) * 8 + 2 * column + 1])
      }
    }
  }

  /// Calls `body` with a new folder that holds the files, in folders of their own, and removes it.
  static func withTree(_ files: [String: [UInt8]], _ body: (String) throws -> Void) throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: root) }
    for (name, bytes) in files {
      let path = root.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: path)
    }
    try body(root.path)
  }
}
