import IR

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads tensors from the files beside a model, and from nowhere else.
///
/// A location is a relative path without `..`, opened component by component from the model's
/// folder without following symbolic links; the file must be regular and have no other hard link.
final class ExternalDataReader {
  private struct DataFile {
    let descriptor: FileDescriptor
    let size: Int
    /// The bytes handed out so far, without those handed out twice.
    var total = 0
  }

  private struct Slice: Hashable {
    let location: String
    let offset: Int
    let length: Int
  }

  private static let knownKeys: Set = ["location", "offset", "length", "checksum", "basepath"]

  private let directory: String?
  private let allowsSymlinks: Bool
  private var files: [String: DataFile] = [:]
  private var slices: [Slice: TensorBytes] = [:]

  /// Reads below `directory`; without one every location is refused.
  init(directory: String?, allowsSymlinks: Bool) {
    self.directory = directory
    self.allowsSymlinks = allowsSymlinks
  }

  /// The `size` bytes of a tensor that `fields` describe.
  func read(_ fields: [Constant.ExternalField], size: Int) throws(Diagnostic) -> TensorBytes {
    var values: [String: String] = [:]
    for field in fields {
      guard ExternalDataReader.knownKeys.contains(field.key) else {
        throw .invalid("external data has the unknown key '\(field.key)'")
      }
      guard values.updateValue(field.value, forKey: field.key) == nil else {
        throw .invalid("external data has the key '\(field.key)' twice")
      }
    }
    guard let location = values["location"] else {
      throw .invalid("external data has no location")
    }
    let offset = try number(values["offset"], "offset") ?? 0
    if let length = try number(values["length"], "length"), length != size {
      throw .invalid("external data has \(length) bytes, type and shape take \(size)")
    }
    let slice = Slice(location: location, offset: offset, length: size)
    if let bytes = slices[slice] { return bytes }
    var file: DataFile
    if let known = files[location] { file = known } else { file = try open(location) }
    guard offset <= file.size, size <= file.size - offset else {
      throw .invalid(
        "external data at \(offset), \(size) bytes, ends beyond '\(location)' (\(file.size) bytes)")
    }
    file.total += size
    guard file.total <= file.size else {
      throw .invalid("external tensors overlap: they take more bytes than '\(location)' has")
    }
    files[location] = file
    let bytes = try load(slice, file)
    slices[slice] = bytes
    return bytes
  }

  private func number(_ text: String?, _ key: String) throws(Diagnostic) -> Int? {
    guard let text else { return nil }
    guard let value = Int(text), value >= 0 else {
      throw .invalid("external data has the \(key) '\(text)', expected a number of bytes")
    }
    return value
  }

  private func load(_ slice: Slice, _ file: DataFile) throws(Diagnostic) -> TensorBytes {
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, 64, max(slice.length, 1)) == 0, let memory else {
      throw .environment("out of memory for \(slice.length) bytes of external data")
    }
    let address = UInt(bitPattern: memory)
    // Safety: nobody else has the memory, and TensorBytes frees it.
    let bytes = TensorBytes(adopting: memory, count: slice.length) {
      free(UnsafeMutableRawPointer(bitPattern: address))
    }
    try file.descriptor.read(
      into: UnsafeMutableRawBufferPointer(start: memory, count: slice.length), at: slice.offset,
      named: slice.location)
    return bytes
  }

  private func open(_ location: String) throws(Diagnostic) -> DataFile {
    guard let directory, !directory.isEmpty else {
      throw .invalid("external data '\(location)', but the model was not read from a folder")
    }
    let parts = location.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard !location.hasPrefix("/"), !location.contains("\\"), !location.utf8.contains(0),
      parts.allSatisfy({ !$0.isEmpty && $0 != ".." })
    else { throw .invalid("external data '\(location)' lies outside the model's folder") }
    let base = try FileDescriptor.open(directory, flags: O_RDONLY | O_DIRECTORY)
    let file = try descend(parts.filter { $0 != "." }, from: base, location)
    let status = try file.status(named: location)
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .invalid("external data '\(location)' is no regular file")
    }
    guard allowsSymlinks || status.st_nlink == 1 else {
      throw .invalid("external data '\(location)' has other hard links")
    }
    return DataFile(descriptor: file, size: Int(status.st_size))
  }

  private func descend(_ parts: [String], from base: FileDescriptor, _ location: String)
    throws(Diagnostic) -> FileDescriptor
  {
    let links = allowsSymlinks ? 0 : O_NOFOLLOW
    var current = base
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      let kind = isLast ? O_NONBLOCK : O_DIRECTORY
      var code: Int32 = 0
      guard
        let next = FileDescriptor.attempt(
          part, in: current, flags: O_RDONLY | links | kind, code: &code)
      else {
        if code == ELOOP || (code == ENOTDIR && !isLast) {
          throw .invalid(
            "external data '\(location)' passes through a symbolic link or a file",
            notes: ["--allow-external-symlinks permits links"])
        }
        errno = code
        throw FileDescriptor.failure("open", location)
      }
      current = next
    }
    return current
  }
}
