import IR

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that appears under its name only when it is complete.
///
/// Bytes go to a temporary file beside the target; `commit` syncs it and renames it. If `commit` is
/// not reached, nothing remains. Symbolic links, hard links and devices are never written through.
public final class OutputFile {
  /// Which existing files may be replaced.
  public enum Overwrite: Sendable {
    /// None.
    case never
    /// Models that pcc wrote, which carry `pcc.version` in their metadata.
    case ownFiles
    /// Every regular file.
    case always
  }

  private static let bufferSize = 1 << 18

  private let path: String
  private let temporaryPath: String
  private let file: FileDescriptor
  private var buffer: [UInt8] = []
  private var isCommitted = false

  /// Opens a temporary file beside `path`; throws an environment error if that fails or an existing
  /// file at `path` may not be replaced.
  public init(_ path: String, overwrite: Overwrite) throws(Diagnostic) {
    let mode = try OutputFile.checkTarget(path, overwrite)
    self.path = path
    var random = SystemRandomNumberGenerator()
    let suffix = String(random.next(), radix: 36)
    temporaryPath =
      FilePath.directory(of: path) + "/." + FilePath.name(of: path).prefix(100) + ".\(suffix).tmp"
    file = try FileDescriptor.open(
      temporaryPath, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o666, named: path)
    if let mode { fchmod(file.number, mode) }
    buffer.reserveCapacity(OutputFile.bufferSize)
  }

  deinit {
    if !isCommitted { unlink(temporaryPath) }
  }

  /// Throws unless a file may be written to `path`: the check that `init` makes, to be asked before
  /// long work.
  public static func check(_ path: String, overwrite: Overwrite) throws(Diagnostic) {
    _ = try checkTarget(path, overwrite)
  }

  /// Appends bytes.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(Diagnostic) {
    if buffer.count + bytes.count > OutputFile.bufferSize { try flush() }
    if bytes.count >= OutputFile.bufferSize {
      try file.write(bytes, named: path)
    } else {
      buffer.append(contentsOf: bytes)
    }
  }

  /// Appends bytes.
  public func write(_ bytes: [UInt8]) throws(Diagnostic) {
    var failure: Diagnostic?
    bytes.withUnsafeBytes { memory in
      do throws(Diagnostic) { try write(memory) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Makes the file appear under its name, durably.
  public func commit() throws(Diagnostic) {
    try flush()
    guard fsync(file.number) == 0 else { throw FileDescriptor.failure("sync", path) }
    guard rename(temporaryPath, path) == 0 else { throw FileDescriptor.failure("replace", path) }
    isCommitted = true
    let directory = try FileDescriptor.open(
      FilePath.directory(of: path), flags: O_RDONLY | O_DIRECTORY)
    fsync(directory.number)
  }

  private func flush() throws(Diagnostic) {
    let pending = buffer
    buffer.removeAll(keepingCapacity: true)
    var failure: Diagnostic?
    pending.withUnsafeBytes { memory in
      do throws(Diagnostic) { try file.write(memory, named: path) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Checks what stands at `path`; returns the permissions of a file that will be replaced.
  private static func checkTarget(_ path: String, _ overwrite: Overwrite) throws(Diagnostic)
    -> mode_t?
  {
    let site = Site(file: path)
    guard !FilePath.name(of: path).isEmpty else {
      throw .environment("output path names no file", at: site)
    }
    var status = stat()
    guard lstat(path, &status) == 0 else {
      guard errno == ENOENT, access(FilePath.directory(of: path), W_OK | X_OK) == 0 else {
        throw FileDescriptor.failure("open", path)
      }
      return nil
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .environment("output exists and is no regular file", at: site)
    }
    guard status.st_nlink == 1 else {
      throw .environment("output exists and has other hard links", at: site)
    }
    switch overwrite {
    case .always: break
    case .never:
      throw .environment("output exists", at: site, notes: ["--force overwrites it"])
    case .ownFiles:
      guard ModelReader.isOwnFile(path) else {
        throw .environment(
          "output exists and was not written by pcc", at: site,
          notes: ["--force overwrites it"])
      }
    }
    return status.st_mode & 0o777
  }
}
