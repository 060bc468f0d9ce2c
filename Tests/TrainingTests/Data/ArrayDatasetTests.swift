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
      #expect(training.extents == [3, 2, 2] && training.labels == .classes(positions: 1))
      #expect(try Array(training.bytes[..<12]) == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11])
      #expect(try training.label(0) == .classes([4]))
      #expect(source.evaluation?.labels == LabelKind.none && source.evaluation?.count == 2)
    }
  }

  @Test func theFirstPartMayBeNamedForTraining() throws {
    let x = Tensor((0..<8).map { Float($0) }, shape: [2, 4])
    try write([("x_train", x), ("y_train", Tensor([Int64(1), 0])), ("x_test", x)]) { path in
      let source = try DataSource.read(path)
      #expect(try source.training?.label(0) == .classes([1]) && source.evaluation?.count == 2)
    }
  }

  @Test func readsTargetNumbers() throws {
    let x = Tensor((0..<8).map { Float($0) }, shape: [2, 4])
    let y = Tensor((0..<6).map { Float($0) }, shape: [2, 3])
    try write([("x", x), ("y", y)]) { path in
      let set = try #require(try DataSource.read(path).training)
      #expect(set.extents == [4] && set.labels == .values(extents: [3]))
      #expect(try set.label(0) == .values([0, 1, 2]) && set.label(1) == .values([3, 4, 5]))
    }
  }

  static let wrong: [(name: String, array: Tensor)] = [
    ("z", Tensor([Float(0)])), ("x", Tensor([Float(0), 1])),
    ("x", Tensor([UInt64.max, 1], shape: [1, 2])),
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

  @Test func readsLabelsOfPixelsAndAllParts() throws {
    let x = Tensor((0..<18).map { UInt8($0) }, shape: [2, 3, 3])
    let y = Tensor((0..<18).map { UInt8($0 % 5) }, shape: [2, 3, 3])
    try write([("x", x), ("y", y), ("x_val", x), ("y_val", y), ("x_test", x), ("y_test", y)]) {
      let source = try DataSource.read($0)
      for set in [source.training, source.validation, source.evaluation] {
        let set = try #require(set)
        #expect(set.extents == [1, 3, 3] && set.labels == .classes(positions: 9))
        #expect(try set.label(1) == .classes((9..<18).map { $0 % 5 }))
      }
    }
  }

  @Test func evaluatesOnWhatIsThere() throws {
    let x = Tensor((0..<8).map { Float($0) }, shape: [2, 4])
    let short = Tensor((0..<4).map { Float($0) }, shape: [1, 4])
    try write([("x", x), ("x_val", short)]) {
      let source = try DataSource.read($0)
      #expect(source.validation == nil && source.evaluation?.count == 1)
    }
  }

  /// A file of any number of samples takes no more memory than its samples need.
  @Test func tooManySamplesAreRefused() throws {
    let text = Array("{'descr': '|u1', 'fortran_order': False, 'shape': (200000000, 1), }\n".utf8)
    let head: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, UInt8(text.count), 0] + text
    try IDXTests.withFolder(["x.npy": head]) { folder in
      let file = try #require(FileHandle(forWritingAtPath: folder + "/x.npy"))
      try file.truncate(atOffset: UInt64(head.count + 200_000_000))
      try file.close()
      #expect {
        _ = try DataSource.read(folder + "/x.npy")
      } throws: {
        ($0 as? Diagnostic)?.message.contains("200000000 samples, more than") ?? false
      }
    }
  }

  @Test func readsColumnMajorAndSwappedArrays() throws {
    let header = "{'descr': '>f4', 'fortran_order': True, 'shape': (2, 3), }"
    let text = Array(header.utf8) + [0x0A]
    var bytes: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, UInt8(text.count), 0] + text
    for number in [0, 3, 1, 4, 2, 5] {
      withUnsafeBytes(of: Float(number).bitPattern.bigEndian) { bytes += $0 }
    }
    try IDXTests.withFolder(["x.npy": bytes]) {
      let set = try #require(try DataSource.read($0 + "/x.npy").training)
      for row in 0..<2 {
        #expect(try set.sample(row).elements.floats == (0..<3).map { Float(3 * row + $0) })
      }
    }
  }
}
