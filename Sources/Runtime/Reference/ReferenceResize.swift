import IR

/// The reference kernel of Resize.
enum ReferenceResize {
  /// Resize: nearest for elements of any type, linear and cubic for floating-point numbers.
  static func resize(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    if call.node.attributes.string("mode") ?? "nearest" != "nearest" {
      return try call.floating(interpolate, interpolate)
    }
    let axes = try axes(call, x.shape)
    let width = try call.elementBytes(x.type)
    let strides = Strided.strides(of: x.shape)
    if axes.contains(where: { $0.taps.contains(where: \.isEmpty) }) {
      return try call.floating(interpolate, interpolate)
    }
    let shape = axes.map(\.taps.count)
    return [
      try call.makeBytes(x.type, shape) { target in
        x.withBytes { source in
          var position = 0
          WindowGeometry.forEachIndex(of: shape) { index in
            let offset = index.indices.reduce(0) { sum, axis in
              sum + axes[axis].taps[index[axis]][0].index * strides[axis]
            }
            for byte in 0..<width { target[position + byte] = source[offset * width + byte] }
            position += width
          }
        }
      }
    ]
  }

  /// Applies the linear map of each axis, one axis after the other.
  private static func interpolate<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let x = try call.operand(0)
    let axes = try axes(call, x.shape)
    let extrapolation = S(call.node.attributes.float("extrapolation_value") ?? 0)
    try call.admit(S.elementType, axes.map(\.taps.count))
    var current = Array(try call.elements(0, type))
    var shape = x.shape
    for (axis, map) in axes.enumerated() where !map.isIdentity(of: shape[axis]) {
      let outer = shape[..<axis].reduce(1, *)
      let inner = shape[(axis + 1)...].reduce(1, *)
      var grown = shape
      grown[axis] = map.taps.count
      try call.admit(S.elementType, grown)
      var next = Array(repeating: S(0), count: outer * map.taps.count * inner)
      for block in 0..<outer {
        for (position, taps) in map.taps.enumerated() {
          for offset in 0..<inner {
            var sum: S = 0
            for tap in taps {
              sum += S(tap.weight) * current[(block * shape[axis] + tap.index) * inner + offset]
            }
            next[(block * map.taps.count + position) * inner + offset] = sum
          }
        }
      }
      current = next
      shape = grown
    }
    if axes.contains(where: { $0.taps.contains(where: \.isEmpty) }) {
      var position = 0
      WindowGeometry.forEachIndex(of: shape) { index in
        if index.indices.contains(where: { axes[$0].taps[index[$0]].isEmpty }) {
          current[position] = extrapolation
        }
        position += 1
      }
    }
    return [Tensor(current, shape: shape)]
  }

  /// The maps of all axes of a tensor of that shape, from `scales` (operand 2) or `sizes` (operand
  /// 3).
  static func axes(_ call: ReferenceCall, _ shape: [Int]) throws(Diagnostic) -> [ResizeAxis] {
    let attributes = call.node.attributes
    let named = try call.axes(attributes.ints("axes") ?? Array(shape.indices), rank: shape.count)
    let (outputs, scales) = try extents(call, shape, named)
    let options = ResizeAxis.Options(attributes)
    let regions = try regions(call, options, named.count)
    try call.admit(.uint8, outputs)
    var axes: [ResizeAxis] = []
    for axis in shape.indices {
      let region = named.firstIndex(of: axis).flatMap { regions?[$0] }
      guard
        let map = ResizeAxis(
          input: shape[axis], output: outputs[axis], scale: scales[axis],
          region: region ?? (0, 1), options: options)
      else { throw call.invalid("a mode of the node is unknown to ONNX") }
      axes.append(map)
    }
    return axes
  }

  private static func regions(
    _ call: ReferenceCall, _ options: ResizeAxis.Options, _ count: Int
  ) throws(Diagnostic) -> [(start: Double, end: Double)]? {
    guard options.coordinates == "tf_crop_and_resize" else { return nil }
    guard let values = try call.operand(1).doubles, values.count == 2 * count,
      values.allSatisfy({ $0.isFinite && $0.magnitude < 1e6 })
    else { throw call.invalid("operand 1 is no region of \(count) axes") }
    return (0..<count).map { (values[$0], values[count + $0]) }
  }

  /// The output's extents and the scale of each axis.
  private static func extents(_ call: ReferenceCall, _ shape: [Int], _ named: [Int])
    throws(Diagnostic) -> (outputs: [Int], scales: [Double])
  {
    var outputs = shape
    var scales = Array(repeating: 1.0, count: shape.count)
    if let given = call.optional(2), given.count > 0 {
      guard let values = given.doubles, values.count == named.count else {
        throw call.invalid("operand 2 has \(given.count) scales for \(named.count) axes")
      }
      for (axis, scale) in zip(named, values) {
        let extent = (Double(shape[axis]) * scale).rounded(.down)
        guard scale > 0, scale.isFinite, extent < 1e15, shape[axis] > 0 else {
          throw call.invalid("an axis of extent \(shape[axis]) is scaled by \(scale)")
        }
        outputs[axis] = Int(extent)
        scales[axis] = scale
        let mode = call.node.attributes.string("coordinate_transformation_mode")
        if mode == "align_corners", extent != Double(shape[axis]) * scale, extent > 1 {
          throw call.unsupported(
            "runtimes disagree on corners that are aligned at a fractional extent of"
              + " \(Double(shape[axis]) * scale)")
        }
      }
      return (outputs, scales)
    }
    let sizes = try call.integers(3)
    guard sizes.count == named.count, sizes.allSatisfy({ $0 > 0 }),
      named.allSatisfy({ shape[$0] > 0 })
    else { throw call.invalid("sizes \(sizes) do not fit \(named.count) axes of \(shape)") }
    let ratios = zip(named, sizes).map { Double($1) / Double(shape[$0]) }
    let policy = call.node.attributes.string("keep_aspect_ratio_policy") ?? "stretch"
    for (number, axis) in named.enumerated() {
      switch policy {
      case "stretch":
        outputs[axis] = sizes[number]
        scales[axis] = ratios[number]
      case "not_larger", "not_smaller":
        let scale = (policy == "not_larger" ? ratios.min() : ratios.max()) ?? 1
        let extent = (scale * Double(shape[axis]) + 0.5).rounded(.down)
        guard extent < 1e15 else { throw call.invalid("size \(extent) is too large") }
        outputs[axis] = Int(extent)
        scales[axis] = scale
      default: throw call.invalid("attribute 'keep_aspect_ratio_policy' is '\(policy)'")
      }
    }
    return (outputs, scales)
  }
}
