import IR

/// Bytes that are written once and read in any order afterwards: in memory up to a size, beyond it
/// in a temporary file.
struct SpillBuffer {
  /// The most bytes that are kept in memory.
  private static let room = 1 << 28
  private let path: String
  private let limit: Int
  private var bytes: [UInt8] = []
  private var file: FileDescriptor?
  private(set) var count = 0

  /// Creates an empty buffer for what is expanded of the file at `path`, at most `limit` bytes.
  init(path: String, limit: Int = 1 << 36) {
    self.path = path
    self.limit = limit
  }

  /// Appends bytes; throws `unsupported` beyond the limit, `environment` if the disk is full.
  mutating func append(_ more: [UInt8]) throws(Diagnostic) {
    count += more.count
    guard count <= limit else {
      throw Diagnostic.unsupported("expands to more than \(limit) bytes").inFile(path)
    }
    if file == nil, count <= SpillBuffer.room {
      bytes += more
      return
    }
    do throws(Diagnostic) {
      let target: FileDescriptor
      if let file {
        target = file
      } else {
        target = try FileDescriptor.temporary()
        try SpillBuffer.write(bytes, to: target)
        bytes = []
        file = target
      }
      try SpillBuffer.write(more, to: target)
    } catch { throw error.inFile(path) }
  }

  private static func write(_ bytes: [UInt8], to file: FileDescriptor) throws(Diagnostic) {
    var failure: Diagnostic?
    bytes.withUnsafeBytes { memory in
      do throws(Diagnostic) { try file.append(memory) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// What was written.
  func finish() -> DataFile {
    guard let file else { return DataFile(bytes, path: path) }
    return DataFile(file, path: path, count: count)
  }
}
