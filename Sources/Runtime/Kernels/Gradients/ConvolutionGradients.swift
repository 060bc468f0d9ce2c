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

  /// Emits the correlation of an image and a gradient, cut into blocks of the weight and, where
  /// these are few, into ranges of rows with a sum of their own each. The cut depends on the
  /// convolution alone, so that sums have the same order on any number of threads.
  private func emitWeightGradient(
    _ node: Node, _ convolution: PlannedConvolution, _ x: Place, _ dy: Place, to weight: ValueID
  ) {
    let kernels = kernels
    var extents = convolution.extents
    let count = kernels.conv_gradient_count(&extents)
    let blocks = kernels.conv_blocks(&extents, .CK_FORWARD)
    let rows = extents.batch * extents.out_h
    let parts = convolution.macs < 100_000 ? 1 : min(rows, max(1, 8 / blocks))
    let groups = parts == 1 ? tasks(blocks, work: convolution.macs / 8) : blocks
    needScratch(kernels.conv_gradient_scratch_count(&extents))
    let sums = transient(bytes: parts * count * 4)
    let target = result(weight, .rowMajor)
    emit(
      node.name, kind: node.type, touches: [x.buffer, dy.buffer, sums], tasks: parts * groups,
      macs: convolution.macs
    ) { memory in
      let (from, gradient) = (x.source(memory), dy.source(memory))
      let base = memory.floats(sums)
      let scratches = memory
      return { task, thread in
        let (part, group) = task.quotientAndRemainder(dividingBy: groups)
        withUnsafePointer(to: extents) { extents in
          kernels.conv_backward_weights(
            extents, from, gradient, base + part * count, share(rows, part, of: parts).kernel,
            share(blocks, group, of: groups).kernel, scratches.scratch(thread))
        }
      }
    }
    let unpacks = tasks(blocks, work: parts * count)
    emit(
      node.name, kind: "unpack", touches: [sums, target.buffer], tasks: unpacks
    ) { memory in
      let (from, to) = (memory.floats(sums), memory.floats(target))
      return { task, _ in
        withUnsafePointer(to: extents) { extents in
          kernels.conv_unpack_gradient(
            extents, parts, from, to, share(blocks, task, of: unpacks).kernel)
        }
      }
    }
  }
}
