import Foundation
import Testing
import Training

@Suite struct EventFileTests {
  /// The check value of the catalogue of CRCs, and the examples of RFC 3720.
  @Test func checksums() {
    #expect(Checksum.crc32c(Array("123456789".utf8)) == 0xE306_9283)
    #expect(Checksum.crc32c([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(Checksum.crc32c([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
  }

  /// Every record is framed by its length and two checksums, and holds what was written.
  @Test func recordsHoldScalars() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let time = Date(timeIntervalSince1970: 1_000_000.5)
    let file = try EventFile(folder: folder.path, time: time)
    try file.write([("loss", 0.25), ("accuracy", 0.5)], step: 300, time: time)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names == ["events.out.tfevents.1000000.pcc"])
    var bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent(names[0])))[...]
    var events: [[UInt8]] = []
    func number(_ part: ArraySlice<UInt8>) -> UInt64 {
      part.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    func unmasked(_ part: ArraySlice<UInt8>) -> UInt32 {
      let turned = UInt32(number(part)) &- 0xA282_EAD8
      return turned << 15 | turned >> 17
    }
    while !bytes.isEmpty {
      let length = bytes.prefix(8)
      let count = Int(number(length))
      #expect(unmasked(bytes.dropFirst(8).prefix(4)) == Checksum.crc32c(length))
      let event = bytes.dropFirst(12).prefix(count)
      #expect(unmasked(bytes.dropFirst(12 + count).prefix(4)) == Checksum.crc32c(event))
      events.append(Array(event))
      bytes = bytes.dropFirst(16 + count)
    }
    let clock: [UInt8] = [0x09, 0, 0, 0, 0, 0x81, 0x84, 0x2E, 0x41]
    #expect(events.first == clock + [0x1A, 13] + Array("brain.Event:2".utf8))
    let loss: [UInt8] = [0x0A, 11, 0x0A, 4] + Array("loss".utf8) + [0x15, 0, 0, 0x80, 0x3E]
    let accuracy: [UInt8] = [0x0A, 15, 0x0A, 8] + Array("accuracy".utf8) + [0x15, 0, 0, 0, 0x3F]
    #expect(events.last == clock + [0x10, 0xAC, 0x02, 0x2A, 30] + loss + accuracy)
  }
}
