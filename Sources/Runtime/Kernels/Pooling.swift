import CKernels
import IR

extension Planner {
  /// Plans MaxPool without indices, and AveragePool.
  func planPooling(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0), isSpatial(x),
      node.output(1).map({ facts.readers(of: $0).isEmpty && !facts.isOutput($0) }) ?? true,
      let pool = try pool(node, facts.shape(x), facts.shape(y))
    else { return false }
    let source = channelsLast(x)
    let depth = try depthPool(node, facts.shape(x), facts.shape(y))
    finish([id])
    let target = result(y, imageLayout(y))
    guard let depth else {
      emitPool(node, pool, source, target)
      return true
    }
    let shape = target.shape
    let layers = place(
      .float32, [shape[0], shape[1], source.depth, shape[3], shape[4]], .channelsLast(.none))
    emitPool(node, pool, source, layers)
    emitDepthPool(node, depth, layers, target)
    return true
  }

  /// Emits the pooling of images, or of each layer of volumes.
  private func emitPool(_ node: Node, _ pool: ck_pool, _ source: Place, _ target: Place) {
    let rows = target.rows
    let tasks = tasks(rows, work: target.count * pool.kernel_h * pool.kernel_w)
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
  }

  /// Emits the pooling of volumes along their depth, each row of all layers as an image whose rows
  /// are the layers.
  private func emitDepthPool(_ node: Node, _ pool: ck_pool, _ source: Place, _ target: Place) {
    let layers = pool.batch * pool.out_h
    let height = target.image.height
    let tasks = tasks(layers, work: target.count * pool.kernel_h)
    let compute = node.op == .maxPool ? kernels.max_pool : kernels.average_pool
    emit(
      node.name, kind: node.type, touches: [source.buffer, target.buffer], writing: target,
      tasks: tasks
    ) { memory in
      let (from, to) = (source.source(memory), target.target(memory))
      return { task, _ in
        let part = share(layers, task, of: tasks).kernel
        withUnsafePointer(to: pool) { pool in
          for row in 0..<height {
            compute(
              pool,
              ck_source(
                data: from.data.map { $0 + row * from.row }, pixel: from.pixel, row: from.image,
                image: pool.pointee.in_h * from.image),
              ck_target(
                data: to.data.map { $0 + row * to.row }, pixel: to.pixel, row: to.image,
                image: pool.pointee.out_h * to.image),
              part)
          }
        }
      }
    }
  }

  /// The windows of a pooling node over volumes along their depth, as those of images whose rows
  /// are the layers; nil where layers stay apart. Means over volumes are means over the depth of
  /// means over layers, since the positions of a window are a product of those along each axis.
  private func depthPool(_ node: Node, _ input: [Int], _ output: [Int]) throws(Diagnostic)
    -> ck_pool?
  {
    guard input.count == 5, let kernel = node.attributes.ints("kernel_shape") else { return nil }
    let window = try WindowGeometry(
      node, kernel: kernel, input: Array(input[2...]), use: .pooling)
    if kernel[0] == 1, window.strides[0] == 1, window.begins[0] == 0, window.ends[0] == 0 {
      return nil
    }
    return ck_pool(
      batch: input[0], channels: input[1], in_h: input[2], in_w: output[4], out_h: output[2],
      out_w: output[4], kernel_h: kernel[0], kernel_w: 1, stride_h: window.strides[0], stride_w: 1,
      dilation_h: window.dilations[0], dilation_w: 1, pad_top: window.begins[0], pad_left: 0,
      pad_bottom: window.ends[0], pad_right: 0,
      count_include_pad: node.attributes.int("count_include_pad") == 1)
  }

  /// The windows of a pooling node for the kernels, over volumes those of their layers; nil if one
  /// of them touches padding only.
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
    let (high, wide) = (kernel.count - 2, kernel.count - 1)
    return ck_pool(
      batch: input[0] * Place.depth(input), channels: input[1],
      in_h: flat ? 1 : input[high + 2], in_w: input[wide + 2],
      out_h: flat ? 1 : output[high + 2], out_w: output[wide + 2],
      kernel_h: flat ? 1 : kernel[high], kernel_w: kernel[wide],
      stride_h: flat ? 1 : window.strides[high], stride_w: window.strides[wide],
      dilation_h: flat ? 1 : window.dilations[high], dilation_w: window.dilations[wide],
      pad_top: flat ? 0 : window.begins[high], pad_left: window.begins[wide],
      pad_bottom: flat ? 0 : window.ends[high], pad_right: window.ends[wide],
      count_include_pad: node.attributes.int("count_include_pad") == 1)
  }

  /// Plans GlobalAveragePool.
  func planGlobalAverage(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0), isSpatial(x) else { return false }
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
    let depth = source.depth
    let means = depth == 1 ? target.buffer : transient(bytes: image.batch * image.channels * 4)
    let samples = image.batch / depth
    let layers = ck_shape(batch: samples, height: 1, width: depth, channels: image.channels)
    let tasks = tasks(samples, work: source.count)
    emit(
      node.name, kind: node.type, touches: [source.buffer, means, target.buffer], tasks: tasks
    ) { memory in
      let (from, to, mean) = (source.source(memory), memory.floats(target), memory.floats(means))
      let row = image.channels * depth
      return { task, _ in
        let part = share(samples, task, of: tasks)
        kernels.global_average(
          image, from, mean, (part.lowerBound * depth..<part.upperBound * depth).kernel)
        if depth == 1 { return }
        kernels.global_average(
          layers, ck_source(data: mean, pixel: image.channels, row: row, image: row), to,
          part.kernel)
      }
    }
  }
}
