import IR

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads whole files.
public enum FileBytes {
  /// The content of the regular file at `path`.
  ///
  /// Throws an `environment` diagnostic that names the file if it is missing, no regular file, or
  /// unreadable.
  public static func read(_ path: String) throws(Diagnostic) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw failure(path) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw failure(path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .environment("not a regular file", at: Site(file: path))
    }
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
      count = 0
      while count < buffer.count {
        let got = readBytes(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
        if got < 0, errno == EINTR { continue }
        if got < 0 { failed = true }
        if got <= 0 { break }
        count += got
      }
    }
    if failed { throw failure(path) }
    return bytes
  }

  private static func failure(_ path: String) -> Diagnostic {
    .environment(
      "cannot be read: \(String(cString: strerror(errno)).lowercased())", at: Site(file: path))
  }
}

/// The C function `read`, which the name of the method hides.
private func readBytes(_ file: Int32, _ target: UnsafeMutablePointer<UInt8>?, _ count: Int) -> Int {
  read(file, target, count)
}
