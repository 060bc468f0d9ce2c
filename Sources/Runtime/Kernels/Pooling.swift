import CKernels
import IR

extension Planner {
  /// Plans MaxPool without indices, and AveragePool.
  func planPooling(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0), isImage(x),
      node.output(1).map({ facts.readers(of: $0).isEmpty && !facts.isOutput($0) }) ?? true,
      let pool = try pool(node, facts.shape(x), facts.shape(y))
    else { return false }
    let kernels = kernels
    let source = channelsLast(x)
    finish([id])
    let target = result(y, imageLayout(y))
    let rows = target.rows
    let taps = pool.kernel_h * pool.kernel_w
    let tasks = tasks(rows, work: target.count * taps)
    let compute = node.op == .maxPool ? kernels.max_pool : kernels.average_pool
    emit(
      node.name, kind: node.type, touches: [source.buffer, target.buffer], writing: target,
      tasks: tasks
    ) { memory in
      let (from, to) = (source.source(memory), target.target(memory))
      return { task, _ in
        withUnsafePointer(to: pool) { compute($0, from, to, share(rows, task, of: tasks).kernel) }
      }
    }
    return true
  }

  /// The windows of a pooling node for the kernels; nil if one of them touches padding only.
  func pool(_ node: Node, _ input: [Int], _ output: [Int]) throws(Diagnostic) -> ck_pool? {
    guard let kernel = node.attributes.ints("kernel_shape") else { return nil }
    let window = try WindowGeometry(
      node, kernel: kernel, input: Array(input[2...]), use: .pooling)
    guard window.output == Array(output[2...]), kernel.allSatisfy({ $0 < 1 << 10 }) else {
      return nil
    }
    for axis in kernel.indices {
      for position in 0..<window.output[axis] {
        let touches = (0..<kernel[axis]).contains { tap in
          (0..<window.input[axis]).contains(
            window.coordinate(axis: axis, position: position, tap: tap))
        }
        if !touches { return nil }
      }
    }
    let flat = kernel.count == 1
    let last = kernel.count - 1
    return ck_pool(
      batch: input[0], channels: input[1], in_h: flat ? 1 : input[2], in_w: input[input.count - 1],
      out_h: flat ? 1 : output[2], out_w: output[output.count - 1],
      kernel_h: flat ? 1 : kernel[0], kernel_w: kernel[last],
      stride_h: flat ? 1 : window.strides[0], stride_w: window.strides[last],
      dilation_h: flat ? 1 : window.dilations[0], dilation_w: window.dilations[last],
      pad_top: flat ? 0 : window.begins[0], pad_left: window.begins[last],
      pad_bottom: flat ? 0 : window.ends[0], pad_right: window.ends[last],
      count_include_pad: node.attributes.int("count_include_pad") == 1)
  }

  /// Plans GlobalAveragePool.
  func planGlobalAverage(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0), isImage(x) else { return false }
    emitGlobalAverage(id, x, y)
    return true
  }

  /// Emits the mean over the spatial axes, whose result may or may not keep them.
  func emitGlobalAverage(_ id: NodeID, _ x: ValueID, _ y: ValueID) {
    let node = node(id)
    let kernels = kernels
    let source = channelsLast(x)
    finish([id])
    let target = result(y, .rowMajor)
    let image = source.image
    let tasks = tasks(image.batch, work: source.count)
    emit(
      node.name, kind: node.type, touches: [source.buffer, target.buffer], tasks: tasks
    ) { memory in
      let (from, to) = (source.source(memory), memory.floats(target))
      return { task, _ in
        kernels.global_average(image, from, to, share(image.batch, task, of: tasks).kernel)
      }
    }
  }
}
