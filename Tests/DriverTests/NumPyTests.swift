import IR
import Testing
import Training

/// Checks the reading and writing of `.npy` and `.npz` files against bytes that NumPy writes, and
/// against damaged ones.
struct NumPyTests {
  /// A `.npy` file with the given header text and elements.
  private func file(_ header: String, _ elements: [UInt8], version: UInt8 = 1) -> [UInt8] {
    let length = header.utf8.count
    let size =
      version == 1
      ? [UInt8(length & 0xFF), UInt8(length >> 8)]
      : [UInt8(length & 0xFF), UInt8(length >> 8), 0, 0]
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + size + Array(header.utf8) + elements
  }

  struct Sample: Sendable {
    var header: String
    var elements: [UInt8]
    var version: UInt8 = 1
    var expected: Tensor
  }

  static let samples = [
    Sample(
      header: "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }\n",
      elements: [0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 255, 255],
      expected: Tensor([0, 1, 2, 3, 4, -1] as [Int16], shape: [2, 3])),
    Sample(
      header: "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3)}",
      elements: [0, 0, 0, 3, 0, 1, 0, 4, 0, 2, 0, 5],
      expected: Tensor([0, 1, 2, 3, 4, 5] as [Int16], shape: [2, 3])),
    Sample(
      header: "{'shape': (), 'fortran_order': False, 'descr': '<f4'}", elements: [0, 0, 128, 63],
      version: 2, expected: Tensor(scalar: 1 as Float)),
    Sample(
      header: "{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }  \n", elements: [0, 1, 7],
      expected: Tensor([false, true, true])),
    Sample(
      header: "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 1, 3), }",
      elements: [1, 4, 2, 5, 3, 6],
      expected: Tensor([1, 2, 3, 4, 5, 6] as [UInt8], shape: [2, 1, 3])),
    Sample(
      header: "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 4), }", elements: [],
      expected: Tensor([] as [Double], shape: [0, 4])),
  ]

  @Test(arguments: samples.indices) func reads(_ index: Int) throws {
    let sample = Self.samples[index]
    let bytes = file(sample.header, sample.elements, version: sample.version)
    #expect(try NumPyArray.read(bytes) == sample.expected)
  }

  @Test(arguments: [
    "", "{", "{}", "[1]", "{'descr': '<f4'}",
    "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 8)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (__import__('os'),)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} + 1",
    "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
  ])
  func refuses(_ header: String) {
    #expect(throws: Diagnostic.self) { try NumPyArray.read(file(header, [0, 0, 128, 63])) }
  }

  @Test func refusesEveryTruncation() throws {
    let whole = try NumPyArray.write(Tensor([1, 2, 3] as [Float]))
    for length in whole.indices {
      #expect(throws: Diagnostic.self) { try NumPyArray.read(Array(whole.prefix(length))) }
    }
  }

  static let tensors = [
    Tensor([1.5, -2] as [Float]), Tensor([1, 2, 3, 4] as [Int64], shape: [2, 1, 2]),
    Tensor(scalar: 3.25), Tensor([true, false]), Tensor([] as [UInt16], shape: [3, 0]),
    Tensor([1, 0.5] as [Float16], shape: [1, 2]),
  ]

  @Test(arguments: tensors.indices) func writesWhatItReads(_ index: Int) throws {
    let bytes = try NumPyArray.write(Self.tensors[index])
    #expect(try NumPyArray.read(bytes) == Self.tensors[index])
  }

  @Test func writesBFloat16AsFloat32() throws {
    let bytes = try NumPyArray.write(Tensor([BFloat16(1.5)]))
    #expect(try NumPyArray.read(bytes) == Tensor([1.5 as Float]))
  }

  @Test func archivesComeBack() throws {
    let named = Self.tensors.enumerated().map { (name: "array/\($0)", array: $1) }
    let read = try NumPyArchive.read(NumPyArchive.write(named))
    #expect(read.map(\.name) == named.map(\.name))
    #expect(read.map(\.array) == named.map(\.array))
  }

  /// What `numpy.savez_compressed(file, x=numpy.zeros((4, 4), "float32"))` writes.
  static let deflated: [UInt8] = [
    80, 75, 3, 4, 45, 0, 0, 0, 8, 0, 0, 0, 33, 0, 43, 55, 182, 106, 255, 255, 255, 255, 255, 255,
    255, 255, 5, 0, 20, 0, 120, 46, 110, 112, 121, 1, 0, 16, 0, 192, 0, 0, 0, 0, 0, 0, 0, 73, 0,
    0, 0, 0, 0, 0, 0, 155, 236, 23, 234, 27, 16, 201, 200, 80, 198, 80, 173, 158, 146, 90, 156,
    92, 164, 110, 165, 160, 110, 147, 102, 162, 174, 163, 160, 158, 150, 95, 84, 82, 148, 152, 23,
    159, 95, 148, 146, 10, 18, 119, 75, 204, 41, 78, 5, 138, 23, 103, 36, 22, 164, 2, 249, 26, 38,
    58, 10, 38, 154, 58, 10, 181, 10, 100, 3, 46, 6, 10, 1, 0, 80, 75, 1, 2, 45, 3, 45, 0, 0, 0,
    8, 0, 0, 0, 33, 0, 43, 55, 182, 106, 73, 0, 0, 0, 192, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 128, 1, 0, 0, 0, 0, 120, 46, 110, 112, 121, 80, 75, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0, 51, 0,
    0, 0, 128, 0, 0, 0, 0, 0,
  ]

  @Test func readsDeflatedArchives() throws {
    let arrays = try NumPyArchive.read(Self.deflated)
    #expect(arrays.map(\.name) == ["x"])
    #expect(arrays.map(\.array) == [Tensor(zeros: .float32, shape: [4, 4])])
  }

  @Test func refusesEveryTruncatedArchive() {
    for length in Self.deflated.indices {
      #expect(throws: Diagnostic.self) {
        try NumPyArchive.read(Array(Self.deflated.prefix(length)))
      }
    }
  }

  @Test func survivesEveryChangedByte() {
    for index in Self.deflated.indices {
      for change in [0x01, 0x80, 0xFF] as [UInt8] {
        var bytes = Self.deflated
        bytes[index] ^= change
        let arrays = try? NumPyArchive.read(bytes)
        #expect(arrays.map { $0.count <= 1 } ?? true)
      }
    }
  }

  @Test func refusesAMemberThatClaimsTooMuch() throws {
    var bytes = Self.deflated
    let directory = try #require(
      bytes.indices.last { index in bytes[index...].starts(with: [0x50, 0x4B, 1, 2]) })
    bytes.replaceSubrange((directory + 24)..<(directory + 28), with: [0, 0, 0, 0x70])
    #expect(throws: Diagnostic.self) { try NumPyArchive.read(bytes) }
  }
}
