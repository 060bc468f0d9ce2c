import IR

/// The contents of a file in the IDX format of the MNIST family: unsigned bytes of any extents.
///
/// The header is two zero bytes, the element type (8 for unsigned bytes), the number of axes, and
/// their extents as big-endian 32-bit numbers.
struct IDXFile {
  let shape: [Int]
  /// The elements, row-major.
  let bytes: DataFile

  /// Reads a file, plain or compressed by gzip; throws unless it has `ranks` many axes and exactly
  /// the bytes its header announces.
  init(path: String, ranks: ClosedRange<Int>) throws(Diagnostic) {
    let file = try CompressedFile(path: path)
    let magic = try file.read(4)
    guard magic[0] == 0, magic[1] == 0, (8...14).contains(magic[2]), magic[3] > 0 else {
      let found = magic.map { String($0, radix: 16) }.joined(separator: " ")
      throw Diagnostic.invalid("is no IDX file: it begins with bytes \(found)").inFile(path)
    }
    guard magic[2] == 8 else {
      throw Diagnostic.unsupported("has IDX element type \(magic[2]), expected 8, unsigned bytes")
        .inFile(path)
    }
    let rank = Int(magic[3])
    guard ranks.contains(rank) else {
      let expected =
        ranks.count == 1 ? "\(ranks.lowerBound)" : "\(ranks.lowerBound) to \(ranks.upperBound)"
      throw Diagnostic.invalid("has \(rank) axes, expected \(expected)").inFile(path)
    }
    let header = try file.read(4 * rank)
    var shape: [Int] = []
    for axis in 0..<rank {
      shape.append(header[(4 * axis)..<(4 * axis + 4)].reduce(0) { $0 << 8 | Int($1) })
    }
    guard let count = Tensor.count(of: shape), count > 0 else {
      throw Diagnostic.invalid("has extents \(shape), which hold no samples").inFile(path)
    }
    self.shape = shape
    bytes = try IDXFile.payload(file, header: 4 + header.count, count)
  }

  /// The `count` bytes that follow the header, and must end the file.
  private static func payload(_ file: CompressedFile, header: Int, _ count: Int)
    throws(Diagnostic) -> DataFile
  {
    guard file.isPlain else {
      var buffer = SpillBuffer(path: file.path)
      while buffer.count < count {
        let bytes = try file.chunk(min(count - buffer.count, 1 << 20))
        if bytes.isEmpty { throw truncation(file, buffer.count, count) }
        try buffer.append(bytes)
      }
      try file.expectEnd()
      return buffer.finish()
    }
    let whole = try DataFile(path: file.path)
    guard whole.count - header >= count else {
      throw truncation(file, whole.count - header, count)
    }
    guard whole.count - header == count else {
      throw Diagnostic.invalid(
        "has more bytes than its header announces: \(whole.count - header), expected \(count)"
      ).inFile(file.path)
    }
    return try whole.part(header, count)
  }

  private static func truncation(_ file: CompressedFile, _ found: Int, _ expected: Int)
    -> Diagnostic
  {
    Diagnostic.invalid("is truncated: \(found) bytes found, expected \(expected)")
      .inFile(file.path)
  }
}
