import CKernels
import IR

extension Planner {
  /// Plans an operator that leaves all elements in their row-major order: nothing is moved.
  func planReshape(_ id: NodeID) throws(Diagnostic) -> Bool {
    guard let x = node(id).inputs[0], let y = node(id).output(0) else { return false }
    rename(id, x, y)
    return true
  }

  /// Plans Dropout outside training.
  func planDropout(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0), node.output(1) == nil else {
      return false
    }
    if let mode = node.input(2), facts.constant(mode)?.integers != [0] { return false }
    rename(id, x, y)
    return true
  }

  /// Lets a result be its operand under another shape.
  private func rename(_ id: NodeID, _ x: ValueID, _ y: ValueID) {
    let isSame = facts.shape(x) == facts.shape(y)
    var place = isSame ? native(x) : rowMajor(x)
    place.shape = facts.shape(y)
    define(y, place)
    finish([id])
  }

  /// Plans Concat: of images in channels-last order along their channels into one, else into
  /// row-major order.
  func planConcat(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    let operands = node.inputs.compactMap { $0 }
    guard let y = node.output(0), isSpatial(y), let given = node.attributes.int("axis"),
      operands.count == node.inputs.count, operands.contains(where: isChannelsLast),
      given == 1 || given + facts.shape(y).count == 1
    else { return try planJoin(id) }
    let kernels = kernels
    let sources = operands.map { channelsLast($0) }
    finish([id])
    let target = result(y, imageLayout(y))
    let rows = target.rows
    let parts = tasks(rows, work: target.count)
    emit(
      node.name, kind: node.type, touches: sources.map(\.buffer) + [target.buffer],
      writing: target, tasks: parts
    ) { memory in
      var first = target.target(memory)
      var copies: [(ck_shape, ck_source, ck_target)] = []
      for source in sources {
        copies.append((source.image, source.source(memory), first))
        first.data = first.data.map { $0 + source.image.channels }
      }
      return { task, _ in
        let part = share(rows, task, of: parts).kernel
        for (image, from, to) in copies { kernels.copy(image, from, to, part) }
      }
    }
    return true
  }

  /// Plans Expand: of one number a channel and image into an image, else into row-major order.
  func planExpand(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0) else { return false }
    let shape = facts.shape(y)
    guard isImage(y), facts.shape(x) == shape[..<2] + Array(repeating: 1, count: shape.count - 2)
    else { return try planBroadcast(id) }
    let kernels = kernels
    let source = rowMajor(x)
    finish([id])
    let target = result(y, imageLayout(y))
    let image = target.image
    let tasks = tasks(image.batch, work: target.count)
    emit(
      node.name, kind: node.type, touches: [source.buffer, target.buffer], writing: target,
      tasks: tasks
    ) { memory in
      let (from, to) = (memory.floats(source), target.target(memory))
      return { task, _ in
        kernels.global_broadcast(image, from, 1, to, share(image.batch, task, of: tasks).kernel)
      }
    }
    return true
  }
}
