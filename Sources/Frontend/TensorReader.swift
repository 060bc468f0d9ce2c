import COnnx
import IR

/// Reads files that hold one `TensorProto`, as ONNX's test cases have them.
public struct TensorReader: Sendable {
  /// Creates a reader.
  public init() {}

  /// Reads the tensor in the file at `path`; throws an environment error if the file cannot be
  /// read, an invalid one if it is no tensor, an unsupported one for element types that are not
  /// known.
  public func read(_ path: String) throws(Diagnostic) -> Tensor {
    do throws(Diagnostic) {
      let file = try MappedFile(path, limit: ModelReader.sizeLimit)
      return try withExtendedLifetime(file) { () throws(Diagnostic) in
        try decode(file.bytes)
      }
    } catch {
      throw error.inFile(path)
    }
  }

  private func decode(_ bytes: UnsafeRawBufferPointer) throws(Diagnostic) -> Tensor {
    var descriptor = onnx__tensor_proto__descriptor
    try WireScan.check(bytes, as: &descriptor)
    let memory = UnpackingMemory(bytes, isMapped: true)
    let unpacked = memory.use { allocator in
      onnx__tensor_proto__unpack(
        allocator, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
    guard let proto = unpacked else { throw .invalid("not a tensor: malformed protobuf") }
    defer { onnx__tensor_proto__free_unpacked(proto, nil) }
    let external = ExternalDataReader(directory: nil, allowsSymlinks: false)
    return try TensorImport(external: external).tensor(proto).tensor
  }
}
