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
  private let bytes: [UInt8]

  /// The greatest factor by which deflate expands.
  private static let greatestExpansion = 1032

  /// Reads the directory of the archive that `bytes` hold.
  ///
  /// Throws an `invalid` diagnostic for a broken archive, an `unsupported` one for encryption, other
  /// compressions and archives that need 64-bit directories.
  init(_ bytes: [UInt8]) throws(Diagnostic) {
    self.bytes = bytes
    let reader = ByteReader(bytes)
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
    var position = last
    while position >= max(0, last - 0xFFFF) {
      if try reader.uint32(position) == 0x0605_4B50,
        try reader.uint16(position + 20) == last - position
      {
        return position
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
      guard entry.headerOffset >= end, start + entry.compressedSize <= bytes.count else {
        throw .invalid("member '\(entry.name)' of a zip archive overlaps another or the file's end")
      }
      end = start + entry.compressedSize
    }
  }

  private func dataOffset(of entry: Entry) throws(Diagnostic) -> Int {
    let reader = ByteReader(bytes)
    guard try reader.uint32(entry.headerOffset) == 0x0403_4B50 else {
      throw .invalid("member '\(entry.name)' of a zip archive has no header")
    }
    return try entry.headerOffset + 30 + reader.uint16(entry.headerOffset + 26)
      + reader.uint16(entry.headerOffset + 28)
  }

  /// The content of a member.
  ///
  /// Throws an `invalid` diagnostic unless size and checksum are as the directory says.
  func content(of entry: Entry) throws(Diagnostic) -> [UInt8] {
    let start = try dataOffset(of: entry)
    let stored = bytes[start..<(start + entry.compressedSize)]
    let content = entry.isDeflated ? Self.inflate(stored, size: entry.size) : Array(stored)
    guard let content, content.count == entry.size, Self.checksum(content) == entry.checksum else {
      throw .invalid("member '\(entry.name)' of a zip archive is damaged")
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

  /// Expands a raw deflate stream; nil unless it ends after exactly `size` bytes.
  private static func inflate(_ compressed: ArraySlice<UInt8>, size: Int) -> [UInt8]? {
    guard let available = UInt32(exactly: compressed.count), let room = UInt32(exactly: size) else {
      return nil
    }
    var stream = z_stream()
    let structSize = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, structSize) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var input = Array(compressed)
    return [UInt8](unsafeUninitializedCapacity: size) { output, count in
      // Safety: both buffers outlive the single call that uses them.
      input.withUnsafeMutableBufferPointer { input in
        stream.next_in = input.baseAddress
        stream.avail_in = available
        stream.next_out = output.baseAddress
        stream.avail_out = room
        let status = CZlib.inflate(&stream, Z_FINISH)
        count = status == Z_STREAM_END ? size - Int(stream.avail_out) : 0
      }
    }
  }
}
