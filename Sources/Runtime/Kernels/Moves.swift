import IR

/// One part of what a step moves: elements of an operand, and where they go in the result.
private struct Piece {
  let source: Place
  let copy: StridedCopy
  /// How far the first elements lie from the starts of the buffers, in elements.
  let from: Int
  let to: Int
}

extension Planner {
  /// Plans Transpose, from any layout into row-major order.
  func planTranspose(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0) else { return false }
    let rank = facts.shape(x).count
    let order = node.attributes.ints("perm") ?? Array((0..<rank).reversed())
    guard order.sorted() == Array(0..<rank) else { return false }
    let strides = native(x).axisStrides
    return move(id, x, from: 0, strides: order.map { strides[$0] }, to: y)
  }

  /// Plans Expand as a copy in which axes repeat.
  func planBroadcast(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0) else { return false }
    let shape = facts.shape(x)
    let missing = facts.shape(y).count - shape.count
    let strides = native(x).axisStrides
    return move(
      id, x, from: 0,
      strides: facts.shape(y).indices.map { axis in
        axis < missing || shape[axis - missing] == 1 ? 0 : strides[axis - missing]
      }, to: y)
  }

  /// Plans DepthToSpace and SpaceToDepth.
  func planDepthAndSpace(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0), facts.shape(x).count == 4,
      let block = node.attributes.int("blocksize"), block > 0
    else { return false }
    let strides = native(x).axisStrides
    let shape = facts.shape(y)
    let goesDeep = node.op == .spaceToDepth
    let depth = (goesDeep ? facts.shape(x) : shape)[1]
    let isColumnFirst = node.attributes.string("mode") ?? "DCR" == "CRD"
    // The channels of the deep side are blocks of rows and columns of channels, or the other way.
    let (row, column, channel) =
      isColumnFirst ? (block, 1, block * block) : (block * depth, depth, 1)
    let (n, c, h, w) = (strides[0], strides[1], strides[2], strides[3])
    if goesDeep {
      let inner = isColumnFirst ? [depth, block, block] : [block, block, depth]
      let steps = isColumnFirst ? [c, h, w] : [h, w, c]
      return move(
        id, x, from: 0, shape: [shape[0]] + inner + [shape[2], shape[3]],
        strides: [n] + steps + [h * block, w * block], to: y)
    }
    return move(
      id, x, from: 0,
      shape: [shape[0], depth, shape[2] / block, block, shape[3] / block, block],
      strides: [n, channel * c, h, row * c, w, column * c], to: y)
  }

  /// Plans the parts of a Split, from any layout into row-major order.
  func planParts(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0] else { return false }
    let rank = facts.shape(x).count
    let given = node.attributes.int("axis") ?? 0
    let axis = given < 0 ? given + rank : given
    let source = native(x)
    guard (0..<rank).contains(axis), let bytes = source.elementBytes else { return false }
    let strides = source.axisStrides
    var start = 0
    var parts: [(value: ValueID, copy: StridedCopy, start: Int)] = []
    for output in node.outputs {
      guard let output else { return false }
      let shape = facts.shape(output)
      guard
        let copy = StridedCopy(
          shape: shape, source: strides, target: Strided.strides(of: shape), bytes: bytes)
      else { return false }
      parts.append((output, copy, start))
      start += shape[axis]
    }
    finish([id])
    for part in parts {
      let from = source.firstElement + part.start * strides[axis]
      emitPieces(
        node, [Piece(source: source, copy: part.copy, from: from, to: 0)],
        to: result(part.value, .rowMajor))
    }
    return true
  }

  /// Plans what Slice takes of every axis, from any layout into row-major order.
  func planRanges(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0), let ranges = sliceRanges(node) else {
      return false
    }
    let strides = native(x).axisStrides
    let start = zip(ranges, strides).reduce(0) { $0 + $1.0.start * $1.1 }
    return move(
      id, x, from: start, strides: zip(ranges, strides).map { $0.step * $1 }, to: y)
  }

  /// Plans Concat along any axis, into row-major order.
  func planJoin(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    let operands = node.inputs.compactMap { $0 }
    guard let y = node.output(0), operands.count == node.inputs.count,
      let given = node.attributes.int("axis")
    else { return false }
    let shape = facts.shape(y)
    let axis = given < 0 ? given + shape.count : given
    guard shape.indices.contains(axis) else { return false }
    let strides = Strided.strides(of: shape)
    var pieces: [Piece] = []
    var start = 0
    for operand in operands {
      let source = native(operand)
      guard let bytes = source.elementBytes,
        let copy = StridedCopy(
          shape: source.shape, source: source.axisStrides, target: strides, bytes: bytes)
      else { return false }
      pieces.append(
        Piece(source: source, copy: copy, from: source.firstElement, to: start * strides[axis]))
      start += source.shape[axis]
    }
    finish([id])
    emitPieces(node, pieces, to: result(y, .rowMajor))
    return true
  }

  /// Plans Gather: whole slices along an axis, at places that are known or computed.
  func planGather(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let indices = node.inputs[1], let y = node.output(0),
      [.int32, .int64].contains(facts.element(indices))
    else { return false }
    let shape = facts.shape(x)
    let given = node.attributes.int("axis") ?? 0
    let axis = given < 0 ? given + shape.count : given
    guard shape.indices.contains(axis), let bytes = native(x).elementBytes else { return false }
    let extent = shape[axis]
    if let known = facts.constant(indices)?.integers, known.count == 1,
      (-extent..<extent).contains(known[0])
    {
      let strides = native(x).axisStrides
      let place = known[0] < 0 ? known[0] + extent : known[0]
      var kept = strides
      kept.replaceSubrange(axis...axis, with: facts.shape(indices).map { _ in 0 })
      return move(id, x, from: place * strides[axis], strides: kept, to: y)
    }
    let source = rowMajor(x)
    let places = rowMajor(indices)
    finish([id])
    let target = result(y, .rowMajor)
    let width = shape[(axis + 1)...].reduce(1, *) * bytes
    let count = places.count
    let outer = shape[..<axis].reduce(1, *)
    let tasks = tasks(outer * count, work: target.count)
    let isWide = places.element == .int64
    let failure = self.failure
    emit(
      node.name, kind: node.type, touches: [source.buffer, places.buffer, target.buffer],
      tasks: tasks
    ) { memory in
      let (from, to) = (memory.address(source.buffer), memory.address(target.buffer))
      let list = memory.address(places.buffer)
      return { task, _ in
        for unit in share(outer * count, task, of: tasks) {
          let index = unit % count
          // Safety: the buffer holds `count` integers of the type that was asked for.
          let given =
            isWide
            ? Int(list.assumingMemoryBound(to: Int64.self)[index])
            : Int(list.assumingMemoryBound(to: Int32.self)[index])
          let place = given < 0 ? given + extent : given
          guard (0..<extent).contains(place) else {
            failure.report(
              .invalid(
                "index \(given) is out of range for axis \(axis) of shape \(shape)",
                at: Site(nodes: [node.name], op: node.type)))
            return
          }
          (to + unit * width).copyMemory(
            from: from + (unit / count * extent + place) * width, byteCount: width)
        }
      }
    }
    return true
  }

  /// Plans a float32 result that is one number but for the operand, whose first element is at
  /// `begins`.
  func embed(
    _ id: NodeID, _ x: ValueID, at begins: [Int], value: Float, in y: ValueID
  ) -> Bool {
    let source = native(x)
    let strides = Strided.strides(of: facts.shape(y))
    guard let bytes = source.elementBytes,
      let copy = StridedCopy(
        shape: source.shape, source: source.axisStrides, target: strides, bytes: bytes)
    else { return false }
    let node = node(id)
    finish([id])
    let target = result(y, .rowMajor)
    let tasks = tasks(target.count, work: target.count)
    emit(node.name, kind: "fill", touches: [target.buffer], tasks: tasks) { memory in
      let to = memory.floats(target)
      return { task, _ in
        let part = share(target.count, task, of: tasks)
        (to + part.lowerBound).update(repeating: value, count: part.count)
      }
    }
    let place = zip(begins, strides).reduce(0) { $0 + $1.0 * $1.1 }
    emitPieces(
      node, [Piece(source: source, copy: copy, from: source.firstElement, to: place)], to: target)
    return true
  }

  /// What Slice takes of each axis; nil where that is not known at planning.
  func sliceRanges(_ node: Node) -> [(start: Int, count: Int, step: Int)]? {
    guard let x = node.inputs[0], let y = node.output(0),
      let starts = facts.constant(node.input(1))?.integers,
      let ends = facts.constant(node.input(2))?.integers, starts.count == ends.count
    else { return nil }
    let shape = facts.shape(x)
    let axes =
      node.input(3) == nil
      ? Array(starts.indices) : facts.constant(node.input(3))?.integers ?? []
    let steps =
      node.input(4) == nil
      ? starts.map { _ in 1 } : facts.constant(node.input(4))?.integers ?? []
    guard axes.count == starts.count, steps.count == starts.count else { return nil }
    var ranges = shape.map { (start: 0, count: $0, step: 1) }
    for (number, given) in axes.enumerated() {
      let axis = given < 0 ? given + shape.count : given
      guard shape.indices.contains(axis), steps[number] != 0, steps[number].magnitude < 1 << 20
      else { return nil }
      let range = ReferenceMovement.range(
        start: starts[number], end: ends[number], step: steps[number], extent: shape[axis])
      ranges[axis] = (range.start, range.count, steps[number])
    }
    return ranges.map(\.count) == facts.shape(y) ? ranges : nil
  }

  /// A copy of a value in row-major order with its axes in another order.
  func transposed(_ x: ValueID, order: [Int], _ name: String) -> Place? {
    let source = native(x)
    let strides = source.axisStrides
    let shape = order.map { source.shape[$0] }
    guard let bytes = source.elementBytes,
      let copy = StridedCopy(
        shape: shape, source: order.map { strides[$0] }, target: Strided.strides(of: shape),
        bytes: bytes)
    else { return nil }
    let target = place(source.element, shape, .rowMajor)
    emitPieces(
      name, "transpose", [Piece(source: source, copy: copy, from: source.firstElement, to: 0)],
      to: target)
    return target
  }

  /// Plans a node that copies elements at these strides, from `from` elements behind the first;
  /// `shape` is the result's, unless axes of it are split.
  private func move(
    _ id: NodeID, _ x: ValueID, from: Int, shape: [Int]? = nil, strides: [Int], to y: ValueID
  ) -> Bool {
    let source = native(x)
    let shape = shape ?? facts.shape(y)
    guard let bytes = source.elementBytes, source.element == facts.element(y),
      let copy = StridedCopy(
        shape: shape, source: strides, target: Strided.strides(of: shape), bytes: bytes)
    else { return false }
    finish([id])
    emitPieces(
      node(id), [Piece(source: source, copy: copy, from: source.firstElement + from, to: 0)],
      to: result(y, .rowMajor))
    return true
  }

  private func emitPieces(_ node: Node, _ pieces: [Piece], to target: Place) {
    emitPieces(node.name, node.type, pieces, to: target)
  }

  private func emitPieces(_ name: String, _ kind: String, _ pieces: [Piece], to target: Place) {
    guard let bytes = target.elementBytes else { return }
    let units = pieces.map(\.copy.units).max() ?? 1
    let tasks = tasks(units, work: target.count)
    emit(
      name, kind: kind, touches: pieces.map(\.source.buffer) + [target.buffer], tasks: tasks
    ) { memory in
      let to = memory.address(target.buffer)
      let moves = pieces.map { piece in
        (
          copy: piece.copy,
          from: UnsafeRawPointer(memory.address(piece.source.buffer) + piece.from * bytes),
          to: to + piece.to * bytes
        )
      }
      return { task, _ in
        for move in moves {
          move.copy.run(move.from, move.to, units: share(move.copy.units, task, of: tasks))
        }
      }
    }
  }
}

extension Place {
  /// The bytes of an element; nil for elements that share bytes, or have no fixed size.
  fileprivate var elementBytes: Int? {
    element.bitWidth % 8 == 0 && element != .string ? element.bitWidth / 8 : nil
  }
}
