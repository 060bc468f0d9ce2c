/// Makes tar archives.
enum Tar {
  /// A plain archive of the files.
  static func archive(_ files: [(name: String, content: [UInt8])]) -> [UInt8] {
    files.flatMap { header($0.name, $0.content.count) + padded($0.content) }
      + [UInt8](repeating: 0, count: 1024)
  }

  /// A header in the form of ustar; `size` may be any.
  static func header(_ name: String, _ size: Int, kind: UInt8 = 0x30) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at place: Int) {
      for (index, byte) in text.utf8.enumerated() { block[place + index] = byte }
    }
    put(name, at: 0)
    put("0000644", at: 100)
    let octal = String(size, radix: 8)
    put(String(repeating: "0", count: 11 - octal.count) + octal, at: 124)
    put("00000000000", at: 136)
    put("        ", at: 148)
    block[156] = kind
    put("ustar", at: 257)
    put("00", at: 263)
    let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
    put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", at: 148)
    return block
  }

  private static func padded(_ content: [UInt8]) -> [UInt8] {
    content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }
}
