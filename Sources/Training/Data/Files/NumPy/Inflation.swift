import CZlib
import IR

/// Expands raw deflate streams.
enum Inflation {
  /// Expands a stream; nil unless it ends after exactly `size` bytes.
  static func expand(_ compressed: DataFile, size: Int) throws(Diagnostic) -> DataFile? {
    var stream = z_stream()
    let structSize = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, structSize) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var buffer = SpillBuffer(path: compressed.path)
    var offset = 0
    var status = Z_OK
    while status == Z_OK, offset < compressed.count {
      let length = min(compressed.count - offset, 1 << 16)
      var input = try compressed.read(offset, length)
      offset += length
      var left = input.count
      repeat {
        let output = Self.step(&stream, &input, left: &left, &status)
        if !output.isEmpty { try buffer.append(output) }
        if buffer.count > size { return nil }
        if output.isEmpty { break }
      } while status == Z_OK
      if status == Z_BUF_ERROR { status = Z_OK }
    }
    return status == Z_STREAM_END && buffer.count == size ? buffer.finish() : nil
  }

  /// Expands some of the last `left` bytes of `input`.
  private static func step(
    _ stream: inout z_stream, _ input: inout [UInt8], left: inout Int, _ status: inout Int32
  ) -> [UInt8] {
    let room = 1 << 18
    return [UInt8](unsafeUninitializedCapacity: room) { output, count in
      // Safety: both buffers outlive the single call that uses them.
      input.withUnsafeMutableBufferPointer { input in
        stream.next_in = input.baseAddress?.advanced(by: input.count - left)
        stream.avail_in = UInt32(truncatingIfNeeded: left)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(truncatingIfNeeded: room)
        status = inflate(&stream, Z_NO_FLUSH)
        left = Int(stream.avail_in)
        count = room - Int(stream.avail_out)
      }
    }
  }
}
