import COnnx

/// Encoded protobuf fields, put together by hand where a message is kept as bytes.
enum WireBytes {
  /// A variable-length integer.
  static func varint(_ value: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
    return bytes
  }

  /// A length-delimited field.
  static func field(_ number: UInt32, _ content: [UInt8]) -> [UInt8] {
    varint(UInt64(number) << 3 | UInt64(WireReader.delimited)) + varint(UInt64(content.count))
      + content
  }

  /// A message that protobuf-c unpacked, packed again, unknown fields included.
  static func pack<Message>(_ message: UnsafePointer<Message>) -> [UInt8] {
    // Safety: every generated message begins with its `ProtobufCMessage`.
    message.withMemoryRebound(to: ProtobufCMessage.self, capacity: 1) { base in
      let size = protobuf_c_message_get_packed_size(base)
      return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        count = size == 0 ? 0 : protobuf_c_message_pack(base, buffer.baseAddress)
      }
    }
  }

  /// The fields of a message that the schema does not know, as they were read.
  static func unknownFields(of base: ProtobufCMessage) -> [UInt8] {
    var bytes: [UInt8] = []
    for index in 0..<Int(base.n_unknown_fields) {
      let field = base.unknown_fields[index]
      bytes += varint(UInt64(field.tag) << 3 | UInt64(field.wire_type.rawValue))
      bytes += UnsafeBufferPointer(start: field.data, count: field.len)
    }
    return bytes
  }
}
