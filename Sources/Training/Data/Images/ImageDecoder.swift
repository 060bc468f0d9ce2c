import CImages
import IR

/// Reads images in PNG and JPEG files.
enum ImageDecoder {
  /// The largest file that is read.
  private static let limit = 1 << 28

  /// Whether a file's name is that of an image.
  static func knows(_ name: String) -> Bool {
    let lower = name.lowercased()
    return [".png", ".jpg", ".jpeg"].contains { lower.hasSuffix($0) }
  }

  /// The pixels of an image, grey or in red, green and blue.
  ///
  /// Throws `invalid` if it is damaged, `unsupported` if it is neither PNG nor JPEG.
  static func image(_ file: DataFile) throws(Diagnostic) -> (pixels: [UInt8], extents: [Int]) {
    let image = try decode(file, asIndices: false)
    let extents = [image.height, image.width, image.channels]
    return (
      ImageLayout.channelsFirst(image.bytes, extents), [image.channels, image.height, image.width]
    )
  }

  /// The palette indices or grey levels of an image, a label each.
  ///
  /// Throws `invalid` if it is damaged or coloured, `unsupported` if it is no PNG.
  static func mask(_ file: DataFile) throws(Diagnostic) -> (labels: [Int32], extents: [Int]) {
    let image = try decode(file, asIndices: true)
    let bytes = image.bytes
    let labels =
      image.size == 1
      ? bytes.map { Int32($0) }
      : stride(from: 0, to: bytes.count, by: 2).map {
        Int32(bytes[$0]) | Int32(bytes[$0 + 1]) << 8
      }
    return (labels, [image.height, image.width])
  }

  private struct Decoded {
    var bytes: [UInt8]
    var height: Int
    var width: Int
    var channels: Int
    var size: Int
  }

  private static func decode(_ file: DataFile, asIndices: Bool) throws(Diagnostic) -> Decoded {
    guard file.count <= limit else {
      throw Diagnostic.unsupported("has \(file.count) bytes, more than an image of \(limit)")
        .inFile(file.path)
    }
    let bytes = try file.read(0, file.count)
    let isPNG = bytes.starts(with: [0x89, 0x50, 0x4E, 0x47])
    guard isPNG || (!asIndices && bytes.starts(with: [0xFF, 0xD8])) else {
      let found = bytes.prefix(4).map { String($0, radix: 16) }.joined(separator: " ")
      throw Diagnostic.unsupported(
        "begins with bytes '\(found)', expected " + (asIndices ? "a PNG file" : "PNG or JPEG")
      ).inFile(file.path)
    }
    var image = ci_image()
    var message = [CChar](repeating: 0, count: Int(CI_MESSAGE))
    // Safety: the decoder reads `bytes`, and writes at most CI_MESSAGE bytes of the message.
    let status = bytes.withUnsafeBufferPointer { bytes in
      isPNG
        ? ci_decode_png(bytes.baseAddress, bytes.count, asIndices ? 1 : 0, &image, &message)
        : ci_decode_jpeg(bytes.baseAddress, bytes.count, &image, &message)
    }
    guard status == 0, let pixels = image.pixels else {
      let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw Diagnostic.invalid(
        "is no image that can be read: \(String(decoding: text, as: UTF8.self).lowercased())"
      ).inFile(file.path)
    }
    defer { ci_free(&image) }
    let count =
      Int(image.width) * Int(image.height) * Int(image.channels) * Int(image.bytes_per_sample)
    return Decoded(
      bytes: Array(UnsafeBufferPointer(start: pixels, count: count)), height: Int(image.height),
      width: Int(image.width), channels: Int(image.channels), size: Int(image.bytes_per_sample))
  }
}
