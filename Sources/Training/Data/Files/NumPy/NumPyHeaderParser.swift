import IR

/// Parses the dictionary literal of a `.npy` header: three known keys with a string, a boolean and a
/// tuple of integers. Nothing is evaluated.
struct NumPyHeaderParser {
  /// The values found; nil where a key is missing.
  struct Fields {
    var descr: String?
    var isColumnMajor: Bool?
    var shape: [Int]?
  }

  private let text: [UInt8]
  private var position = 0

  /// Creates a parser of `text`.
  init(_ text: [UInt8]) { self.text = text }

  /// Parses the whole text; throws an `invalid` diagnostic for anything unexpected.
  mutating func parse() throws(Diagnostic) -> Fields {
    var fields = Fields()
    try expect("{")
    while !accept("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where fields.descr == nil: fields.descr = try string()
      case "fortran_order" where fields.isColumnMajor == nil: fields.isColumnMajor = try boolean()
      case "shape" where fields.shape == nil: fields.shape = try tuple()
      default: throw fail("an unexpected key '\(key)'")
      }
      if !accept(",") {
        try expect("}")
        break
      }
    }
    skipBlanks()
    if position < text.count { throw fail("something after the dictionary") }
    return fields
  }

  private func fail(_ what: String) -> Diagnostic { .invalid("\(what) in a .npy header") }

  private mutating func skipBlanks() {
    while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) { position += 1 }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(Diagnostic) {
    if !accept(character) { throw fail("no '\(character)' where one is expected") }
  }

  private mutating func string() throws(Diagnostic) -> String {
    skipBlanks()
    guard position < text.count, text[position] == 0x27 || text[position] == 0x22 else {
      throw fail("no string where one is expected (a structured type, perhaps)")
    }
    let quote = text[position]
    guard let end = text[(position + 1)...].firstIndex(of: quote) else {
      throw fail("a string without an end")
    }
    defer { position = end + 1 }
    return String(decoding: text[(position + 1)..<end], as: UTF8.self)
  }

  private mutating func word() -> String {
    skipBlanks()
    let start = position
    while position < text.count, text[position].isLetterOrDigit { position += 1 }
    return String(decoding: text[start..<position], as: UTF8.self)
  }

  private mutating func boolean() throws(Diagnostic) -> Bool {
    switch word() {
    case "True": true
    case "False": false
    default: throw fail("neither True nor False as 'fortran_order'")
    }
  }

  private mutating func tuple() throws(Diagnostic) -> [Int] {
    try expect("(")
    var extents: [Int] = []
    while !accept(")") {
      guard let extent = Int(word()), extent >= 0 else { throw fail("an extent that is no number") }
      extents.append(extent)
      if !accept(",") {
        try expect(")")
        break
      }
    }
    return extents
  }
}

extension UInt8 {
  /// Whether the byte is an ASCII letter or digit.
  fileprivate var isLetterOrDigit: Bool {
    (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
  }
}
