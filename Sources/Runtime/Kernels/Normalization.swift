import CKernels
import IR

extension Planner {
  /// Plans BatchNormalization with given statistics, with a sum and an activation that follow it.
  func planBatchNormalization(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard node.attributes.int("training_mode") ?? 0 == 0, let x = node.inputs[0],
      let y = node.output(0), isSpatial(x)
    else { return false }
    let channels = facts.shape(x)[1]
    let parameters = node.inputs.dropFirst().prefix(4).compactMap { $0 }
    guard parameters.count == 4, parameters.allSatisfy({ facts.shape($0) == [channels] }) else {
      return false
    }
    let constant = Affine(batchNormalization: node, facts, channels: channels)
    let chain = chain(from: y, taking: [.residual, .activation])
    let nodes = [id] + chain.nodes
    try postpone(nodes, to: nodes[nodes.count - 1]) { () throws(Diagnostic) in
      let factors: (scale: Int, shift: Int)
      if let constant {
        factors = (
          self.constant(constant.scale.map { Float($0) }),
          self.constant(constant.shift.map { Float($0) })
        )
      } else {
        factors = self.emitFactors(node, parameters, channels)
      }
      self.emitAffine(
        node.name, kind: node.type, from: x, scale: factors.scale, shift: factors.shift,
        residual: chain.residual, activation: chain.activation, to: chain.result, nodes: nodes)
    }
    return true
  }

  /// Whether the kernels take the value as an image: float32, batch, channels, one or two axes
  /// more.
  func isImage(_ value: ValueID) -> Bool {
    facts.element(value) == .float32 && (3...4).contains(facts.shape(value).count)
  }

  /// Whether the kernels take the value image by image: an image, or a volume of one axis more.
  func isSpatial(_ value: ValueID) -> Bool {
    facts.element(value) == .float32 && (3...5).contains(facts.shape(value).count)
  }

  /// Emits the step that turns scale, bias, mean and variance into a factor and an addend a
  /// channel.
  private func emitFactors(_ node: Node, _ operands: [ValueID], _ channels: Int)
    -> (scale: Int, shift: Int)
  {
    let epsilon = node.attributes.float("epsilon") ?? 1e-5
    let places = operands.map(rowMajor)
    let scale = transient(bytes: channels * 4)
    let shift = transient(bytes: channels * 4)
    emit(
      node.name, kind: "factors", touches: places.map(\.buffer) + [scale, shift], tasks: 1
    ) { memory in
      let operands = places.map { memory.floats($0) }
      let (factors, addends) = (memory.floats(scale), memory.floats(shift))
      return { _, _ in
        for channel in 0..<channels {
          let factor = operands[0][channel] / (operands[3][channel] + epsilon).squareRoot()
          factors[channel] = factor
          addends[channel] = operands[1][channel] - operands[2][channel] * factor
        }
      }
    }
    return (scale, shift)
  }

  /// Emits `y = act(x · scale + shift + residual)`; scale and shift are buffers with one float a
  /// channel, or, if `stride` is not 0, a channel and sample.
  func emitAffine(
    _ name: String, kind: String, from x: ValueID, scale: Int?, shift: Int?, stride: Int = 0,
    residual: ValueID?, activation: ck_activation, to y: ValueID, nodes: [NodeID]
  ) {
    let kernels = kernels
    let source = channelsLast(x)
    let added = residual.map { channelsLast($0) }
    finish(nodes)
    var reused = native(x) == source ? [x] : []
    if let residual, native(residual) == added { reused.append(residual) }
    let target = result(y, imageLayout(y), reusing: reused)
    let rows = target.rows
    let tasks = tasks(rows, work: target.count)
    emit(
      name, kind: kind,
      touches: [source.buffer, target.buffer] + [scale, shift, added?.buffer].compactMap { $0 },
      writing: target, tasks: tasks
    ) { memory in
      let from = source.source(memory)
      let to = target.target(memory)
      let other = added.map { $0.source(memory) } ?? .none
      let factors = scale.map { UnsafePointer(memory.floats($0)) }
      let addends = shift.map { UnsafePointer(memory.floats($0)) }
      let image = target.image
      let perSample = target.depth * image.height
      return { task, _ in
        var part = share(rows, task, of: tasks)
        withUnsafePointer(to: activation) { activation in
          if stride == 0 || perSample == image.height {
            return kernels.channel_affine(
              image, from, factors, addends, stride, other, activation, to, part.kernel)
          }
          while !part.isEmpty {
            let sample = part.lowerBound / perSample
            let end = min(part.upperBound, (sample + 1) * perSample)
            kernels.channel_affine(
              image, from, factors.map { $0 + sample * stride },
              addends.map { $0 + sample * stride }, 0, other, activation, to,
              (part.lowerBound..<end).kernel)
            part = end..<part.upperBound
          }
        }
      }
    }
  }
}
