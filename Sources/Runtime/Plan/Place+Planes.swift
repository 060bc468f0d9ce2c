import CKernels

/// Rows of images as the kernels that convert from and to row-major order take them.
struct Planes {
  /// The images they are rows of; all layers of one sample of a volume are one high image.
  let shape: ck_shape
  /// Where the sample starts in row-major order, in elements.
  let rowMajor: Int
  /// What to add to the first pixel's address in channels-last order, in elements.
  let view: Int
  /// The rows, counted in images of `shape`.
  let rows: Range<Int>
}

extension Place {
  /// Calls `body` with the parts of `rows`, counted over all images.
  ///
  /// In row-major order the layers of a volume follow one another channel by channel, as the parts
  /// of one image do whose height is that of all layers together.
  func forEachPlane(_ rows: Range<Int>, _ body: (Planes) -> Void) {
    let image = image
    let depth = depth
    if depth == 1 { return body(Planes(shape: image, rowMajor: 0, view: 0, rows: rows)) }
    let strides = strides
    let sample = ck_shape(
      batch: 1, height: depth * image.height, width: image.width, channels: image.channels)
    var row = rows.lowerBound
    while row < rows.upperBound {
      let number = row / image.height
      let end = min(rows.upperBound, (number + 1) * image.height)
      let layer = number % depth
      let skipped = (number - layer) * image.height
      body(
        Planes(
          shape: sample, rowMajor: number / depth * sample.height * sample.width * sample.channels,
          view: number * strides.image - layer * image.height * strides.row,
          rows: (row - skipped)..<(end - skipped)))
      row = end
    }
  }
}

extension ck_source {
  /// The tensor that starts so many elements further on.
  func moved(by elements: Int) -> ck_source {
    var copy = self
    copy.data = data.map { $0 + elements }
    return copy
  }
}

extension ck_target {
  /// The tensor that starts so many elements further on.
  func moved(by elements: Int) -> ck_target {
    var copy = self
    copy.data = data.map { $0 + elements }
    return copy
  }

  /// The tensor as one that is read.
  var source: ck_source { ck_source(data: data, pixel: pixel, row: row, image: image) }
}
