/// Encoded protobuf, made by hand: what the tests feed the reader is independent of the writer.
enum Wire {
  /// A variable-length integer.
  static func varint(_ value: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    repeat {
      bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
      rest >>= 7
    } while rest > 0
    return bytes
  }

  /// An integer field.
  static func int(_ number: UInt64, _ value: Int) -> [UInt8] {
    varint(number << 3) + varint(UInt64(bitPattern: Int64(value)))
  }

  /// A field of bytes, a string or a message.
  static func bytes(_ number: UInt64, _ content: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(UInt64(content.count)) + content
  }

  /// A string field.
  static func text(_ number: UInt64, _ content: String) -> [UInt8] {
    bytes(number, Array(content.utf8))
  }

  /// A model of IR version 8 and opset 17 with the graph's fields.
  static func model(graph: [UInt8], irVersion: Int = 8) -> [UInt8] {
    int(1, irVersion) + bytes(7, graph) + bytes(8, int(2, 17))
  }

  /// A graph's initializer.
  static func initializer(_ fields: [UInt8]) -> [UInt8] { bytes(5, fields) }

  /// A node of a graph.
  static func node(_ type: String, _ inputs: [String], _ outputs: [String], _ more: [UInt8] = [])
    -> [UInt8]
  {
    bytes(
      1,
      inputs.flatMap { text(1, $0) } + outputs.flatMap { text(2, $0) } + text(4, type) + more)
  }

  /// A declared value of a graph: field 11 for inputs, 12 for outputs, 13 for others.
  static func value(_ field: UInt64, _ name: String, _ shape: [Int]? = nil) -> [UInt8] {
    let extents = shape.map { shape in bytes(2, shape.flatMap { bytes(1, int(1, $0)) }) } ?? []
    return bytes(field, text(1, name) + bytes(2, bytes(1, int(1, 1) + extents)))
  }

  /// An integer attribute of a node.
  static func attribute(_ name: String, _ value: Int) -> [UInt8] {
    bytes(5, text(1, name) + int(3, value) + int(20, 2))
  }
}
