import IR

/// Reference kernels that rearrange images.
enum ReferenceSpatial {
  /// DepthToSpace, of elements of any type that fill whole bytes.
  static func depthToSpace(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let shape = try call.shape(0, rank: 4)
    let block = try call.int("blocksize", default: 0, in: 1...1 << 15)
    guard shape[1] % (block * block) == 0 else {
      throw call.invalid("\(shape[1]) channels do not fill blocks of \(block)")
    }
    let channels = shape[1] / (block * block)
    let axes =
      try isDepthFirst(call)
      ? [shape[0], block, block, channels, shape[2], shape[3]]
      : [shape[0], channels, block, block, shape[2], shape[3]]
    let order = try isDepthFirst(call) ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3]
    return try permuted(
      call, axes, order, [shape[0], channels, shape[2] * block, shape[3] * block])
  }

  /// SpaceToDepth, of elements of any type that fill whole bytes.
  static func spaceToDepth(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let shape = try call.shape(0, rank: 4)
    let block = try call.int("blocksize", default: 0, in: 1...1 << 15)
    guard shape[2] % block == 0, shape[3] % block == 0 else {
      throw call.invalid("an image of shape \(shape) does not fill blocks of \(block)")
    }
    let (height, width) = (shape[2] / block, shape[3] / block)
    let order = try isDepthFirst(call) ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4]
    return try permuted(
      call, [shape[0], shape[1], height, block, width, block], order,
      [shape[0], shape[1] * block * block, height, width])
  }

  private static func isDepthFirst(_ call: ReferenceCall) throws(Diagnostic) -> Bool {
    switch call.node.attributes.string("mode") ?? "DCR" {
    case "DCR": return true
    case "CRD": return false
    case let mode: throw call.invalid("attribute 'mode' is '\(mode)'")
    }
  }

  /// Operand 0, read as of shape `axes`, with its axes in another order, as of shape `result`.
  private static func permuted(
    _ call: ReferenceCall, _ axes: [Int], _ order: [Int], _ result: [Int]
  ) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let width = try call.elementBytes(x.type)
    let strides = Strided.strides(of: axes)
    return [
      try call.makeBytes(x.type, result) { target in
        x.withBytes { source in
          Strided.copy(
            source, offset: 0, strides: order.map { strides[$0] }, shape: order.map { axes[$0] },
            width: width, to: target)
        }
      }
    ]
  }

  /// CenterCropPad: the middles of axes, or axes with zeros on both sides, an odd one at the end.
  static func centerCropPad(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let axes = try call.axes(
      call.node.attributes.ints("axes") ?? Array(x.shape.indices), rank: x.rank)
    let extents = try call.integers(1)
    guard extents.count == axes.count, extents.allSatisfy({ $0 >= 0 }) else {
      throw call.invalid("extents \(extents) do not fit \(axes.count) axes")
    }
    var shape = x.shape
    for (axis, extent) in zip(axes, extents) { shape[axis] = extent }
    try call.admit(x.type, shape)
    let width = try call.elementBytes(x.type)
    let strides = Strided.strides(of: x.shape)
    let shifts = zip(x.shape, shape).map { $0 >= $1 ? ($0 - $1) / 2 : -(($1 - $0) / 2) }
    return [
      try call.makeBytes(x.type, shape) { target in
        x.withBytes { source in
          var position = 0
          WindowGeometry.forEachIndex(of: shape) { index in
            defer { position += width }
            var offset = 0
            for axis in index.indices {
              let place = index[axis] + shifts[axis]
              guard (0..<x.shape[axis]).contains(place) else { return }
              offset += place * strides[axis]
            }
            for byte in 0..<width { target[position + byte] = source[offset * width + byte] }
          }
        }
      }
    ]
  }

  /// Col2Im: adds up the columns `[batch, channels · taps, positions]` of windows to images.
  static func columnsToImage<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let columns = try call.shape(0, rank: 3)
    let image = try call.integers(1)
    let kernel = try call.integers(2)
    guard image.count == kernel.count, !image.isEmpty else {
      throw call.invalid("an image of \(image) and blocks of \(kernel) differ in axes")
    }
    let window = try WindowGeometry(call.node, kernel: kernel, input: image, use: .convolution)
    let (taps, positions) = (kernel.reduce(1, *), window.output.reduce(1, *))
    guard columns[1] % taps == 0, columns[2] == positions else {
      throw call.invalid(
        "columns of shape \(columns), expected blocks of \(kernel) at \(window.output) places")
    }
    let channels = columns[1] / taps
    let x = try call.elements(0, type)
    let size = image.reduce(1, *)
    return [
      try call.make(type, [columns[0], channels] + image) { y in
        var tap = 0
        WindowGeometry.forEachIndex(of: kernel) { taken in
          var position = 0
          WindowGeometry.forEachIndex(of: window.output) { output in
            if let place = ReferencePooling.element(window, output, taken) {
              for plane in 0..<(columns[0] * channels) {
                y[plane * size + place] += x[(plane * taps + tap) * positions + position]
              }
            }
            position += 1
          }
          tap += 1
        }
      }
    ]
  }
}
