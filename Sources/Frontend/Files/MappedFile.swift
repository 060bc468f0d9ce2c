import IR

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A regular file mapped into memory for reading.
final class MappedFile {
  /// The content.
  let bytes: UnsafeRawBufferPointer

  /// Maps the file; throws an environment error if it cannot be opened or is no regular file, an
  /// invalid one if it is empty or larger than `limit` bytes.
  init(_ path: String, limit: Int) throws(Diagnostic) {
    let file = try FileDescriptor.open(path, flags: O_RDONLY | O_NONBLOCK)
    let status = try file.status(named: path)
    let site = Site(file: path)
    guard status.st_mode & S_IFMT == S_IFREG else {
      let found = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "no regular file"
      throw .environment("expected a file, found \(found)", at: site)
    }
    guard status.st_size > 0 else { throw .invalid("file is empty", at: site) }
    guard status.st_size <= limit else {
      throw .invalid("file has \(status.st_size) bytes, more than the limit of \(limit)", at: site)
    }
    let size = Int(status.st_size)
    guard let memory = mmap(nil, size, PROT_READ, MAP_PRIVATE, file.number, 0),
      memory != MAP_FAILED
    else { throw FileDescriptor.failure("map", path) }
    bytes = UnsafeRawBufferPointer(start: memory, count: size)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
}
