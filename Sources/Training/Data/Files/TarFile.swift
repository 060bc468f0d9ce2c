import IR

/// The regular files in a tar archive, in the forms of POSIX (ustar, pax) and GNU.
enum TarFile {
  /// One file.
  struct Entry: Sendable {
    var name: String
    var content: DataFile
  }

  private static let blockSize = 512
  /// The longest name or set of attributes that is read.
  private static let longestName = 1 << 16
  /// The most files of an archive.
  private static let mostEntries = 1 << 22

  /// Reads the names and places of all files of an archive; their contents stay where they are.
  ///
  /// Throws `invalid` for anything but a well-formed archive, naming the offset.
  static func entries(_ file: DataFile) throws(Diagnostic) -> [Entry] {
    var entries: [Entry] = []
    var offset = 0
    var name: String?
    while offset < file.count {
      let header = try block(file, offset)
      if header.allSatisfy({ $0 == 0 }) { return entries }
      let size = try check(header, file, offset)
      let start = offset + blockSize
      guard size <= file.count - start else {
        throw fail(file, offset, "announces \(size) bytes, but \(file.count - start) follow")
      }
      let content = try file.part(start, size)
      switch header[156] {
      case 0, 0x30, 0x37:
        guard entries.count < mostEntries else {
          throw Diagnostic.unsupported("holds more than \(mostEntries) files").inFile(file.path)
        }
        entries.append(Entry(name: name ?? self.name(header), content: content))
        name = nil
      case 0x4C: name = text(try bounded(content, file, offset)[...])
      case 0x78: name = try pax(try bounded(content, file, offset), file, offset) ?? name
      default: name = header[156] == 0x67 ? name : nil
      }
      let padded = (size + blockSize - 1) / blockSize * blockSize
      guard padded <= file.count - start || size == file.count - start else {
        throw fail(file, offset, "is truncated")
      }
      offset = start + padded
    }
    return entries
  }

  private static func fail(_ file: DataFile, _ offset: Int, _ what: String) -> Diagnostic {
    Diagnostic.invalid("the tar header at offset \(offset) \(what)").inFile(file.path)
  }

  private static func block(_ file: DataFile, _ offset: Int) throws(Diagnostic) -> [UInt8] {
    guard file.count - offset >= blockSize else { throw fail(file, offset, "is truncated") }
    return try file.read(offset, blockSize)
  }

  private static func bounded(_ content: DataFile, _ file: DataFile, _ offset: Int)
    throws(Diagnostic) -> [UInt8]
  {
    guard content.count <= longestName else {
      throw fail(file, offset, "has a name of \(content.count) bytes")
    }
    return try content.read(0, content.count)
  }

  /// The size that a header announces; throws unless its checksum is right.
  private static func check(_ header: [UInt8], _ file: DataFile, _ offset: Int) throws(Diagnostic)
    -> Int
  {
    let sum = header.enumerated().reduce(0) {
      $0 + ((148..<156).contains($1.offset) ? 0x20 : Int($1.element))
    }
    guard let expected = number(header[148..<156]), expected == sum else {
      throw fail(file, offset, "has a wrong checksum")
    }
    guard let size = number(header[124..<136]) else { throw fail(file, offset, "has no size") }
    return size
  }

  /// An octal number, or one in binary behind a byte 0x80; nil for anything else.
  private static func number(_ field: ArraySlice<UInt8>) -> Int? {
    if field.first == 0x80 {
      let bytes = field.dropFirst()
      guard bytes.dropLast(7).allSatisfy({ $0 == 0 }) else { return nil }
      return bytes.reduce(0) { $0 << 8 | Int($1) }
    }
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
    guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
  }

  private static func name(_ header: [UInt8]) -> String {
    let isPOSIX = Array(header[257..<262]) == Array("ustar".utf8) && header[262] == 0
    let prefix = isPOSIX ? text(header[345..<500]) : ""
    let rest = text(header[0..<100])
    return prefix.isEmpty ? rest : prefix + "/" + rest
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The path among pax attributes, each `LENGTH KEY=VALUE` and a new line; nil if there is none.
  private static func pax(_ bytes: [UInt8], _ file: DataFile, _ offset: Int) throws(Diagnostic)
    -> String?
  {
    var path: String?
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let blank = rest.firstIndex(of: 0x20), blank - rest.startIndex <= 8,
        let length = Int(String(decoding: rest[..<blank], as: UTF8.self)),
        length > blank - rest.startIndex + 1, length <= rest.count,
        rest[rest.startIndex + length - 1] == 0x0A
      else { throw fail(file, offset, "has damaged attributes") }
      let record = rest[(blank + 1)..<(rest.startIndex + length - 1)]
      if record.starts(with: Array("path=".utf8)) { path = text(record.dropFirst(5)) }
      if record.starts(with: Array("size=".utf8)) {
        throw Diagnostic.unsupported("holds a file of more than 8 GiB").inFile(file.path)
      }
      rest = rest.dropFirst(length)
    }
    return path
  }
}
