import IR

/// Reference kernels of MaxUnpool, RoiAlign and MaxRoiPool.
enum ReferenceUnpooling {
  /// MaxUnpool: elements at the places that operand 1 numbers in the result that the attributes
  /// describe, zeros elsewhere; operand 2 may ask for a larger result.
  static func maxUnpool<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.operand(0).shape
    let x = try call.elements(0, type)
    let places = try call.elements(1, Int64.self, shape: shape)
    let attributes = call.node.attributes
    let axes = shape.count - 2
    let kernel = attributes.ints("kernel_shape") ?? []
    let strides = attributes.ints("strides") ?? kernel.map { _ in 1 }
    let pads = attributes.ints("pads") ?? Array(repeating: 0, count: 2 * kernel.count)
    let bound = 0...Int(Int32.max)
    guard axes >= 1, kernel.count == axes, strides.count == axes, pads.count == 2 * axes,
      (kernel + strides + pads + shape).allSatisfy(bound.contains)
    else { throw call.invalid("an operand of shape \(shape) does not fit a kernel of \(kernel)") }
    let inferred =
      Array(shape[..<2])
      + (0..<axes).map {
        (shape[$0 + 2] - 1) * strides[$0] + kernel[$0] - pads[$0] - pads[axes + $0]
      }
    let wanted = try call.optional(2) == nil ? inferred : call.integers(2)
    guard inferred.allSatisfy({ $0 >= 0 }), wanted.count == inferred.count,
      zip(wanted, inferred).allSatisfy({ $0 >= $1 })
    else { throw call.invalid("a result of shape \(wanted), expected at least \(inferred)") }
    try call.admit(S.elementType, inferred)
    let count = inferred.reduce(1, *)
    for place in places where !(0..<Int64(count)).contains(place) {
      throw call.invalid("index \(place) is beyond a result of shape \(inferred)")
    }
    let strided = (inner: Strided.strides(of: inferred), outer: Strided.strides(of: wanted))
    return [
      try call.make(type, wanted) { y in
        for (value, place) in zip(x, places) {
          var rest = Int(place)
          var target = 0
          for axis in inferred.indices {
            target += rest / strided.inner[axis] * strided.outer[axis]
            rest %= strided.inner[axis]
          }
          y[target] = value
        }
      }
    ]
  }

  /// RoiAlign: averages or maxima of samples in the cells of regions; see ONNX RoiAlign-22.
  static func roiAlign<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let image = try call.shape(0, rank: 4)
    let regions = try call.shape(1, rank: 2)
    let batch = try call.integers(2)
    guard regions[1] == 4, batch.count == regions[0],
      batch.allSatisfy({ (0..<image[0]).contains($0) }), image[2] > 0, image[3] > 0
    else { throw call.invalid("regions of shape \(regions) do not fit images of \(image)") }
    let attributes = call.node.attributes
    let limit = 1...Int(Int32.max)
    let extents = [
      try call.int("output_height", default: 1, in: limit),
      try call.int("output_width", default: 1, in: limit),
    ]
    let isCentred =
      attributes.string("coordinate_transformation_mode") ?? "half_pixel"
      == "half_pixel"
    let asked = try call.int("sampling_ratio", default: 0, in: 0...1 << 12)
    let takesMaximum = attributes.string("mode") == "max"
    let scale = S(attributes.float("spatial_scale") ?? 1)
    let boxes = try call.elements(1, type)
    guard boxes.allSatisfy({ ($0 * scale).magnitude < 65536 }) else {
      throw call.invalid("a region lies beyond any image")
    }
    let x = try call.elements(0, type)
    let plane = image[2] * image[3]
    return [
      try call.make(type, [regions[0], image[1]] + extents) { y in
        var position = 0
        for region in 0..<regions[0] {
          let shift: S = isCentred ? 0.5 : 0
          let box = (0..<4).map { boxes[region * 4 + $0] * scale - shift }
          let cells = (0..<2).map { axis -> (start: S, size: S, samples: Int) in
            let start = box[1 - axis]
            let span = box[3 - axis] - start
            let size = (isCentred ? span : max(span, 1)) / S(extents[axis])
            let samples = asked > 0 ? asked : max(Int(size.rounded(.up)), 0)
            return (start, size, samples)
          }
          for channel in 0..<image[1] {
            let first = (batch[region] * image[1] + channel) * plane
            for row in 0..<extents[0] {
              for column in 0..<extents[1] {
                y[position] = pool(
                  x, first, image, cells, (row, column), takesMaximum: takesMaximum)
                position += 1
              }
            }
          }
        }
      }
    ]
  }

  /// The average of the samples of a cell, or the largest weighted corner of them.
  private static func pool<S: ReferenceScalar>(
    _ x: UnsafeBufferPointer<S>, _ first: Int, _ image: [Int],
    _ cells: [(start: S, size: S, samples: Int)], _ cell: (Int, Int), takesMaximum: Bool
  ) -> S {
    var sum: S = 0
    var largest: S?
    for down in 0..<cells[0].samples {
      let y = cells[0].start + (S(cell.0) + (S(down) + 0.5) / S(cells[0].samples)) * cells[0].size
      for across in 0..<cells[1].samples {
        let z =
          cells[1].start + (S(cell.1) + (S(across) + 0.5) / S(cells[1].samples)) * cells[1].size
        let corners = sample(y, z, image[2], image[3])
        let values = corners.map { $0.weight * x[first + $0.place] }
        sum += values.reduce(0, +)
        for value in values.isEmpty ? [0] : values { largest = max(largest ?? value, value) }
      }
    }
    if takesMaximum { return largest ?? 0 }
    return sum / S(max(cells[0].samples * cells[1].samples, 1))
  }

  /// The four pixels around a place and their weights; none outside the image.
  private static func sample<S: ReferenceScalar>(_ y: S, _ x: S, _ height: Int, _ width: Int)
    -> [(place: Int, weight: S)]
  {
    if y < -1 || y > S(height) || x < -1 || x > S(width) { return [] }
    let (row, below) = neighbours(y, height)
    let (column, right) = neighbours(x, width)
    let rows = [(row, 1 - below), (min(row + 1, height - 1), below)]
    let columns = [(column, 1 - right), (min(column + 1, width - 1), right)]
    return rows.flatMap { row in
      columns.map { (place: row.0 * width + $0.0, weight: row.1 * $0.1) }
    }
  }

  private static func neighbours<S: ReferenceScalar>(_ place: S, _ extent: Int) -> (Int, S) {
    let inside = max(place, 0)
    let low = Int(inside.rounded(.down))
    return low >= extent - 1 ? (extent - 1, 0) : (low, inside - S(low))
  }

  /// MaxRoiPool: the largest in each cell of regions, 0 in empty ones; Fast R-CNN's rounding.
  static func maxRoiPool<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let image = try call.shape(0, rank: 4)
    let regions = try call.shape(1, rank: 2)
    let extents = call.node.attributes.ints("pooled_shape") ?? []
    let scale = S(call.node.attributes.float("spatial_scale") ?? 1)
    let boxes = try call.elements(1, type)
    guard regions[1] == 5, extents.count == 2, extents.allSatisfy({ (1...1 << 20).contains($0) }),
      boxes.allSatisfy({ $0.magnitude < 1e6 && ($0 * scale).magnitude < 1e6 })
    else { throw call.invalid("regions of shape \(regions) do not fit cells of \(extents)") }
    let batch = (0..<regions[0]).map { Int(boxes[$0 * 5]) }
    guard batch.allSatisfy({ (0..<image[0]).contains($0) }) else {
      throw call.invalid("a region is of image \(batch.max() ?? 0) of \(image[0])")
    }
    let x = try call.elements(0, type)
    func range(_ start: Int, _ end: Int, _ cell: Int, _ cells: Int, _ extent: Int) -> Range<Int> {
      let size = S(max(end - start + 1, 1)) / S(cells)
      let low = min(max(Int((S(cell) * size).rounded(.down)) + start, 0), extent)
      let high = min(max(Int((S(cell + 1) * size).rounded(.up)) + start, 0), extent)
      return low..<max(low, high)
    }
    return [
      try call.make(type, [regions[0], image[1]] + extents) { y in
        var position = 0
        for region in 0..<regions[0] {
          let box = (1..<5).map {
            Int((boxes[region * 5 + $0] * scale).rounded(.toNearestOrAwayFromZero))
          }
          for channel in 0..<image[1] {
            let first = (batch[region] * image[1] + channel) * image[2] * image[3]
            for row in 0..<extents[0] {
              let rows = range(box[1], box[3], row, extents[0], image[2])
              for column in 0..<extents[1] {
                var best: S?
                for down in rows {
                  for across in range(box[0], box[2], column, extents[1], image[3]) {
                    let value = x[first + down * image[3] + across]
                    best = max(best ?? value, value)
                  }
                }
                y[position] = best ?? 0
                position += 1
              }
            }
          }
        }
      }
    ]
  }
}
