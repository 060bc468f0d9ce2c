import IR

/// Bytes that are read from where they lie, in any order and by any thread: those of a file, of a
/// part of it, or of memory.
struct DataFile: Sendable {
  private enum Storage: Sendable {
    case memory([UInt8])
    case file(FileDescriptor)
  }

  /// The path, for diagnostics.
  let path: String
  /// The number of bytes.
  let count: Int
  private let start: Int
  private let storage: Storage

  private init(_ storage: Storage, path: String, start: Int, count: Int) {
    self.storage = storage
    self.path = path
    self.start = start
    self.count = count
  }

  /// Opens a file as it is; throws `environment` if it is missing, unreadable or no regular file.
  init(path: String) throws(Diagnostic) {
    let (file, count) = try FileDescriptor.open(path)
    self.init(.file(file), path: path, start: 0, count: count)
  }

  /// Takes bytes in memory.
  init(_ bytes: [UInt8], path: String) {
    self.init(.memory(bytes), path: path, start: 0, count: bytes.count)
  }

  /// Takes the first `count` bytes of a file that is open.
  init(_ file: FileDescriptor, path: String, count: Int) {
    self.init(.file(file), path: path, start: 0, count: count)
  }

  /// The `count` bytes from `offset` on.
  ///
  /// Throws `invalid` unless they lie within.
  func part(_ offset: Int, _ count: Int) throws(Diagnostic) -> DataFile {
    try check(offset, count)
    return DataFile(storage, path: path, start: start + offset, count: count)
  }

  private func check(_ offset: Int, _ length: Int) throws(Diagnostic) {
    guard offset >= 0, length >= 0, offset <= count, length <= count - offset else {
      throw Diagnostic.invalid(
        "is truncated: \(length) bytes expected at offset \(offset), \(max(count - offset, 0)) found"
      ).inFile(path)
    }
  }

  /// Reads the `length` bytes from `offset` on.
  ///
  /// Throws `invalid` unless they lie within, `environment` if the file cannot be read.
  func read(_ offset: Int, _ length: Int) throws(Diagnostic) -> [UInt8] {
    try check(offset, length)
    switch storage {
    case .memory(let bytes):
      return Array(bytes[(start + offset)..<(start + offset + length)])
    case .file(let file):
      var failure: Diagnostic?
      let bytes = [UInt8](unsafeUninitializedCapacity: length) { memory, got in
        got = 0
        do throws(Diagnostic) {
          got = try file.read(start + offset, into: UnsafeMutableRawBufferPointer(memory))
        } catch { failure = error }
      }
      if let failure { throw failure.inFile(path) }
      guard bytes.count == length else {
        throw Diagnostic.invalid(
          "became shorter: \(length) bytes expected at offset \(offset), \(bytes.count) found"
        ).inFile(path)
      }
      return bytes
    }
  }

  /// Calls `body` with all bytes in order, some at a time.
  func forEachChunk(_ body: ([UInt8]) throws(Diagnostic) -> Void) throws(Diagnostic) {
    var offset = 0
    while offset < count {
      let length = min(count - offset, 1 << 20)
      try body(try read(offset, length))
      offset += length
    }
  }
}
