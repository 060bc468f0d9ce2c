import COnnx
import IR

/// Checks an encoded model before protobuf-c unpacks it.
///
/// protobuf-c recurses as deep as messages nest, merges repeated singular messages in quadratic time
/// and allocates whatever a file asks for: the scan, which does none of these, refuses files that
/// would abuse that.
struct WireScan {
  /// How deep messages may nest, the model itself included; each subgraph takes three levels, so that
  /// subgraphs nest at most 32 deep.
  static let depthLimit = 100
  /// The memory that any file may unpack to, in bytes.
  static let memoryFloor = 256 << 20
  /// How many times its own size a larger file may unpack to.
  static let memoryFactor = 8

  private struct Frame {
    let descriptor: UnsafePointer<ProtobufCMessageDescriptor>
    let end: Int
    /// The singular messages already met, by field number.
    var seen: UInt64 = 0
  }

  private let bytes: UnsafeRawBufferPointer
  private var frames: [Frame] = []
  private var memory = 0

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
    let limit = max(WireScan.memoryFloor, WireScan.memoryFactor * bytes.count)
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
      memory += cost(field, known)
      if memory > limit {
        throw .invalid("unpacking takes more than \(limit >> 20) MiB, far beyond the file's size")
      }
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

  /// An upper estimate of the memory that one field takes when unpacked.
  private func cost(
    _ field: WireReader.Field, _ known: UnsafePointer<ProtobufCFieldDescriptor>?
  ) -> Int {
    let overhead = 64
    guard let known else { return overhead + field.content.count }
    if field.wireType != WireReader.delimited { return overhead }
    switch known.pointee.type {
    case PROTOBUF_C_TYPE_MESSAGE:
      let descriptor = known.pointee.descriptor.assumingMemoryBound(
        to: ProtobufCMessageDescriptor.self)
      return overhead + descriptor.pointee.sizeof_message
    case PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_FLOAT,
      PROTOBUF_C_TYPE_DOUBLE:
      return overhead + field.content.count
    default: return overhead + 8 * field.content.count
    }
  }
}
