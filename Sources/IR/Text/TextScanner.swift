/// Reads the smallest pieces of the textual form and knows where it is.
struct TextScanner {
  private let bytes: [UInt8]
  private(set) var position = 0

  /// Starts at the beginning of a text.
  init(_ text: String) { bytes = Array(text.utf8) }

  /// An error at the current position.
  func error(_ message: String) -> Diagnostic { error(message, at: position) }

  /// An error at an earlier position.
  func error(_ message: String, at position: Int) -> Diagnostic {
    let before = bytes[..<min(position, bytes.count)]
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let characters = String(decoding: before[start...], as: UTF8.self).count
    return .invalid("line \(line), column \(characters + 1): \(message)")
  }

  /// Skips white space and comments, which `//` begins.
  mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
        position += 1
      case UInt8(ascii: "/") where bytes[position...].starts(with: "//".utf8):
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
      case _: return
      }
    }
  }

  /// Whether nothing but space is left.
  var isAtEnd: Bool {
    var copy = self
    copy.skipSpace()
    return copy.position == bytes.count
  }

  /// The next byte after space; nil at the end.
  var next: UInt8? {
    var copy = self
    copy.skipSpace()
    return copy.position < bytes.count ? bytes[copy.position] : nil
  }

  /// Whether the text goes on with `symbol`.
  func sees(_ symbol: String) -> Bool {
    var copy = self
    return copy.take(symbol)
  }

  /// Consumes `symbol` if the text goes on with it; a word must end there.
  mutating func take(_ symbol: String) -> Bool {
    var place = self
    place.skipSpace()
    guard bytes[place.position...].starts(with: symbol.utf8) else { return false }
    let end = place.position + symbol.utf8.count
    if let last = symbol.utf8.last, TextQuoting.isPlain(last), end < bytes.count,
      TextQuoting.isPlain(bytes[end]) || bytes[end] == UInt8(ascii: "\"") && symbol != "x"
    {
      return false
    }
    position = end
    return true
  }

  /// Consumes `symbol`, which must come.
  mutating func expect(_ symbol: String) throws(Diagnostic) {
    guard take(symbol) else { throw error("expected '\(symbol)', found \(found)") }
  }

  /// What comes next, for messages.
  var found: String {
    var copy = self
    copy.skipSpace()
    guard copy.position < bytes.count else { return "the end" }
    let rest = String(decoding: bytes[copy.position...].prefix(64), as: UTF8.self)
    let line = rest.prefix { $0 != "\n" }.prefix(12)
    return "'\(line)'"
  }

  /// A name, plain or in quotes.
  mutating func name() throws(Diagnostic) -> String {
    skipSpace()
    if position < bytes.count, bytes[position] == UInt8(ascii: "\"") { return try string() }
    let start = position
    while position < bytes.count, TextQuoting.isPlain(bytes[position]),
      !bytes[position...].starts(with: "//".utf8)
    {
      position += 1
    }
    guard position > start else { throw error("expected a name, found \(found)") }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// A string in quotes that must be UTF-8.
  mutating func string() throws(Diagnostic) -> String {
    let start = position
    let content = try quotedBytes()
    guard let string = String(validating: content, as: UTF8.self) else {
      throw error("string is not UTF-8", at: start)
    }
    return string
  }

  /// The bytes of a string in quotes.
  mutating func quotedBytes() throws(Diagnostic) -> [UInt8] {
    try expect("\"")
    var result: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return result
      case UInt8(ascii: "\\"): result.append(try escape())
      case UInt8(ascii: "\n"): throw error("string ends with its line", at: position - 1)
      case _: result.append(byte)
      }
    }
    throw error("string has no end")
  }

  private mutating func escape() throws(Diagnostic) -> UInt8 {
    guard position < bytes.count else { throw error("string has no end") }
    position += 1
    switch bytes[position - 1] {
    case UInt8(ascii: "n"): return UInt8(ascii: "\n")
    case UInt8(ascii: "r"): return UInt8(ascii: "\r")
    case UInt8(ascii: "t"): return UInt8(ascii: "\t")
    case UInt8(ascii: "\""): return UInt8(ascii: "\"")
    case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
    case UInt8(ascii: "x"):
      guard position + 2 <= bytes.count,
        let byte = TextScanner.byte(bytes[position], bytes[position + 1])
      else { throw error("expected two hexadecimal digits") }
      position += 2
      return byte
    case _: throw error("unknown escape", at: position - 1)
    }
  }

  private static func byte(_ high: UInt8, _ low: UInt8) -> UInt8? {
    UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
  }

  /// Bytes as `x"0aff"`.
  mutating func hexBytes() throws(Diagnostic) -> [UInt8] {
    try expect("x")
    let start = position
    let digits = try quotedBytes()
    guard digits.count % 2 == 0 else { throw error("odd number of digits", at: start) }
    var result: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = TextScanner.byte(digits[index], digits[index + 1]) else {
        throw error("expected hexadecimal digits", at: start)
      }
      result.append(byte)
    }
    return result
  }

  /// The characters of a number or a word such as `inf`, `true` and `nan`.
  mutating func numeral() throws(Diagnostic) -> String {
    skipSpace()
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      let isSign = byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
      guard isSign || TextQuoting.isPlain(byte), byte != UInt8(ascii: "/") else { break }
      position += 1
    }
    guard position > start else { throw error("expected a number, found \(found)") }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// A whole number.
  mutating func integer() throws(Diagnostic) -> Int {
    skipSpace()
    let start = position
    let digits = try numeral()
    guard let value = Int(digits) else {
      throw error("expected a whole number, found '\(digits)'", at: start)
    }
    return value
  }

  /// Items between brackets, separated by commas; a comma may follow the last.
  mutating func list(
    _ open: String, _ close: String,
    _ item: (inout TextScanner) throws(Diagnostic) -> Void
  ) throws(Diagnostic) {
    try expect(open)
    while !take(close) {
      try item(&self)
      if take(",") { continue }
      guard sees(close) else { throw error("expected ',' or '\(close)', found \(found)") }
    }
  }
}
