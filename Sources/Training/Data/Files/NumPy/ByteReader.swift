import IR

/// Reads little-endian numbers at given places, checking each against the end.
struct ByteReader {
  private let source: DataFile

  /// Creates a reader of `source`.
  init(_ source: DataFile) { self.source = source }

  /// The number of bytes.
  var count: Int { source.count }

  /// The `length` bytes from `offset` on.
  func bytes(_ offset: Int, _ length: Int) throws(Diagnostic) -> [UInt8] {
    guard offset >= 0, length >= 0, offset <= source.count - length else {
      throw .invalid("a truncated archive")
    }
    return try source.read(offset, length)
  }

  /// The 16-bit number at `offset`.
  func uint16(_ offset: Int) throws(Diagnostic) -> Int {
    try bytes(offset, 2).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// The 32-bit number at `offset`.
  func uint32(_ offset: Int) throws(Diagnostic) -> Int {
    try bytes(offset, 4).reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
