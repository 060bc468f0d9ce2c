import Foundation
import IR

/// A file of events that TensorBoard shows: scalars by tag and step.
///
/// Each record is the little-endian length of an event, its masked checksum, the event as protobuf and
/// the event's masked checksum, as TensorFlow's TFRecord format defines them.
package struct EventFile {
  private let path: String

  /// Opens a new file in `folder`, which is made if it does not exist.
  package init(folder: String, time: Date = Date()) throws(Diagnostic) {
    let seconds = Int(time.timeIntervalSince1970)
    var name = "events.out.tfevents.\(seconds).pcc"
    var number = 1
    while FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
      name = "events.out.tfevents.\(seconds).pcc.\(number)"
      number += 1
    }
    path = "\(folder)/\(name)"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw Diagnostic.environment("cannot be made: \(error.localizedDescription)").inFile(folder)
    }
    var event = Message()
    event.add(1, time.timeIntervalSince1970)
    event.add(3, Array("brain.Event:2".utf8))
    try LogFile.append(EventFile.record(event.bytes), to: path)
  }

  /// Adds scalars of a step.
  package func write(_ scalars: [(tag: String, value: Double)], step: Int, time: Date = Date())
    throws(Diagnostic)
  {
    var summary = Message()
    for (tag, value) in scalars {
      var entry = Message()
      entry.add(1, Array(tag.utf8))
      entry.add(2, Float(value))
      summary.add(1, entry.bytes)
    }
    var event = Message()
    event.add(1, time.timeIntervalSince1970)
    event.add(2, step)
    event.add(5, summary.bytes)
    try LogFile.append(EventFile.record(event.bytes), to: path)
  }

  /// A record of the file.
  static func record(_ event: [UInt8]) -> [UInt8] {
    let length = bytes(UInt64(event.count))
    return length + bytes(masked(Checksum.crc32c(length))) + event
      + bytes(masked(Checksum.crc32c(event)))
  }

  /// A checksum as the format stores it: turned right by 15 bits, plus a constant.
  private static func masked(_ checksum: UInt32) -> UInt32 {
    (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
  }

  private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  /// A protobuf message in the making.
  private struct Message {
    private(set) var bytes: [UInt8] = []

    private mutating func add(varint number: UInt64) {
      var rest = number
      while rest >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      bytes.append(UInt8(rest))
    }

    mutating func add(_ field: UInt64, _ number: Int) {
      add(varint: field << 3)
      add(varint: UInt64(bitPattern: Int64(number)))
    }

    mutating func add(_ field: UInt64, _ number: Double) {
      add(varint: field << 3 | 1)
      bytes += EventFile.bytes(number.bitPattern)
    }

    mutating func add(_ field: UInt64, _ number: Float) {
      add(varint: field << 3 | 5)
      bytes += EventFile.bytes(number.bitPattern)
    }

    mutating func add(_ field: UInt64, _ content: [UInt8]) {
      add(varint: field << 3 | 2)
      add(varint: UInt64(content.count))
      bytes += content
    }
  }
}
