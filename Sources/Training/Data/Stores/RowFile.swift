import IR

/// Rows of equal size in a file: the samples of IDX and `.npy` files, the records of CIFAR.
struct RowFile: Sendable {
  /// The most rows: a file that is small because it is compressed may announce any number.
  private static let limit = 1 << 27

  let file: DataFile
  /// The extents of a row's elements.
  let extents: [Int]
  let type: ElementType
  let isByteSwapped: Bool
  let count: Int
  private let offset: Int
  private let stride: Int

  /// Takes `count` rows, the first from `offset` on, each `stride` bytes after the one before.
  ///
  /// Throws `invalid` unless they lie within the file.
  init(
    _ file: DataFile, type: ElementType = .uint8, isByteSwapped: Bool = false, extents: [Int],
    count: Int, offset: Int = 0, stride: Int? = nil
  ) throws(Diagnostic) {
    guard let volume = Tensor.count(of: extents), let size = type.byteCount(of: volume),
      count > 0, size > 0
    else {
      throw Diagnostic.invalid("holds \(count) rows of extents \(extents), expected some")
        .inFile(file.path)
    }
    guard count <= RowFile.limit else {
      throw Diagnostic.unsupported("holds \(count) samples, more than \(RowFile.limit)")
        .inFile(file.path)
    }
    let step = stride ?? size
    let (last, overflow) = step.multipliedReportingOverflow(by: count - 1)
    guard !overflow, offset >= 0, step >= 0, offset <= file.count,
      size <= file.count - offset, last <= file.count - offset - size
    else {
      throw Diagnostic.invalid(
        "is truncated: \(file.count) bytes found, expected \(count) rows of \(step) bytes"
      ).inFile(file.path)
    }
    self.file = file
    self.type = type
    self.isByteSwapped = isByteSwapped
    self.extents = extents
    self.count = count
    self.offset = offset
    self.stride = step
  }

  /// The elements of a row.
  func tensor(_ index: Int) throws(Diagnostic) -> Tensor {
    let size = type.byteCount(of: extents.reduce(1, *)) ?? 0
    let bytes = try file.read(offset + index * stride, size)
    return Tensor(type: type, shape: extents) { target in
      bytes.withUnsafeBytes { target.copyMemory(from: $0) }
      if isByteSwapped { NumPyArray.swapBytes(of: target, width: type.bitWidth / 8) }
      if type == .bool { for place in target.indices where target[place] > 1 { target[place] = 1 } }
    }
  }

  /// All rows in memory.
  ///
  /// - Precondition: the rows follow one another.
  func whole() throws(Diagnostic) -> Tensor {
    let all = try RowFile(
      file, type: type, isByteSwapped: isByteSwapped, extents: [count] + extents, count: 1,
      offset: offset)
    return try all.tensor(0)
  }

  /// The elements of a row as a sample has them.
  ///
  /// Throws `unsupported` for types that no input of a model takes.
  func elements(_ index: Int) throws(Diagnostic) -> Sample.Elements {
    if type == .uint8 { return .bytes(try bytes(index)) }
    let row = try tensor(index)
    if type.isFloatingPoint, let floats = row.floats { return .floats(floats) }
    guard let integers = row.integers else {
      throw Diagnostic.unsupported("row \(index) holds no whole numbers of 64 bits")
        .inFile(file.path)
    }
    return .integers(integers)
  }

  /// The bytes of a row.
  ///
  /// - Precondition: the elements are bytes.
  func bytes(_ index: Int) throws(Diagnostic) -> [UInt8] {
    try file.read(offset + index * stride, extents.reduce(1, *))
  }
}
