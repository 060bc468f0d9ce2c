import COnnx
import IR

/// Checks an encoded model before protobuf-c unpacks it.
///
/// protobuf-c recurses as deep as messages nest, merges singular messages that are repeated in
/// quadratic time, and ends strings at the first NUL: the scan refuses files that have such things.
struct WireScan {
  /// How deep messages may nest, the model itself included; each subgraph takes three levels, so
  /// that subgraphs nest at most 32 deep.
  static let depthLimit = 100

  private struct Frame {
    let descriptor: UnsafePointer<ProtobufCMessageDescriptor>
    let end: Int
    /// The singular messages already met, by field number.
    var seen: UInt64 = 0
  }

  private let bytes: UnsafeRawBufferPointer
  private var frames: [Frame] = []

  /// Checks `bytes` as the message that `descriptor` describes.
  static func check(
    _ bytes: UnsafeRawBufferPointer, as descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) throws(Diagnostic) {
    var scan = WireScan(bytes: bytes)
    try scan.run(descriptor)
  }

  private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private mutating func run(_ root: UnsafePointer<ProtobufCMessageDescriptor>) throws(Diagnostic) {
    frames = [Frame(descriptor: root, end: bytes.count)]
    var position = 0
    while let frame = frames.last {
      if position >= frame.end {
        frames.removeLast()
        continue
      }
      var reader = WireReader(bytes, position..<frame.end)
      guard let field = reader.field() else {
        throw .invalid("malformed or truncated protobuf at byte \(position)")
      }
      position = field.whole.upperBound
      let known = protobuf_c_message_descriptor_get_field(frame.descriptor, field.number)
      guard let known, field.wireType == WireReader.delimited else { continue }
      switch known.pointee.type {
      case PROTOBUF_C_TYPE_MESSAGE:
        try enter(field, known)
        position = field.content.lowerBound
      case PROTOBUF_C_TYPE_STRING:
        if bytes[field.content].contains(0) {
          throw .invalid("a string with a NUL character at byte \(field.content.lowerBound)")
        }
      default: break
      }
    }
  }

  private mutating func enter(
    _ field: WireReader.Field, _ known: UnsafePointer<ProtobufCFieldDescriptor>
  ) throws(Diagnostic) {
    guard let frame = frames.last else { return }
    let descriptor = known.pointee.descriptor.assumingMemoryBound(
      to: ProtobufCMessageDescriptor.self)
    if known.pointee.label != PROTOBUF_C_LABEL_REPEATED, field.number < 64 {
      let bit = UInt64(1) << UInt64(field.number)
      if frame.seen & bit != 0 {
        throw .invalid("field '\(String(cString: known.pointee.name))' occurs twice in one message")
      }
      frames[frames.count - 1].seen |= bit
    }
    if frames.count >= WireScan.depthLimit {
      throw .invalid("messages nest deeper than \(WireScan.depthLimit)")
    }
    frames.append(Frame(descriptor: descriptor, end: field.content.upperBound))
  }
}
