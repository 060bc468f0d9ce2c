import CKernels
import IR

extension Planner {
  /// Plans BatchNormalizationTraining, with a sum and an activation that follow it.
  func planBatchNormalizationTraining(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], isImage(x), let y = node.output(0) else { return false }
    let operands = node.inputs.dropFirst().compactMap { $0 }
    let channels = facts.shape(x)[1]
    guard operands.count == 4, operands.allSatisfy({ facts.shape($0) == [channels] }) else {
      return false
    }
    let chain = chain(from: y, taking: [.residual, .activation])
    let nodes = [id] + chain.nodes
    let factors = emitStatistics(node, x, operands)
    try postpone(nodes, to: nodes[nodes.count - 1]) { () throws(Diagnostic) in
      self.emitAffine(
        node.name, kind: node.type, from: x, scale: factors.scale, shift: factors.shift,
        residual: chain.residual, activation: chain.activation, to: chain.result, nodes: nodes)
    }
    return true
  }

  /// Emits the batch's statistics, the new running ones, and the factor and addend of each channel.
  ///
  /// The moments are taken about the running mean, which keeps the variance from cancelling.
  private func emitStatistics(_ node: Node, _ x: ValueID, _ operands: [ValueID])
    -> (scale: Int, shift: Int)
  {
    let kernels = kernels
    let source = channelsLast(x)
    let image = source.image
    let channels = image.channels
    let places = operands.map(rowMajor)
    let parts = Planner.sumParts(source.rows)
    let sums = emitSums(
      node.name, kind: "moments", over: source, touches: [source.buffer, places[2].buffer]
    ) { memory in
      let (from, shift) = (source.source(memory), memory.floats(places[2]))
      return { sums, rows in kernels.channel_moments(image, from, shift, sums, rows) }
    }
    let scale = transient(bytes: channels * 4)
    let shift = transient(bytes: channels * 4)
    let results = (1...4).map { node.output($0).map { result($0, .rowMajor) } }
    let epsilon = Double(node.attributes.float("epsilon") ?? 1e-5)
    let momentum = Double(node.attributes.float("momentum") ?? 0.9)
    let count = Double(image.batch * image.height * image.width)
    let touches = places.map(\.buffer) + results.compactMap { $0?.buffer } + [sums, scale, shift]
    emit(node.name, kind: "statistics", touches: touches, tasks: 1) { memory in
      let operands = places.map { memory.floats($0) }
      let targets = results.map { $0.map { memory.floats($0) } }
      let (from, factors, addends) = (
        memory.doubles(sums), memory.floats(scale), memory.floats(shift)
      )
      return { _, _ in
        let total = Planner.total(from, parts: parts, channels: channels)
        for channel in 0..<channels {
          let offset = total[channel] / count
          let mean = Double(operands[2][channel]) + offset
          let variance = max(total[channels + channel] / count - offset * offset, 0)
          let inverse = 1 / (variance + epsilon).squareRoot()
          let factor = Double(operands[0][channel]) * inverse
          factors[channel] = Float(factor)
          addends[channel] = Float(Double(operands[1][channel]) - mean * factor)
          let running = [(operands[2][channel], mean), (operands[3][channel], variance)].map {
            Float(Double($0.0) * momentum + $0.1 * (1 - momentum))
          }
          targets[0]?[channel] = running[0]
          targets[1]?[channel] = running[1]
          targets[2]?[channel] = Float(mean)
          targets[3]?[channel] = Float(inverse)
        }
      }
    }
    return (scale, shift)
  }

  /// Plans BatchNormalizationGradient.
  func planBatchNormalizationGradient(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let dy = node.inputs[0], let x = node.inputs[1], isImage(x), let dx = node.output(0)
    else { return false }
    let vectors = node.inputs.dropFirst(2).compactMap { $0 }
    let channels = facts.shape(x)[1]
    guard vectors.count == 3, vectors.allSatisfy({ facts.shape($0) == [channels] }) else {
      return false
    }
    let kernels = kernels
    let (source, gradient) = (channelsLast(x), channelsLast(dy))
    let places = vectors.map(rowMajor)
    let sums =
      takeSums(of: id)
      ?? emitSums(
        node.name, kind: "gradient sums", over: source,
        touches: [source.buffer, gradient.buffer, places[1].buffer]
      ) { memory in
        let (x, dy, mean) = (
          source.source(memory), gradient.source(memory), memory.floats(places[1])
        )
        return { sums, rows in
          var identity = ck_activation.identity
          kernels.channel_gradient_sums(
            source.image, x, mean, dy, .none, &identity, .none, sums, rows)
        }
      }
    let factors = emitGradientFactors(node, sums, source, places)
    finish([id])
    let target = result(dx, imageLayout(dx), reusing: native(dy) == gradient ? [dy] : [])
    let rows = target.rows
    let tasks = tasks(rows, work: 4 * target.count)
    emit(
      node.name, kind: node.type,
      touches: [source.buffer, gradient.buffer, target.buffer, places[1].buffer] + factors,
      writing: target, tasks: tasks
    ) { memory in
      let (x, dy, to) = (
        source.source(memory), gradient.source(memory), target.target(memory)
      )
      let mean = memory.floats(places[1])
      let numbers = factors.map { memory.floats($0) }
      return { task, _ in
        var identity = ck_activation.identity
        kernels.channel_affine_gradient(
          source.image, x, mean, dy, .none, &identity, numbers[0], numbers[1], numbers[2], .none,
          to, share(rows, task, of: tasks).kernel)
      }
    }
    return true
  }

  /// Emits the gradients of scale and bias, and the numbers a, b and d of each channel with which
  /// `dx = a · dy + b · (x - mean) + d`.
  private func emitGradientFactors(_ node: Node, _ sums: Int, _ source: Place, _ vectors: [Place])
    -> [Int]
  {
    let image = source.image
    let channels = image.channels
    let parts = Planner.sumParts(source.rows)
    let factors = (0..<3).map { _ in transient(bytes: channels * 4) }
    let results = (1...2).map { node.output($0).map { result($0, .rowMajor) } }
    let isFrozen = node.attributes.int("frozen") == 1
    let count = Double(image.batch * image.height * image.width)
    let touches = vectors.map(\.buffer) + results.compactMap { $0?.buffer } + factors + [sums]
    emit(node.name, kind: "gradient factors", touches: touches, tasks: 1) { memory in
      let vectors = vectors.map { memory.floats($0) }
      let targets = results.map { $0.map { memory.floats($0) } }
      let numbers = factors.map { memory.floats($0) }
      let from = memory.doubles(sums)
      return { _, _ in
        let total = Planner.total(from, parts: parts, channels: channels)
        for channel in 0..<channels {
          let inverse = Double(vectors[2][channel])
          let factor = Double(vectors[0][channel]) * inverse
          let (plain, product) = (total[channel], total[channels + channel])
          targets[0]?[channel] = Float(product * inverse)
          targets[1]?[channel] = Float(plain)
          numbers[0][channel] = Float(factor)
          numbers[1][channel] = isFrozen ? 0 : Float(-factor * inverse * inverse * product / count)
          numbers[2][channel] = isFrozen ? 0 : Float(-factor * plain / count)
        }
      }
    }
    return factors
  }

  /// Plans ReluGradient; where a BatchNormalizationGradient reads the result, its sums are taken on
  /// the way.
  func planReluGradient(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let dy = node.inputs[0], let y = node.inputs[1], let g = node.output(0), options.fuses,
      isImage(g), isChannelsLast(dy) || isChannelsLast(y),
      let reader = facts.readers(of: g).first(where: { reader in
        let other = self.node(reader)
        return other.op == .batchNormalizationGradient && other.input(0) == g
          && other.inputs.count == 5 && !isDone(reader)
      }),
      let x = self.node(reader).inputs[1], let mean = self.node(reader).inputs[3],
      isMade(x), isMade(mean), facts.shape(mean) == [facts.shape(x)[1]]
    else { return try planActivationGradient(id) }
    let kernels = kernels
    let (gradient, forward, source) = (channelsLast(dy), channelsLast(y), channelsLast(x))
    let center = rowMajor(mean)
    finish([id])
    let target = result(g, imageLayout(g), reusing: native(dy) == gradient ? [dy] : [])
    let sums = emitSums(
      node.name, kind: "ReluGradient and sums", over: source,
      touches: [gradient.buffer, forward.buffer, source.buffer, center.buffer, target.buffer],
      writing: target
    ) { memory in
      let (x, mean) = (source.source(memory), memory.floats(center))
      let (dy, y, to) = (
        gradient.source(memory), forward.source(memory), target.target(memory)
      )
      return { sums, rows in
        var relu = ck_activation(function: .CK_RELU, a: 0, b: 0)
        kernels.channel_gradient_sums(source.image, x, mean, dy, y, &relu, to, sums, rows)
      }
    }
    leaveSums(sums, for: reader)
    return true
  }
}
