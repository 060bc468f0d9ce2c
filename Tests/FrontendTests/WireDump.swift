/// The content of an encoded model as lines that do not depend on the order of fields and nodes.
///
/// Knows of the schema only which fields are messages worth looking into; all else is compared as
/// bytes. Left out is what means the same when it is absent: empty names, and where external data
/// lies.
struct WireDump {
  /// A kind of message.
  enum Kind: String {
    case model, graph, node, attribute, tensor, value, opset

    /// The kind of the message in a field; nil for leaves.
    func child(_ number: Int) -> Kind? {
      switch (self, number) {
      case (.model, 7), (.attribute, 6), (.attribute, 11): .graph
      case (.model, 8): .opset
      case (.graph, 1): .node
      case (.graph, 5), (.attribute, 5), (.attribute, 10): .tensor
      case (.graph, 11), (.graph, 12), (.graph, 13): .value
      case (.node, 5): .attribute
      default: nil
      }
    }

    /// Whether an absent field and an empty one mean the same, or the field may change.
    func isFree(_ number: Int, isEmpty: Bool) -> Bool {
      switch (self, number) {
      case (.node, 3), (.node, 7), (.opset, 1), (.graph, 2), (.tensor, 8): isEmpty
      case (.tensor, 13): true
      default: false
      }
    }
  }

  /// The lines, sorted.
  private(set) var lines: [String] = []

  /// Dumps a model; attributes of the given names are left out.
  init(_ bytes: [UInt8], ignoring ignored: Set<String> = []) {
    lines = WireDump.lines(bytes[...], .model, ignored).sorted()
  }

  private static func lines(_ bytes: ArraySlice<UInt8>, _ kind: Kind, _ ignored: Set<String>)
    -> [String]
  {
    var lines: [String] = []
    var rest = bytes
    while !rest.isEmpty {
      let tag = varint(&rest)
      let number = Int(tag >> 3)
      var content = rest
      switch tag & 7 {
      case 0:
        let start = rest
        _ = varint(&rest)
        content = start[..<rest.startIndex]
      case 1, 5: content = rest.prefix(tag & 7 == 1 ? 8 : 4)
      default:
        let length = Int(varint(&rest))
        content = rest.prefix(length)
      }
      rest = bytes[content.endIndex...]
      if kind.isFree(number, isEmpty: content.isEmpty) { continue }
      guard let child = kind.child(number) else {
        let text = content.map { String($0, radix: 16) }.joined(separator: " ")
        lines.append("\(kind.rawValue).\(number) = \(text)")
        continue
      }
      let below = WireDump.lines(content, child, ignored).sorted()
      if child == .attribute, ignored.contains(where: { below.contains(name($0)) }) { continue }
      lines.append("\(kind.rawValue).\(number) {\n" + below.joined(separator: "\n") + "\n}")
    }
    return lines
  }

  /// The line of an attribute's name.
  private static func name(_ text: String) -> String {
    "attribute.1 = " + text.utf8.map { String($0, radix: 16) }.joined(separator: " ")
  }

  private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = bytes.popFirst() {
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { break }
      shift += 7
    }
    return value
  }
}
