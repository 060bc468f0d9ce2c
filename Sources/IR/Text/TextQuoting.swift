/// How names and strings are spelled in the textual form.
enum TextQuoting {
  /// Whether a byte may stand in a name without quotes.
  static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "/"):
      true
    default: false
    }
  }

  /// The name, in quotes if it is empty or holds anything outside `[A-Za-z0-9_./]`, or `//`.
  static func name(_ name: String) -> String {
    let isPlain = !name.isEmpty && name.utf8.allSatisfy(isPlain) && !name.contains("//")
    return isPlain ? name : quoted(Array(name.utf8))
  }

  /// An extent's name: quoted unless it is plain and no number.
  static func dimension(_ name: String) -> String {
    let first = name.utf8.first ?? 0
    let isNumeric = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) || name.hasPrefix(".")
    return isNumeric ? quoted(Array(name.utf8)) : Self.name(name)
  }

  /// The bytes in quotes; control characters and what is not UTF-8 are escaped.
  static func quoted(_ bytes: [UInt8]) -> String {
    var result = "\""
    var decoder = UTF8()
    var position = 0
    while position < bytes.count {
      var iterator = bytes[position...].makeIterator()
      decoder = UTF8()
      guard case .scalarValue(let scalar) = decoder.decode(&iterator) else {
        result += "\\x" + hex([bytes[position]])
        position += 1
        continue
      }
      position += UTF8.width(scalar)
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        result += "\\x" + hex([UInt8(scalar.value)])
      case _: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// Two hexadecimal digits a byte.
  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}

extension UTF8 {
  /// The bytes a scalar takes.
  fileprivate static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case ..<0x80: 1
    case ..<0x800: 2
    case ..<0x10000: 3
    default: 4
    }
  }
}
