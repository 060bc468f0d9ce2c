import Foundation
import IR
import Testing
import Training

@Suite struct ArrayDatasetTests {
  private func write(_ arrays: [(name: String, array: Tensor)], _ body: (String) throws -> Void)
    throws
  {
    try IDXTests.withFolder(["data.npz": NumPyArchive.write(arrays)]) { try body($0 + "/data.npz") }
  }

  @Test func readsSamplesAndClasses() throws {
    let x = Tensor((0..<24).map { UInt8($0) }, shape: [2, 2, 2, 3])
    let y = Tensor([Int64(4), 1])
    try write([("x", x), ("y", y), ("x_test", x)]) { path in
      let source = try DataSource.read(path, layout: .nhwc)
      let training = try #require(source.training)
      #expect(training.extents == [3, 2, 2] && training.classes == 5)
      guard case .bytes(let bytes) = training.elements else { throw Diagnostic.invalid("no bytes") }
      #expect(Array(bytes[..<12]) == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11])
      #expect(source.evaluation?.classes == nil && source.evaluation?.count == 2)
    }
  }

  @Test func readsTargetNumbers() throws {
    let x = Tensor((0..<8).map { Float($0) }, shape: [2, 4])
    let y = Tensor((0..<6).map { Float($0) }, shape: [2, 3])
    try write([("x", x), ("y", y)]) { path in
      let set = try #require(try DataSource.read(path).training)
      guard case .values(let values, let extents) = set.labels else {
        throw Diagnostic.invalid("no numbers")
      }
      #expect(set.extents == [4] && extents == [3] && values == [0, 1, 2, 3, 4, 5])
    }
  }

  static let wrong: [(name: String, array: Tensor)] = [
    ("z", Tensor([Float(0)])), ("x", Tensor([Float(0), 1])),
    ("x", Tensor([Int32(0), 1], shape: [1, 2])),
  ]

  @Test(arguments: 0..<3)
  func rejects(_ index: Int) throws {
    try write([Self.wrong[index]]) { path in
      #expect {
        _ = try DataSource.read(path)
      } throws: { ($0 as? Diagnostic)?.site.file == path }
    }
  }

  @Test func labelsMustBeAsMany() throws {
    let x = Tensor((0..<8).map { Float($0) }, shape: [2, 4])
    try write([("x", x), ("y", Tensor([Int64(1), 2, 3]))]) { path in
      #expect(throws: Diagnostic.self) { try DataSource.read(path) }
    }
  }
}
