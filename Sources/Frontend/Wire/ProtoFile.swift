import COnnx
import IR

/// A message that a whole file holds, checked and unpacked; whoever reads it frees the content.
struct ProtoFile<Message> {
  typealias Unpack = (
    UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?
  ) -> UnsafeMutablePointer<Message>?

  let content: UnsafeMutablePointer<Message>

  /// Reads the file at `path` as the message that `descriptor` describes and `unpack` makes.
  init(
    _ path: String, _ descriptor: ProtobufCMessageDescriptor, _ unpack: Unpack
  ) throws(Diagnostic) {
    let file = try MappedFile(path, limit: ModelReader.sizeLimit)
    content = try withExtendedLifetime(file) { () throws(Diagnostic) in
      var descriptor = descriptor
      try WireScan.check(file.bytes, as: &descriptor)
      let memory = UnpackingMemory(file.bytes, isMapped: true)
      let unpacked = memory.use { allocator in
        unpack(
          allocator, file.bytes.count, file.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
      }
      guard let unpacked else { throw .invalid("malformed protobuf") }
      return unpacked
    }
  }
}
