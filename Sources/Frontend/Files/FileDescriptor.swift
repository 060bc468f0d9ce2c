import IR

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An open file, closed with the last reference.
final class FileDescriptor: Sendable {
  let number: Int32

  /// Takes over an open descriptor.
  private init(_ number: Int32) { self.number = number }

  deinit { close(number) }

  /// Opens `path`, relative to `directory` if there is one; throws an environment error.
  static func open(
    _ path: String, in directory: FileDescriptor? = nil, flags: Int32, mode: mode_t = 0,
    named shown: String? = nil
  ) throws(Diagnostic) -> FileDescriptor {
    var code: Int32 = 0
    guard let file = attempt(path, in: directory, flags: flags, mode: mode, code: &code) else {
      errno = code
      throw failure("open", shown ?? path)
    }
    return file
  }

  /// Opens `path`; nil, and the system's error in `code`, if that fails.
  static func attempt(
    _ path: String, in directory: FileDescriptor? = nil, flags: Int32, mode: mode_t = 0,
    code: inout Int32
  ) -> FileDescriptor? {
    let number = openat(directory?.number ?? AT_FDCWD, path, flags | O_CLOEXEC, mode)
    code = number < 0 ? errno : 0
    return number < 0 ? nil : FileDescriptor(number)
  }

  /// What the system says of the file.
  func status(named path: String) throws(Diagnostic) -> stat {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw FileDescriptor.failure("inspect", path) }
    return status
  }

  /// Fills `buffer` from byte `offset` on; throws where the file ends before.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int, named path: String)
    throws(Diagnostic)
  {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = pread(number, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0 {
        if errno == EINTR { continue }
        throw FileDescriptor.failure("read", path)
      }
      if count == 0 { throw .environment("file shrank while it was read", at: Site(file: path)) }
      done += count
    }
  }

  /// Writes all of `buffer` at the current position.
  func write(_ buffer: UnsafeRawBufferPointer, named path: String) throws(Diagnostic) {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
      #if canImport(Glibc)
        let count = Glibc.write(number, rest.baseAddress, rest.count)
      #elseif canImport(Musl)
        let count = Musl.write(number, rest.baseAddress, rest.count)
      #else
        let count = Darwin.write(number, rest.baseAddress, rest.count)
      #endif
      if count < 0 {
        if errno == EINTR { continue }
        throw FileDescriptor.failure("write", path)
      }
      done += count
    }
  }

  /// The environment error for the system call that has just failed on `path`.
  static func failure(_ action: String, _ path: String) -> Diagnostic {
    .environment("cannot \(action): \(String(cString: strerror(errno)))", at: Site(file: path))
  }
}

/// The parts of a path.
enum FilePath {
  /// The directory part, "." where there is none.
  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The part after the last slash.
  static func name(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return path }
    return String(path[path.index(after: slash)...])
  }
}
