import CZlib
import Foundation
import IR

/// Sequential reading of a file that may be compressed by gzip.
///
/// Memory grows with what the file really holds, never with what it claims.
final class CompressedFile {
  let path: String
  private let handle: gzFile

  /// Opens the file; throws `environment` if it is missing or unreadable.
  init(path: String) throws(Diagnostic) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw Diagnostic.environment(String(cString: strerror(errno)).lowercased()).inFile(path)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw Diagnostic.environment("is no regular file").inFile(path)
    }
    guard let handle = gzopen(path, "rb") else {
      throw Diagnostic.environment(String(cString: strerror(errno)).lowercased()).inFile(path)
    }
    gzbuffer(handle, 1 << 17)
    self.path = path
    self.handle = handle
  }

  deinit { gzclose(handle) }

  /// The next `count` bytes; throws `invalid` if there are fewer or the compression is damaged.
  func read(_ count: Int) throws(Diagnostic) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let wanted = min(count - bytes.count, 1 << 20)
      let start = bytes.count
      bytes.append(contentsOf: repeatElement(0, count: wanted))
      // Safety: `gzread` writes at most `wanted` bytes, which were appended above.
      let got = bytes.withUnsafeMutableBytes { buffer in
        gzread(handle, buffer.baseAddress?.advanced(by: start), UInt32(wanted))
      }
      guard got >= 0 else { throw damage() }
      if got < wanted {
        try checkCompression()
        throw Diagnostic.invalid(
          "is truncated: \(start + Int(got)) bytes found, expected \(count)"
        ).inFile(path)
      }
    }
    return bytes
  }

  /// Whether the file is read as it is, without compression.
  var isPlain: Bool { gzdirect(handle) == 1 }

  /// Up to `most` of the next bytes; none at the end. Throws `invalid` if the compression is
  /// damaged.
  func chunk(_ most: Int = 1 << 20) throws(Diagnostic) -> [UInt8] {
    var got: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: most) { memory, count in
      // Safety: `gzread` writes at most `most` bytes.
      got = gzread(handle, memory.baseAddress, UInt32(truncatingIfNeeded: most))
      count = Int(max(got, 0))
    }
    guard got >= 0 else { throw damage() }
    if bytes.count < most { try checkCompression() }
    return bytes
  }

  /// Expands all that follows, at most `limit` bytes.
  func rest(limit: Int = 1 << 36) throws(Diagnostic) -> DataFile {
    var buffer = SpillBuffer(path: path, limit: limit)
    while true {
      let bytes = try chunk()
      if bytes.isEmpty { return buffer.finish() }
      try buffer.append(bytes)
    }
  }

  /// Throws unless the end is reached.
  func expectEnd() throws(Diagnostic) {
    var byte: UInt8 = 0
    // Safety: one byte of memory for one byte.
    let got = withUnsafeMutableBytes(of: &byte) { gzread(handle, $0.baseAddress, 1) }
    if got > 0 {
      throw Diagnostic.invalid("holds more bytes than its header says").inFile(path)
    }
    if got < 0 { throw damage() }
    try checkCompression()
  }

  private func checkCompression() throws(Diagnostic) {
    var code: Int32 = 0
    _ = gzerror(handle, &code)
    if code != Z_OK, code != Z_STREAM_END { throw damage() }
  }

  private func damage() -> Diagnostic {
    var code: Int32 = 0
    let text = gzerror(handle, &code).map { String(cString: $0) } ?? ""
    if code == Z_ERRNO {
      return Diagnostic.environment(String(cString: strerror(errno)).lowercased()).inFile(path)
    }
    let cause = text.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    return Diagnostic.invalid("is damaged: \(cause ?? "unknown cause")").inFile(path)
  }
}
