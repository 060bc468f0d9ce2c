import CZlib
import IR

/// The members of a zip archive, as `.npz` files are: stored or deflated, on one disk.
///
/// Only the central directory is believed, and only as far as it agrees with the file: members lie
/// inside the file without overlap, none claims to expand by more than deflate can, and sizes and
/// checksums must come out as stated.
struct ZipArchive {
  /// What the directory says of one member.
  struct Entry {
    var name: String
    var isDeflated: Bool
    var checksum: UInt32
    var compressedSize: Int
    var size: Int
    var headerOffset: Int
  }

  /// The members in the order of the directory.
  let entries: [Entry]
  private let file: DataFile

  /// The greatest factor by which deflate expands.
  private static let greatestExpansion = 1032

  /// Reads the directory of the archive in memory that `bytes` are.
  init(_ bytes: [UInt8]) throws(Diagnostic) { try self.init(DataFile(bytes, path: "archive")) }

  /// Reads the directory of an archive.
  ///
  /// Throws an `invalid` diagnostic for a broken archive, an `unsupported` one for encryption, other
  /// compressions and archives that need 64-bit directories.
  init(_ file: DataFile) throws(Diagnostic) {
    self.file = file
    let reader = ByteReader(file)
    let end = try Self.endRecord(reader)
    let count = try reader.uint16(end + 10)
    var position = try reader.uint32(end + 16)
    if count == 0xFFFF || position == 0xFFFF_FFFF {
      throw .unsupported("a zip archive with a 64-bit directory")
    }
    var entries: [Entry] = []
    var names: Set<String> = []
    for _ in 0..<count {
      let (entry, next) = try Self.entry(reader, at: position)
      guard names.insert(entry.name).inserted else {
        throw .invalid("two members named '\(entry.name)' in a zip archive")
      }
      entries.append(entry)
      position = next
    }
    self.entries = entries
    try checkOverlaps()
  }

  /// Where the end-of-directory record is: at the end, but for a comment.
  private static func endRecord(_ reader: ByteReader) throws(Diagnostic) -> Int {
    let last = reader.count - 22
    let first = max(0, last - 0xFFFF)
    let tail = last < 0 ? [] : try reader.bytes(first, reader.count - first)
    var position = last - first
    while position >= 0 {
      let length = last - first - position
      if tail[position..<(position + 4)] == [0x50, 0x4B, 5, 6],
        Int(tail[position + 20]) | Int(tail[position + 21]) << 8 == length
      {
        return first + position
      }
      position -= 1
    }
    throw .invalid("not a zip archive: it has no directory")
  }

  private static func entry(
    _ reader: ByteReader, at position: Int
  ) throws(Diagnostic) -> (entry: Entry, next: Int) {
    guard try reader.uint32(position) == 0x0201_4B50 else {
      throw .invalid("a broken directory in a zip archive")
    }
    let nameLength = try reader.uint16(position + 28)
    let tail = try reader.uint16(position + 30) + reader.uint16(position + 32)
    let name = String(
      decoding: try reader.bytes(position + 46, nameLength), as: UTF8.self)
    if try reader.uint16(position + 8) & 1 != 0 {
      throw .unsupported("the encrypted member '\(name)' of a zip archive")
    }
    let method = try reader.uint16(position + 10)
    guard method == 0 || method == 8 else {
      throw .unsupported("member '\(name)' of a zip archive with compression \(method)")
    }
    let entry = Entry(
      name: name, isDeflated: method == 8,
      checksum: UInt32(truncatingIfNeeded: try reader.uint32(position + 16)),
      compressedSize: try reader.uint32(position + 20), size: try reader.uint32(position + 24),
      headerOffset: try reader.uint32(position + 42))
    let sizes = [entry.compressedSize, entry.size, entry.headerOffset]
    if sizes.contains(0xFFFF_FFFF) {
      throw .unsupported("member '\(name)' of a zip archive, which is 4 GiB or more")
    }
    let most = entry.isDeflated ? entry.compressedSize * greatestExpansion : entry.compressedSize
    guard entry.size <= most, method == 8 || entry.size == entry.compressedSize else {
      throw .invalid(
        "member '\(name)' of a zip archive claims \(entry.size) bytes from \(entry.compressedSize)")
    }
    return (entry, position + 46 + nameLength + tail)
  }

  private func checkOverlaps() throws(Diagnostic) {
    var end = 0
    for entry in entries.sorted(by: { $0.headerOffset < $1.headerOffset }) {
      let start = try dataOffset(of: entry)
      guard entry.headerOffset >= end, start + entry.compressedSize <= file.count else {
        throw .invalid("member '\(entry.name)' of a zip archive overlaps another or the file's end")
      }
      end = start + entry.compressedSize
    }
  }

  private func dataOffset(of entry: Entry) throws(Diagnostic) -> Int {
    let reader = ByteReader(file)
    guard try reader.uint32(entry.headerOffset) == 0x0403_4B50 else {
      throw .invalid("member '\(entry.name)' of a zip archive has no header")
    }
    return try entry.headerOffset + 30 + reader.uint16(entry.headerOffset + 26)
      + reader.uint16(entry.headerOffset + 28)
  }

  /// The content of a member, in memory.
  ///
  /// Throws an `invalid` diagnostic unless size and checksum are as the directory says.
  func content(of entry: Entry) throws(Diagnostic) -> [UInt8] {
    try file(of: entry).read(0, entry.size)
  }

  /// The content of a member, where it lies if it is stored, else expanded.
  ///
  /// Throws an `invalid` diagnostic unless size and checksum are as the directory says.
  func file(of entry: Entry) throws(Diagnostic) -> DataFile {
    let stored = try file.part(dataOffset(of: entry), entry.compressedSize)
    let damage = Diagnostic.invalid("member '\(entry.name)' of a zip archive is damaged")
    var content = stored
    if entry.isDeflated {
      guard let expanded = try Inflation.expand(stored, size: entry.size) else { throw damage }
      content = expanded
    }
    var checksum: UInt = 0
    try content.forEachChunk { bytes throws(Diagnostic) in
      // Safety: zlib reads `count` bytes of the buffer and keeps no pointer.
      checksum = bytes.withUnsafeBufferPointer { crc32_z(checksum, $0.baseAddress, $0.count) }
    }
    guard content.count == entry.size, UInt32(truncatingIfNeeded: checksum) == entry.checksum else {
      throw damage
    }
    return content
  }

  /// The CRC-32 of `bytes`.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    // Safety: zlib reads `count` bytes of the buffer and keeps no pointer.
    bytes.withUnsafeBufferPointer { buffer in
      UInt32(truncatingIfNeeded: crc32_z(0, buffer.baseAddress, buffer.count))
    }
  }
}
