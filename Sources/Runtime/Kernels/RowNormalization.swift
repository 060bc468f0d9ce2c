import CKernels
import IR

extension Planner {
  /// Plans LayerNormalization and RMSNormalization of float32 rows without their statistics.
  func planRowNormalization(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    let shapes = node.inputs.compactMap { $0.map(facts.shape) }
    guard let x = node.inputs[0], let y = node.output(0), shapes.count == node.inputs.count,
      node.outputs.dropFirst().allSatisfy({ $0.map(isUnread) ?? true }),
      node.inputs.allSatisfy({ $0.map { facts.element($0) == .float32 } ?? false })
    else { return false }
    let given = node.attributes.int("axis") ?? -1
    let axis = given < 0 ? given + shapes[0].count : given
    guard shapes[0].indices.contains(axis) else { return false }
    let inner = Array(shapes[0][axis...])
    guard shapes.dropFirst().allSatisfy({ $0 == inner }) else { return false }
    let columns = inner.reduce(1, *)
    let epsilon = node.attributes.float("epsilon") ?? 1e-5
    let centers = node.op == .layerNormalization
    let kernels = kernels
    let source = rowMajor(x)
    let parameters = node.inputs.dropFirst().compactMap { $0.map(rowMajor) }
    finish([id])
    let target = result(y, .rowMajor, reusing: native(x) == source ? [x] : [])
    let rows = target.count / columns
    let tasks = tasks(rows, work: target.count * 4)
    emit(
      node.name, kind: node.type,
      touches: [source.buffer, target.buffer] + parameters.map(\.buffer), tasks: tasks
    ) { memory in
      let (from, to) = (memory.floats(source), memory.floats(target))
      let scale = parameters.first.map { UnsafePointer(memory.floats($0)) }
      let bias = parameters.dropFirst().first.map { UnsafePointer(memory.floats($0)) }
      return { task, _ in
        kernels.row_norm(
          columns, from, centers, epsilon, scale, bias, to, share(rows, task, of: tasks).kernel)
      }
    }
    return true
  }

  /// Plans InstanceNormalization and GroupNormalization with a scale and a bias a channel: each
  /// group of channels of an image is a row.
  func planGroupedNormalization(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let scale = node.inputs[1], let bias = node.input(2),
      let y = node.output(0), node.attributes.int("pcc_per_group") ?? 0 == 0,
      [x, scale, bias].allSatisfy({ facts.element($0) == .float32 }), facts.shape(x).count >= 2
    else { return false }
    let shape = facts.shape(x)
    let channels = shape[1]
    let groups =
      node.op == .instanceNormalization ? channels : node.attributes.int("num_groups") ?? 0
    guard groups > 0, channels % groups == 0, facts.shape(scale) == [channels],
      facts.shape(bias) == [channels]
    else { return false }
    let epsilon = node.attributes.float("epsilon") ?? 1e-5
    let kernels = kernels
    let source = rowMajor(x)
    let (factors, addends) = (rowMajor(scale), rowMajor(bias))
    finish([id])
    let target = result(y, .rowMajor, reusing: native(x) == source ? [x] : [])
    let (rows, size) = (shape[0] * groups, shape[2...].reduce(1, *))
    let width = channels / groups
    let tasks = tasks(rows, work: target.count * 6)
    emit(
      node.name, kind: node.type,
      touches: [source, factors, addends, target].map(\.buffer), tasks: tasks
    ) { memory in
      let (from, to) = (memory.floats(source), memory.floats(target))
      let (scale, bias) = (memory.floats(factors), memory.floats(addends))
      return { task, _ in
        for row in share(rows, task, of: tasks) {
          kernels.row_norm(
            width * size, from, true, epsilon, nil, nil, to, (row..<(row + 1)).kernel)
          for index in 0..<width {
            let channel = row % groups * width + index
            let part = to + (row * width + index) * size
            kernels.binary_scalar(.CK_MULTIPLY, size, part, scale[channel], false, part)
            kernels.binary_scalar(.CK_ADD, size, part, bias[channel], false, part)
          }
        }
      }
    }
    return true
  }

  /// Whether nothing reads a result.
  private func isUnread(_ value: ValueID) -> Bool {
    facts.readers(of: value).isEmpty && !facts.isOutput(value)
  }
}
