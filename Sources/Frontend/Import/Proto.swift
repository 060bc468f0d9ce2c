import COnnx
import IR

/// What the C structs of protobuf-c hold, as Swift values.
enum Proto {
  /// The text of a string field; nil if it is absent. Throws for bytes that are not UTF-8.
  static func text(_ pointer: UnsafePointer<CChar>?) throws(Diagnostic) -> String? {
    guard let pointer else { return nil }
    guard let text = String(validatingCString: pointer) else {
      throw .invalid("a string is not UTF-8")
    }
    return text
  }

  /// The texts of a repeated string field.
  static func texts(_ count: Int, _ items: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?)
    throws(Diagnostic) -> [String]
  {
    var texts: [String] = []
    texts.reserveCapacity(count)
    for item in UnsafeBufferPointer(start: items, count: count) {
      texts.append(try text(item) ?? "")
    }
    return texts
  }

  /// The messages of a repeated field.
  static func list<Message>(
    _ count: Int, _ items: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?
  ) -> [UnsafeMutablePointer<Message>] {
    UnsafeBufferPointer(start: items, count: count).compactMap { $0 }
  }

  /// The numbers of a repeated field.
  static func numbers<Number>(_ count: Int, _ items: UnsafeMutablePointer<Number>?) -> [Number] {
    Array(UnsafeBufferPointer(start: items, count: count))
  }

  /// The bytes of a bytes field.
  static func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
    Array(UnsafeBufferPointer(start: data.data, count: data.len))
  }

  /// The entries of a dictionary field, in order.
  static func entries(
    _ count: Int,
    _ items: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__StringStringEntryProto>?>?
  ) throws(Diagnostic) -> [(key: String, value: String)] {
    var entries: [(key: String, value: String)] = []
    for item in list(count, items) {
      entries.append((try text(item.pointee.key) ?? "", try text(item.pointee.value) ?? ""))
    }
    return entries
  }

  /// A repeated message field, encoded.
  static func encoded<Message>(
    field: UInt32, _ count: Int, _ items: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?
  ) -> [UInt8] {
    list(count, items).flatMap { WireBytes.field(field, WireBytes.pack(UnsafePointer($0))) }
  }
}
