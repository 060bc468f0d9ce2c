import CKernels
import IR

extension Planner {
  /// Plans Conv, with what follows it where that can be computed with it.
  func planConvolution(_ id: NodeID) throws(Diagnostic) -> Bool {
    try planConvolution(id, direction: .CK_FORWARD)
  }

  /// Plans ConvTranspose as the data gradient of the convolution it transposes.
  func planTransposedConvolution(_ id: NodeID) throws(Diagnostic) -> Bool {
    try planConvolution(id, direction: .CK_BACKWARD_DATA)
  }

  /// Plans a node that maps operand 0 through the weight in operand 1, with a bias in operand 2.
  func planConvolution(_ id: NodeID, direction: ck_direction) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let convolution = try PlannedConvolution(id, facts), let x = node.inputs[0],
      let weight = node.inputs[1], let y = node.output(0)
    else { return false }
    let channels = facts.shape(y)[1]
    let bias = node.input(2)
    if let bias, facts.shape(bias) != [channels] { return false }
    let isConstant =
      facts.constant(weight) != nil && (bias == nil || facts.constant(bias) != nil)
    let chain = chain(
      from: y,
      taking: isConstant ? [.affine, .residual, .activation] : [.residual, .activation])
    let nodes = [id] + chain.nodes
    try postpone(nodes, to: nodes[nodes.count - 1]) { () throws(Diagnostic) in
      let packed =
        isConstant
        ? self.packed(constant: weight, convolution, direction, scale: chain.scale)
        : self.packed(weight, convolution, direction)
      let shift =
        isConstant
        ? self.folded(self.facts.constant(bias)?.doubles, chain, channels: channels)
        : bias.map { self.rowMajor($0).buffer }
      self.emitConvolution(
        node.name, convolution, direction, from: x, packed: packed, bias: shift,
        residual: chain.residual, activation: chain.activation, to: chain.result, nodes: nodes)
    }
    return true
  }

  /// Emits the step of a convolution whose weights are packed.
  func emitConvolution(
    _ name: String, _ convolution: PlannedConvolution, _ direction: ck_direction, from x: ValueID,
    packed: Int, bias: Int?, residual: ValueID?, activation: ck_activation, to y: ValueID,
    nodes: [NodeID]
  ) {
    let kernels = kernels
    var extents = convolution.extents
    let source = channelsLast(x, border: convolution.border(direction))
    let added = residual.map { channelsLast($0) }
    finish(nodes)
    let reused = residual.map { native($0) == added ? [$0] : [] } ?? []
    let target = result(y, imageLayout(y), reusing: reused)
    let scratch = kernels.conv_scratch_count(&extents, direction)
    needScratch(scratch)
    let split = split(
      extents, direction, rows: target.rows, height: target.image.height,
      operands: Tensor.count(of: source.shape) ?? 0,
      weights: convolution.packedCount(kernels, direction), macs: convolution.macs)
    emit(
      name, kind: node(nodes[0]).type,
      touches: [source.buffer, packed, target.buffer] + [bias, added?.buffer].compactMap { $0 },
      writing: target, tasks: split.tasks, macs: convolution.macs
    ) { memory in
      let from = source.source(memory)
      let to = target.target(memory)
      let layers = LayeredConvolution(
        kernels, convolution, direction, packed: memory.floats(packed), from,
        ck_epilogue(
          bias: bias.map { UnsafePointer(memory.floats($0)) },
          residual: added.map { $0.source(memory) } ?? .none, activation: activation), to)
      let scratches = memory
      return { task, thread in
        let (rows, blocks) = split.part(task)
        layers.compute(rows: rows, blocks: blocks, scratches.scratch(thread))
      }
    }
  }

  /// How a convolution is split among threads. What reading takes is estimated, and was tried on a server
  /// of 2 cores: for a weight 8 products, for an operand, which another core may have computed, 24, and 8
  /// for transforming it; Winograd's products are a quarter of all.
  func split(
    _ extents: ck_conv, _ direction: ck_direction, rows: Int, height: Int, operands: Int,
    weights: Int, macs: Int
  ) -> ConvolutionSplit {
    withUnsafePointer(to: extents) { extents in
      let step = kernels.conv_row_step(extents, direction)
      let isTransformed = step > 1
      return ConvolutionSplit(
        rows: rows, height: height, step: step, blocks: kernels.conv_blocks(extents, direction),
        work: ConvolutionSplit.Work(
          products: isTransformed ? macs / 4 : macs, weights: 8 * weights,
          operands: (isTransformed ? 32 : 24) * operands / extents.pointee.groups),
        counts: [4, 1].map { tasks($0 * options.threads, work: macs / 8) },
        threads: options.threads)
    }
  }

  /// The buffer of a constant weight, its output channels scaled, packed before the first run.
  private func packed(
    constant weight: ValueID, _ convolution: PlannedConvolution, _ direction: ck_direction,
    scale: [Double]?
  ) -> Int {
    let kernels = kernels
    let extents = convolution.extents
    let shape = facts.shape(weight)
    guard let tensor = facts.constant(weight), tensor.type == .float32 else { return constant([]) }
    return persistent(bytes: convolution.packedCount(kernels, direction) * 4) { memory in
      let packed = memory.assumingMemoryBound(to: Float.self)
      guard let scale else {
        tensor.withElements(of: Float.self) { values in
          guard let base = values.baseAddress else { return }
          convolution.pack(kernels, direction, base, packed)
        }
        return
      }
      var values = tensor.floats ?? []
      let inner = shape[2...].reduce(1, *)
      let perGroup = shape[0] / extents.groups
      for index in values.indices {
        let row = index / (inner * shape[1])
        let channel =
          direction == .CK_FORWARD
          ? row : row / perGroup * shape[1] + index / inner % shape[1]
        values[index] = Float(Double(values[index]) * scale[channel])
      }
      convolution.pack(kernels, direction, values, packed)
    }
  }

  /// The buffer of a weight that changes from run to run, packed in each.
  func packed(_ weight: ValueID, _ convolution: PlannedConvolution, _ direction: ck_direction)
    -> Int
  {
    let kernels = kernels
    let place = rowMajor(weight)
    let bytes = convolution.packedCount(kernels, direction) * 4
    let isParameter = parameters.contains(weight)
    let buffer = isParameter ? persistent(bytes: bytes) : transient(bytes: bytes)
    let pack = { (memory: Memory) in
      let (from, to) = (memory.floats(place), memory.floats(buffer))
      return { convolution.pack(kernels, direction, from, to) }
    }
    if isParameter {
      refresh(touches: [place.buffer, buffer], pack)
    } else {
      emit(
        graph[weight].name, kind: "pack", touches: [place.buffer, buffer], tasks: 1
      ) { memory in
        let work = pack(memory)
        return { _, _ in work() }
      }
    }
    return buffer
  }

  /// The buffer of what is added to each channel, by a bias and by what follows; nil if nothing is.
  func folded(_ given: [Double]?, _ chain: Chain, channels: Int) -> Int? {
    guard given != nil || chain.shift != nil else { return nil }
    var values = given ?? Array(repeating: 0, count: channels)
    if let scale = chain.scale { values = zip(values, scale).map { $0 * $1 } }
    if let shift = chain.shift { values = zip(values, shift).map { $0 + $1 } }
    return constant(values.map { Float($0) })
  }
}
