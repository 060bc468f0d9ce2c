import IR

/// Reference kernels that sample images at computed places.
enum ReferenceSampling {
  /// GridSample: operand 1 lists for each pixel of the result the place of operand 0, last axis
  /// first, from -1 to 1.
  static func grid<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let image = try call.operand(0).shape
    let grid = try call.operand(1).shape
    let axes = image.count - 2
    guard axes >= 1, grid.count == image.count, grid[0] == image[0], grid.last == axes else {
      throw call.invalid("a grid of shape \(grid) does not fit images of \(image)")
    }
    let attributes = call.node.attributes
    guard let mode = GridAxis<S>.Mode(rawValue: attributes.string("mode") ?? "linear"),
      let padding = GridAxis<S>.Padding(rawValue: attributes.string("padding_mode") ?? "zeros")
    else { throw call.invalid("attribute 'mode' or 'padding_mode' has an unknown value") }
    let maps = image[2...].map {
      GridAxis<S>(
        extent: $0, mode: mode, padding: padding, alignsCorners: call.flag("align_corners"))
    }
    let x = try call.elements(0, type)
    let places = try call.elements(1, type)
    let (plane, count) = (image[2...].reduce(1, *), grid[1..<(grid.count - 1)].reduce(1, *))
    let strides = Strided.strides(of: Array(image[2...]))
    return [
      try call.make(type, Array(image[..<2]) + grid[1..<(grid.count - 1)]) { y in
        for batch in 0..<image[0] {
          for position in 0..<count {
            let start = (batch * count + position) * axes
            var taps: [(offset: Int, weight: S)] = [(0, 1)]
            for axis in 0..<axes {
              let own = maps[axis].taps(places[start + axes - 1 - axis])
              taps = taps.flatMap { tap in
                own.map { (tap.offset + $0.index * strides[axis], tap.weight * $0.weight) }
              }
            }
            for channel in 0..<image[1] {
              let first = (batch * image[1] + channel) * plane
              y[(batch * image[1] + channel) * count + position] =
                taps.reduce(0) { $0 + $1.weight * x[first + $1.offset] }
            }
          }
        }
      }
    ]
  }

  /// AffineGrid: the places of a grid from -1 to 1, mapped by the matrices of operand 0.
  static func affineGrid<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let size = try call.integers(1)
    let maps = try call.operand(0).shape
    let axes = size.count - 2
    guard axes == 2 || axes == 3, maps == [size[0], axes, axes + 1], size.allSatisfy({ $0 >= 0 })
    else { throw call.invalid("maps of shape \(maps) do not fit a size of \(size)") }
    let matrix = try call.elements(0, type)
    let extents = Array(size[2...])
    let alignsCorners = call.flag("align_corners")
    func coordinate(_ index: Int, _ extent: Int) -> S {
      alignsCorners
        ? (extent == 1 ? 0 : 2 * S(index) / S(extent - 1) - 1)
        : (2 * S(index) + 1) / S(extent) - 1
    }
    return [
      try call.make(type, [size[0]] + extents + [axes]) { y in
        var position = 0
        for batch in 0..<size[0] {
          WindowGeometry.forEachIndex(of: extents) { index in
            for row in 0..<axes {
              let first = (batch * axes + row) * (axes + 1)
              var sum = matrix[first + axes]
              for column in 0..<axes {
                let axis = axes - 1 - column
                sum += matrix[first + column] * coordinate(index[axis], extents[axis])
              }
              y[position] = sum
              position += 1
            }
          }
        }
      }
    ]
  }

  /// DeformConv: a 2-D convolution whose taps are moved by operand 2 and weighed by operand 4;
  /// see ONNX DeformConv-22.
  static func deformableConvolution<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let image = try call.shape(0, rank: 4)
    let weight = try call.shape(1, rank: 4)
    let limit = 1...Int(Int32.max)
    let group = try call.int("group", default: 1, in: limit)
    let parts = try call.int("offset_group", default: 1, in: limit)
    guard weight[0] % group == 0,
      weight[1].multipliedReportingOverflow(by: group) == (image[1], false),
      image[1] % parts == 0
    else { throw call.invalid("a weight of shape \(weight) does not fit images of \(image)") }
    let kernel = Array(weight[2...])
    let window = try WindowGeometry(
      call.node, kernel: kernel, input: Array(image[2...]), use: .convolution)
    let (taps, count) = (kernel[0] * kernel[1], window.output[0] * window.output[1])
    let offsets = try call.elements(
      2, type, shape: [image[0], 2 * parts * taps] + window.output)
    let mask = try call.optionalElements(4, type, shape: [image[0], parts * taps] + window.output)
    let bias = try call.optionalElements(3, type, shape: [weight[0]])
    let x = try call.elements(0, type)
    let w = try call.elements(1, type)
    let share = weight[0] / group
    let plane = image[2] * image[3]
    return [
      try call.make(type, [image[0], weight[0]] + window.output) { y in
        for batch in 0..<image[0] {
          for channel in 0..<image[1] {
            let part = batch * parts + channel / (image[1] / parts)
            for tap in 0..<taps {
              for position in 0..<count {
                let first = (part * taps + tap) * 2 * count + position
                let row = window.coordinate(
                  axis: 0, position: position / window.output[1], tap: tap / kernel[1])
                let column = window.coordinate(
                  axis: 1, position: position % window.output[1], tap: tap % kernel[1])
                var value = bilinear(
                  x, (batch * image[1] + channel) * plane, image, S(row) + offsets[first],
                  S(column) + offsets[first + count])
                if let mask { value *= mask[(part * taps + tap) * count + position] }
                let block = channel / weight[1]
                for output in (block * share)..<((block + 1) * share) {
                  y[(batch * weight[0] + output) * count + position] +=
                    value * w[(output * weight[1] + channel % weight[1]) * taps + tap]
                }
              }
            }
          }
        }
        if let bias {
          for index in y.indices { y[index] += bias[index / count % weight[0]] }
        }
      }
    ]
  }

  /// The plane from `first` on at a place between pixels, zeros beyond its ends.
  private static func bilinear<S: ReferenceScalar>(
    _ x: UnsafeBufferPointer<S>, _ first: Int, _ image: [Int], _ row: S, _ column: S
  ) -> S {
    guard row > -1, row < S(image[2]), column > -1, column < S(image[3]) else { return 0 }
    let (top, left) = (row.rounded(.down), column.rounded(.down))
    var sum: S = 0
    for (down, below) in [(0, 1 - (row - top)), (1, row - top)] {
      for (across, right) in [(0, 1 - (column - left)), (1, column - left)] {
        let (r, c) = (Int(top) + down, Int(left) + across)
        guard (0..<image[2]).contains(r), (0..<image[3]).contains(c) else { continue }
        sum += below * right * x[first + r * image[3] + c]
      }
    }
    return sum
  }
}
