import CKernels
import IR

extension Planner {
  /// Plans Split: views of an image in channels-last order along its channels, else copies.
  func planSplit(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    let given = node.attributes.int("axis") ?? 0
    guard let x = node.inputs[0], isSpatial(x), isChannelsLast(x),
      given == 1 || given + facts.shape(x).count == 1
    else { return try planParts(id) }
    let source = channelsLast(x)
    finish([id])
    var start = 0
    for output in node.outputs {
      guard let output else { return false }
      emitView(node, source, start: start, steps: (1, 1, 1), to: output)
      start += facts.shape(output)[1]
    }
    return true
  }

  /// Plans Slice: of an image in channels-last order into one where channels stay next to each
  /// other, else into row-major order.
  func planSlice(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0), isImage(x), isChannelsLast(x),
      let ranges = sliceRanges(node), ranges[1].step == 1
    else { return try planRanges(id) }
    let shape = facts.shape(x)
    let source = channelsLast(x)
    finish([id])
    let strides = source.strides
    let flat = shape.count == 3
    let last = shape.count - 1
    let start =
      ranges[0].start * strides.image + ranges[1].start
      + (flat ? 0 : ranges[2].start * strides.row) + ranges[last].start * strides.pixel
    emitView(
      node, source, start: start,
      steps: (ranges[0].step, flat ? 1 : ranges[2].step, ranges[last].step), to: y)
    return true
  }

  /// Emits the copy of what lies `start` floats behind the first pixel, every so many images, rows
  /// and pixels.
  private func emitView(
    _ node: Node, _ source: Place, start: Int, steps: (image: Int, row: Int, pixel: Int),
    to y: ValueID
  ) {
    let kernels = kernels
    let target = result(y, imageLayout(y))
    let rows = target.rows
    let tasks = tasks(rows, work: target.count)
    emit(
      node.name, kind: node.type, touches: [source.buffer, target.buffer], writing: target,
      tasks: tasks
    ) { memory in
      var view = source.source(memory)
      view.data = view.data.map { $0 + start }
      view.image *= steps.image
      view.row *= steps.row
      view.pixel *= steps.pixel
      let from = view
      let to = target.target(memory)
      let image = target.image
      return { task, _ in kernels.copy(image, from, to, share(rows, task, of: tasks).kernel) }
    }
  }

  /// Plans Pad by a constant: of an image in channels-last order along its spatial axes into one,
  /// else into row-major order.
  func planPad(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0), facts.element(x) == .float32,
      node.attributes.string("mode") ?? "constant" == "constant",
      let pads = facts.constant(node.input(1))?.integers, !pads.contains(where: { $0 < 0 })
    else { return false }
    let shape = facts.shape(x)
    let value: Float
    if let operand = node.input(2) {
      guard let number = facts.constant(operand)?.floats, number.count == 1 else { return false }
      value = number[0]
    } else {
      value = 0
    }
    let given =
      node.input(3) == nil
      ? Array(shape.indices) : facts.constant(node.input(3))?.integers ?? []
    guard pads.count == 2 * given.count, !given.isEmpty else { return false }
    var begins = shape.map { _ in 0 }
    var ends = begins
    for (number, axis) in given.enumerated() {
      let resolved = axis < 0 ? axis + shape.count : axis
      guard shape.indices.contains(resolved) else { return false }
      begins[resolved] = pads[number]
      ends[resolved] = pads[given.count + number]
    }
    guard isImage(x), isChannelsLast(x), begins[..<2].allSatisfy({ $0 == 0 }),
      ends[..<2].allSatisfy({ $0 == 0 })
    else { return embed(id, x, at: begins, value: value, in: y) }
    var frame = Border()
    let last = shape.count - 1
    (frame.left, frame.right) = (begins[last], ends[last])
    if shape.count == 4 { (frame.top, frame.bottom) = (begins[2], ends[2]) }
    emitPad(node, id, x, y, frame: frame, value: value)
    return true
  }

  private func emitPad(
    _ node: Node, _ id: NodeID, _ x: ValueID, _ y: ValueID, frame: Border, value: Float
  ) {
    let kernels = kernels
    let source = channelsLast(x)
    finish([id])
    let target = result(y, imageLayout(y))
    let rows = source.rows
    let tasks = tasks(rows, work: target.count)
    emit(
      node.name, kind: node.type, touches: [source.buffer, target.buffer], writing: target,
      tasks: tasks + 1
    ) { memory in
      let from = source.source(memory)
      var inner = target.target(memory)
      inner.data = inner.data.map { $0 + frame.top * inner.row + frame.left * inner.pixel }
      let to = inner
      let image = source.image
      return { task, _ in
        if task > 0 {
          return kernels.copy(image, from, to, share(rows, task - 1, of: tasks).kernel)
        }
        kernels.fill_border(
          image, frame.kernel, value, to, ck_range(begin: 0, end: image.batch))
      }
    }
  }
}
