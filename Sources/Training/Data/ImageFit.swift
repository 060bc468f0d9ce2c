import IR

/// Makes images of the channels and size that a model wants, and moves labels of pixels along.
///
/// Images are resampled by a triangle filter that widens as they shrink, labels by the nearest
/// pixel.
struct ImageFit: Sendable {
  let channels: Int
  let height: Int
  let width: Int
  /// How the size is changed; nil if it stays.
  let policy: ResizePolicy?

  /// Whether images of so many channels can be had in the number wanted.
  func converts(_ found: Int) -> Bool {
    found == channels || (found == 1 && channels == 3) || (found == 3 && channels == 1)
  }

  /// The part of a scaled image that is wanted, and the image it is cut from.
  private struct Window {
    /// The size that the image is scaled to.
    let scaled: (height: Int, width: Int)
    let top: Int
    let left: Int
  }

  /// Converts a sample; throws `invalid` if it is no image of one or three channels or has not as
  /// many labels as pixels.
  func apply(_ sample: Sample) throws(Diagnostic) -> Sample {
    guard case .bytes(var pixels) = sample.elements, sample.extents.count == 3,
      converts(sample.extents[0])
    else {
      throw .invalid("samples of extents \(sample.extents) found, expected \(channels) channels")
    }
    let (rows, columns) = (sample.extents[1], sample.extents[2])
    if channels < sample.extents[0] { pixels = ImageFit.grey(pixels) }
    var label = sample.label
    if let policy, rows != height || columns != width || policy.isFixed {
      let window = try window(policy, rows, columns)
      pixels = resized(pixels, rows, columns, window)
      if case .classes(let classes) = label, classes.count > 1 {
        label = .classes(try moved(classes, rows, columns, window))
      }
    }
    if channels > sample.extents[0] { pixels = pixels + pixels + pixels }
    return Sample(
      elements: .bytes(pixels),
      extents: policy == nil ? [channels, rows, columns] : [channels, height, width],
      further: Array(sample.inputs.dropFirst()), label: label)
  }

  /// The luminance of an image in red, green and blue, as ITU-R BT.601 has it.
  private static func grey(_ pixels: [UInt8]) -> [UInt8] {
    let area = pixels.count / 3
    return (0..<area).map { place in
      let sum =
        19595 * UInt32(pixels[place]) + 38470 * UInt32(pixels[area + place])
        + 7471 * UInt32(pixels[2 * area + place])
      return UInt8(truncatingIfNeeded: (sum + 0x8000) >> 16)
    }
  }

  private func window(_ policy: ResizePolicy, _ rows: Int, _ columns: Int) throws(Diagnostic)
    -> Window
  {
    switch policy {
    case .stretch: return Window(scaled: (height, width), top: 0, left: 0)
    case .crop(let side):
      let short = min(rows, columns)
      let scaled: [Int]
      if let side {
        scaled = [rows, columns].map { max(1, side * $0 / short) }
      } else {
        let factor = max(Double(height) / Double(rows), Double(width) / Double(columns))
        scaled = zip([rows, columns], [height, width]).map {
          max($1, Int((Double($0) * factor).rounded()))
        }
      }
      guard scaled[0] >= height, scaled[1] >= width else {
        throw .invalid(
          "an image scaled to \(scaled[0])x\(scaled[1]) is smaller than the \(height)x\(width) that"
            + " are cut from it")
      }
      func offset(_ rest: Int) -> Int { Int((Double(rest) / 2).rounded(.toNearestOrEven)) }
      return Window(
        scaled: (scaled[0], scaled[1]), top: offset(scaled[0] - height),
        left: offset(scaled[1] - width))
    }
  }

  private func resized(_ pixels: [UInt8], _ rows: Int, _ columns: Int, _ window: Window) -> [UInt8]
  {
    let across = ResampleFilter(
      from: columns, to: window.scaled.width, first: window.left, count: width)
    let down = ResampleFilter(
      from: rows, to: window.scaled.height, first: window.top, count: height)
    let planes = pixels.count / (rows * columns)
    return [UInt8](unsafeUninitializedCapacity: planes * height * width) { target, count in
      pixels.withUnsafeBufferPointer { source in
        var lines = [Float](repeating: 0, count: rows * width)
        for plane in 0..<planes {
          across.filterRows(source, plane * rows * columns, down.range, &lines)
          down.filterColumns(lines, width, target, plane * height * width)
        }
      }
      count = planes * height * width
    }
  }

  private func moved(_ classes: [Int32], _ rows: Int, _ columns: Int, _ window: Window)
    throws(Diagnostic) -> [Int32]
  {
    guard classes.count == rows * columns else {
      throw .invalid("\(classes.count) labels found for \(rows)x\(columns) pixels")
    }
    func nearest(_ place: Int, _ scaled: Int, _ extent: Int) -> Int {
      min(extent - 1, Int((Double(place) + 0.5) * Double(extent) / Double(scaled)))
    }
    let places = (0..<width).map { nearest($0 + window.left, window.scaled.width, columns) }
    return (0..<height).flatMap { row in
      let start = nearest(row + window.top, window.scaled.height, rows) * columns
      return places.map { classes[start + $0] }
    }
  }
}

extension ResizePolicy {
  /// Whether images are scaled even if they have the size that is wanted.
  fileprivate var isFixed: Bool {
    if case .crop(.some) = self { return true }
    return false
  }
}
