import IR

/// Reference kernels of the gradients of operators that move elements.
enum ReferenceMovementGradient {
  private static func inputShape(_ call: ReferenceCall) throws(Diagnostic) -> [Int] {
    guard let shape = call.node.attributes.ints("input_shape") else {
      throw call.invalid("no attribute 'input_shape'")
    }
    let rank = try call.operand(0).rank
    guard call.node.op == .gatherGradient || rank == shape.count else {
      throw call.invalid("gradient of rank \(rank), expected \(shape.count)")
    }
    return shape
  }

  /// SliceGradient.
  static func slice<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let shape = try inputShape(call)
    let extents = try call.operand(0).shape
    guard let starts = call.node.attributes.ints("starts"), starts.count == shape.count,
      let steps = call.node.attributes.ints("steps"), steps.count == shape.count
    else { throw call.invalid("starts and steps do not fit \(shape.count) axes") }
    var sources: [[Int]] = []
    for axis in shape.indices {
      sources.append((0..<extents[axis]).map { starts[axis] + $0 * steps[axis] })
    }
    return [try scatter(call, type, shape, sources)]
  }

  /// PadGradient.
  static func pad<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let shape = try inputShape(call)
    guard let pads = call.node.attributes.ints("pads"), pads.count == 2 * shape.count else {
      throw call.invalid("pads do not fit \(shape.count) axes")
    }
    let mode = call.node.attributes.string("mode") ?? "constant"
    var sources: [[Int]] = []
    for axis in shape.indices {
      sources.append(
        try ReferencePad.sources(
          call, extent: shape[axis], begin: pads[axis], end: pads[shape.count + axis], mode: mode))
    }
    return [try scatter(call, type, shape, sources)]
  }

  /// Zeros of `shape` to which each element of operand 0 is added at the place that `sources` names
  /// axis by axis; -1 drops it.
  private static func scatter<S: ReferenceScalar>(
    _ call: ReferenceCall, _ type: S.Type, _ shape: [Int], _ sources: [[Int]]
  ) throws(Diagnostic) -> Tensor {
    let dy = try call.elements(0, type, shape: sources.map(\.count))
    for (axis, list) in sources.enumerated() where list.contains(where: { $0 >= shape[axis] }) {
      throw call.invalid("places \(list) are beyond axis \(axis) of \(shape)")
    }
    let strides = Strided.strides(of: shape)
    return try call.make(type, shape) { dx in
      var position = 0
      WindowGeometry.forEachIndex(of: sources.map(\.count)) { index in
        defer { position += 1 }
        var place = 0
        for axis in index.indices {
          let from = sources[axis][index[axis]]
          if from < 0 { return }
          place += from * strides[axis]
        }
        dx[place] += dy[position]
      }
    }
  }

  /// GatherGradient.
  static func gather<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let shape = try inputShape(call)
    let axis = try call.axis(call.node.attributes.int("axis") ?? 0, rank: shape.count)
    let indices = try call.integers(1)
    let gathered = try Array(shape[..<axis]) + call.operand(1).shape + Array(shape[(axis + 1)...])
    let dy = try call.elements(0, type, shape: gathered)
    let inner = shape[(axis + 1)...].reduce(1, *)
    let extent = shape[axis]
    for index in indices where index < -extent || index >= extent {
      throw call.invalid("index \(index) is out of range for an axis of extent \(extent)")
    }
    return [
      try call.make(type, shape) { dx in
        for block in 0..<shape[..<axis].reduce(1, *) {
          for (number, index) in indices.enumerated() {
            let target = (block * extent + (index < 0 ? index + extent : index)) * inner
            let source = (block * indices.count + number) * inner
            for offset in 0..<inner { dx[target + offset] += dy[source + offset] }
          }
        }
      }
    ]
  }

  /// ResizeGradient: the transposed map of each axis, one axis after the other.
  static func resize<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let target = try inputShape(call)
    var shape = try call.operand(0).shape
    let attributes = call.node.attributes
    let options = ResizeAxis.Options(attributes)
    let scales = attributes.floats("scales")
    let roi = attributes.floats("roi")
    guard scales?.count ?? target.count == target.count,
      roi?.count ?? 2 * target.count == 2 * target.count
    else { throw call.invalid("scales or regions do not fit \(target.count) axes") }
    var current = Array(try call.elements(0, type))
    for axis in target.indices {
      let scale = scales.map { Double($0[axis]) } ?? Double(shape[axis]) / Double(target[axis])
      let region = roi.map { (Double($0[axis]), Double($0[target.count + axis])) }
      guard
        let map = ResizeAxis(
          input: target[axis], output: shape[axis], scale: scale, region: region ?? (0, 1),
          options: options)
      else { throw call.invalid("a mode of the node is unknown to ONNX") }
      let outer = shape[..<axis].reduce(1, *)
      let inner = shape[(axis + 1)...].reduce(1, *)
      var next = [S](repeating: 0, count: outer * target[axis] * inner)
      for block in 0..<outer {
        for (position, taps) in map.taps.enumerated() {
          let source = (block * shape[axis] + position) * inner
          for tap in taps {
            let place = (block * target[axis] + tap.index) * inner
            for offset in 0..<inner {
              next[place + offset] += S(tap.weight) * current[source + offset]
            }
          }
        }
      }
      current = next
      shape[axis] = target[axis]
    }
    return [Tensor(current, shape: shape)]
  }
}
