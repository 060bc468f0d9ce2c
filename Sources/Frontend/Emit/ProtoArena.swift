import COnnx
import IR

/// Memory for the messages of protobuf-c while a model is written; freed as a whole.
final class ProtoArena {
  private static let blockSize = 1 << 16
  private static let alignment = 16

  private var blocks: [UnsafeMutableRawPointer] = []
  private var free = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  /// Tensors whose memory messages point into.
  private var tensors: [Tensor] = []

  deinit {
    for block in blocks { block.deallocate() }
  }

  private func allocate(_ size: Int) -> UnsafeMutableRawPointer {
    let rounded = (max(size, 1) + ProtoArena.alignment - 1) & ~(ProtoArena.alignment - 1)
    if free.count < rounded {
      let capacity = max(rounded, ProtoArena.blockSize)
      let block = UnsafeMutableRawPointer.allocate(
        byteCount: capacity, alignment: ProtoArena.alignment)
      blocks.append(block)
      if capacity > ProtoArena.blockSize { return block }
      free = UnsafeMutableRawBufferPointer(start: block, count: capacity)
    }
    let start = free.baseAddress
    free = UnsafeMutableRawBufferPointer(rebasing: free[rounded...])
    guard let start else { preconditionFailure("the block was just allocated") }
    return start
  }

  /// A new message that `initialize`, one of the generated functions, sets up.
  func message<Message>(_ initialize: (UnsafeMutablePointer<Message>?) -> Void)
    -> UnsafeMutablePointer<Message>
  {
    let memory = allocate(MemoryLayout<Message>.size).bindMemory(to: Message.self, capacity: 1)
    initialize(memory)
    return memory
  }

  /// A copy of the elements.
  func array<Element: BitwiseCopyable>(_ elements: some Collection<Element>)
    -> UnsafeMutablePointer<Element>
  {
    let memory = allocate(elements.count * MemoryLayout<Element>.stride)
      .bindMemory(to: Element.self, capacity: elements.count)
    _ = UnsafeMutableBufferPointer(start: memory, count: elements.count)
      .initialize(from: elements)
    return memory
  }

  /// A list of messages for a repeated field.
  func list<Message>(_ messages: [UnsafeMutablePointer<Message>]) -> UnsafeMutablePointer<
    UnsafeMutablePointer<Message>?
  > {
    array(messages.map(Optional.init))
  }

  /// A copy of the text, ending in NUL.
  func string(_ text: String) -> UnsafeMutablePointer<CChar> {
    array(text.utf8CString)
  }

  /// A copy of the texts for a repeated field.
  func strings(_ texts: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    array(texts.map { Optional(string($0)) })
  }

  /// A copy of the bytes.
  func bytes(_ bytes: some Collection<UInt8>) -> ProtobufCBinaryData {
    ProtobufCBinaryData(len: bytes.count, data: array(bytes))
  }

  /// The memory of a tensor, kept alive by the arena, not copied.
  func memory(of tensor: Tensor) -> UnsafeMutableRawBufferPointer {
    tensors.append(tensor)
    // Safety: the tensor's memory does not move or change while `tensors` holds a reference.
    return tensor.withBytes { UnsafeMutableRawBufferPointer(mutating: $0) }
  }

  /// Dictionary entries for a repeated field.
  func entries(_ entries: [(key: String, value: String)]) -> UnsafeMutablePointer<
    UnsafeMutablePointer<Onnx__StringStringEntryProto>?
  > {
    list(
      entries.map { key, value in
        let entry = message(onnx__string_string_entry_proto__init)
        entry.pointee.key = string(key)
        entry.pointee.value = string(value)
        return entry
      })
  }

  /// Adds encoded fields to a message, after those it has.
  func splice<Message>(_ encoded: [UInt8], into message: UnsafeMutablePointer<Message>) {
    guard !encoded.isEmpty else { return }
    // Safety: every generated message begins with its `ProtobufCMessage`.
    message.withMemoryRebound(to: ProtobufCMessage.self, capacity: 1) { base in
      let old = UnsafeBufferPointer(
        start: base.pointee.unknown_fields, count: Int(base.pointee.n_unknown_fields))
      var fields = Array(old)
      encoded.withUnsafeBytes { memory in
        for field in WireReader.fields(of: memory) {
          var reader = WireReader(memory, field.whole)
          _ = reader.varint()
          let content = memory[reader.position..<field.whole.upperBound]
          fields.append(
            ProtobufCMessageUnknownField(
              tag: field.number, wire_type: ProtobufCWireType(rawValue: UInt32(field.wireType)),
              len: content.count, data: array(content)))
        }
      }
      base.pointee.n_unknown_fields = UInt32(fields.count)
      base.pointee.unknown_fields = array(fields)
    }
  }
}
