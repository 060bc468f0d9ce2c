import CKernels
import IR

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Planner {
  /// Plans ConvInputGradient, with the sum of gradients that follows it.
  func planConvInputGradient(_ id: NodeID) throws(Diagnostic) -> Bool {
    try planConvolution(id, direction: .CK_BACKWARD_DATA)
  }

  /// Plans ConvWeightGradient.
  func planConvWeightGradient(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let convolution = try PlannedConvolution(id, facts), let dy = node.inputs[0],
      let x = node.inputs[1]
    else { return false }
    let source = channelsLast(x, border: convolution.border(.CK_FORWARD))
    let gradient = channelsLast(dy)
    finish([id])
    if let weight = node.output(0) {
      emitWeightGradient(node, convolution, source, gradient, to: weight)
    }
    if let bias = node.output(1) {
      emitChannelSum(node.name, of: gradient, to: result(bias, .rowMajor))
    }
    return true
  }

  /// Emits the correlation of an image and a gradient, cut into units of the weight where there are
  /// enough, else into rows with a sum of their own each.
  private func emitWeightGradient(
    _ node: Node, _ convolution: PlannedConvolution, _ x: Place, _ dy: Place, to weight: ValueID
  ) {
    let kernels = kernels
    var extents = convolution.extents
    let count = kernels.conv_gradient_count(&extents)
    let units = kernels.conv_gradient_units(&extents)
    let rows = extents.batch * extents.out_h
    let splitsUnits = units >= 4 || convolution.macs < 100_000
    let parts = splitsUnits ? 1 : min(rows, 4)
    let tasks = splitsUnits ? self.tasks(units, work: convolution.macs / 8) : parts
    let sums = persistent(bytes: parts * count * 4)
    let target = result(weight, .rowMajor)
    refresh(touches: [sums]) { memory in
      let base = memory.address(sums)
      return { memset(base, 0, parts * count * 4) }
    }
    emit(
      node.name, kind: node.type, touches: [x.buffer, dy.buffer, sums], tasks: tasks,
      macs: convolution.macs
    ) { memory in
      let (from, gradient) = (x.source(memory), dy.source(memory))
      let base = memory.floats(sums)
      let all = ck_range(begin: 0, end: rows)
      return { task, _ in
        withUnsafePointer(to: extents) { extents in
          if splitsUnits {
            kernels.conv_backward_weights(
              extents, from, gradient, base, all, share(units, task, of: tasks).kernel)
          } else {
            kernels.conv_backward_weights(
              extents, from, gradient, base + task * count, share(rows, task, of: tasks).kernel,
              ck_range(begin: 0, end: units))
          }
        }
      }
    }
    emit(node.name, kind: "unpack", touches: [sums, target.buffer], tasks: 1) { memory in
      let (from, to) = (memory.floats(sums), memory.floats(target))
      return { _, _ in
        for part in 1..<max(parts, 1) {
          kernels.axpby(count, 1, from + part * count, 1, from)
        }
        withUnsafePointer(to: extents) { kernels.conv_unpack_gradient($0, from, to) }
      }
    }
  }
}
