import IR

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An open file, closed when nothing refers to it any more.
final class FileDescriptor: Sendable {
  private let number: Int32

  /// Takes over an open descriptor.
  private init(_ number: Int32) { self.number = number }

  deinit { close(number) }

  /// Opens a regular file for reading, and says how many bytes it has; throws `environment` if it
  /// is missing, unreadable or something else.
  static func open(_ path: String) throws(Diagnostic) -> (file: FileDescriptor, count: Int) {
    let number = openFile(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard number >= 0 else { throw failure().inFile(path) }
    let file = FileDescriptor(number)
    var status = stat()
    guard fstat(number, &status) == 0 else { throw failure().inFile(path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw Diagnostic.environment("is no regular file").inFile(path)
    }
    return (file, Int(status.st_size))
  }

  /// A new file without a name, which is gone when it is closed.
  static func temporary() throws(Diagnostic) -> FileDescriptor {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(folder)/pcc-data.XXXXXX".utf8CString)
    let number = mkstemp(&template)
    guard number >= 0 else { throw failure().inFile(folder) }
    unlink(template)
    return FileDescriptor(number)
  }

  /// Reads up to `memory.count` bytes from `offset` on, and returns how many there were.
  func read(_ offset: Int, into memory: UnsafeMutableRawBufferPointer) throws(Diagnostic) -> Int {
    var done = 0
    while done < memory.count {
      // Safety: the kernel writes at most the bytes that are left of `memory`.
      let got = pread(
        number, memory.baseAddress?.advanced(by: done), memory.count - done, off_t(offset + done))
      if got < 0, errno == EINTR { continue }
      if got < 0 { throw FileDescriptor.failure() }
      if got == 0 { break }
      done += got
    }
    return done
  }

  /// Writes bytes at the end.
  func append(_ bytes: UnsafeRawBufferPointer) throws(Diagnostic) {
    var done = 0
    while done < bytes.count {
      // Safety: the kernel reads at most the bytes that are left of `bytes`.
      let got = write(number, bytes.baseAddress?.advanced(by: done), bytes.count - done)
      if got < 0, errno == EINTR { continue }
      if got < 0 { throw FileDescriptor.failure() }
      done += got
    }
  }

  /// What the last failed call says.
  static func failure() -> Diagnostic {
    .environment(String(cString: strerror(errno)).lowercased())
  }
}

/// The C function `open`, which the name of the method hides.
private func openFile(_ path: String, _ flags: Int32) -> Int32 { open(path, flags) }
