/// Reads protobuf's wire format piece by piece, without ever reading beyond its bytes.
struct WireReader {
  /// One field: its number, its wire type and where its content lies.
  struct Field {
    let number: UInt32
    let wireType: UInt8
    /// The content; of a length-delimited field without the length.
    let content: Range<Int>
    /// Tag, length and content.
    let whole: Range<Int>
  }

  /// Length-delimited content: strings, bytes, messages, packed numbers.
  static let delimited: UInt8 = 2

  let bytes: UnsafeRawBufferPointer
  private(set) var position: Int
  let end: Int

  /// Reads the given part of `bytes`.
  ///
  /// - Precondition: `range` lies within `bytes`.
  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
    self.bytes = bytes
    self.position = range.lowerBound
    self.end = range.upperBound
  }

  /// Reads all of `bytes`.
  init(_ bytes: UnsafeRawBufferPointer) { self.init(bytes, 0..<bytes.count) }

  /// Whether everything has been read.
  var isAtEnd: Bool { position >= end }

  /// Reads a variable-length integer; nil if it is cut off or longer than ten bytes.
  mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end, shift < 70 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
      shift += 7
    }
    return nil
  }

  /// Reads the next field; nil if it is malformed, cut off or of a wire type that ONNX never uses.
  mutating func field() -> Field? {
    let start = position
    guard let tag = varint(), tag >> 3 > 0, tag >> 3 < 1 << 29 else { return nil }
    let wireType = UInt8(tag & 7)
    var content = position..<position
    switch wireType {
    case 0:
      let first = position
      guard varint() != nil else { return nil }
      content = first..<position
    case 1, 5:
      let size = wireType == 1 ? 8 : 4
      guard end - position >= size else { return nil }
      content = position..<(position + size)
    case WireReader.delimited:
      guard let length = varint(), length <= UInt64(end - position) else { return nil }
      content = position..<(position + Int(length))
    default: return nil
    }
    position = content.upperBound
    return Field(
      number: UInt32(tag >> 3), wireType: wireType, content: content, whole: start..<position)
  }

  /// The fields of an encoded message, as far as it is well formed.
  static func fields(of bytes: UnsafeRawBufferPointer) -> [Field] {
    var reader = WireReader(bytes)
    var fields: [Field] = []
    while !reader.isAtEnd, let field = reader.field() { fields.append(field) }
    return fields
  }
}
