import COnnx
import IR

/// Reads ONNX files.
public struct ModelReader: Sendable {
  /// Protobuf's own limit of a message: 2 GiB less one byte.
  static let sizeLimit = Int(Int32.max)

  /// Whether files of external data may be symbolic links or lie behind some, as model caches store
  /// them.
  public var allowsExternalSymlinks: Bool

  /// Creates a reader.
  public init(allowsExternalSymlinks: Bool = false) {
    self.allowsExternalSymlinks = allowsExternalSymlinks
  }

  /// Reads the model at `path`; throws an environment error if the file cannot be read, an invalid
  /// one if it is no ONNX model or a wrong one.
  public func read(_ path: String) throws(Diagnostic) -> Model {
    do throws(Diagnostic) {
      let file = try MappedFile(path, limit: ModelReader.sizeLimit)
      return try withExtendedLifetime(file) { () throws(Diagnostic) in
        try decode(file.bytes, isMapped: true, directory: FilePath.directory(of: path))
      }
    } catch {
      throw error.inFile(path)
    }
  }

  /// Reads a model from memory; external data is refused, because it has no folder.
  public func read(bytes: [UInt8]) throws(Diagnostic) -> Model {
    var result = Result<Model, Diagnostic>.failure(.invalid("file is empty"))
    guard !bytes.isEmpty else { return try result.get() }
    bytes.withUnsafeBytes { memory in
      result = Result { () throws(Diagnostic) in try decode(memory, isMapped: false, directory: nil)
      }
    }
    return try result.get()
  }

  private func decode(_ bytes: UnsafeRawBufferPointer, isMapped: Bool, directory: String?)
    throws(Diagnostic) -> Model
  {
    var descriptor = onnx__model_proto__descriptor
    do throws(Diagnostic) {
      try WireScan.check(bytes, as: &descriptor)
    } catch {
      var error = error
      error.message = "not an ONNX model: " + error.message
      throw error
    }
    let memory = UnpackingMemory(bytes, isMapped: isMapped)
    // Safety: the scan has bounded the depth of what protobuf-c is about to unpack.
    let unpacked = memory.use { allocator in
      onnx__model_proto__unpack(
        allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
    guard let proto = unpacked else {
      throw memory.isExhausted
        ? .invalid(
          "unpacking takes over \(memory.limit >> 20) MiB, far beyond the file's size")
        : .invalid("not an ONNX model: malformed protobuf")
    }
    defer { onnx__model_proto__free_unpacked(proto, nil) }
    let external = ExternalDataReader(
      directory: directory, allowsSymlinks: allowsExternalSymlinks)
    return try Importer(external: external).model(proto)
  }

  /// Whether the file at `path` is a model that pcc wrote: its metadata has `pcc.version`.
  static func isOwnFile(_ path: String) -> Bool {
    guard let file = try? MappedFile(path, limit: sizeLimit) else { return false }
    return withExtendedLifetime(file) {
      WireReader.fields(of: file.bytes).contains { field in
        guard field.number == 14, field.wireType == WireReader.delimited else { return false }
        let entry = UnsafeRawBufferPointer(rebasing: file.bytes[field.content])
        return WireReader.fields(of: entry).contains {
          $0.number == 1 && entry[$0.content].elementsEqual(ModelWriter.versionKey.utf8)
        }
      }
    }
  }
}
