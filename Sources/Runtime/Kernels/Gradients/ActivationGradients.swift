import CKernels
import IR

extension Planner {
  /// Plans the gradient of an activation.
  func planActivationGradient(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let dy = node.inputs[0], let v = node.inputs[1], let dx = node.output(0),
      facts.element(dx) == .float32, facts.shape(dy) == facts.shape(v),
      let activation = gradientActivation(node)
    else { return false }
    let isImages = isImage(dx) && (isChannelsLast(dy) || isChannelsLast(v))
    let left = isImages ? channelsLast(dy) : rowMajor(dy)
    let right = isImages ? channelsLast(v) : rowMajor(v)
    let kernels = kernels
    finish([id])
    let target = result(
      dx, isImages ? imageLayout(dx) : .rowMajor, reusing: native(dy) == left ? [dy] : [])
    emitRuns(node, touches: [left.buffer, right.buffer], target) { memory in
      let starts = [left, right, target].map { Planner.runs($0, memory) }
      return { index, count in
        var activation = activation
        kernels.activation_gradient(
          &activation, count, starts[1](index), starts[0](index), starts[2](index))
      }
    }
    return true
  }

  /// The function whose gradient an operator is, with its parameters; nil where these are not known.
  private func gradientActivation(_ node: Node) -> ck_activation? {
    func made(_ function: ck_function, _ a: Float = 0, _ b: Float = 0) -> ck_activation {
      ck_activation(function: function, a: a, b: b)
    }
    let functions: [Operator: ck_function] = [
      .reluGradient: .CK_RELU, .sigmoidGradient: .CK_SIGMOID, .tanhGradient: .CK_TANH,
      .absGradient: .CK_ABS, .hardSwishGradient: .CK_HARD_SWISH,
    ]
    if let function = functions[node.op] { return made(function) }
    if node.op == .leakyReluGradient {
      return made(.CK_LEAKY_RELU, node.attributes.float("alpha") ?? 0.01)
    }
    if node.op == .hardSigmoidGradient {
      return made(.CK_HARD_SIGMOID, node.attributes.float("alpha") ?? 0.2)
    }
    guard node.op == .clipGradient else { return nil }
    return facts.clipBounds(node, from: 2).map { made(.CK_CLIP, $0.low, $0.high) }
  }

  /// Plans SoftmaxGradient and LogSoftmaxGradient over the innermost elements.
  func planSoftmaxGradient(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let dy = node.inputs[0], let y = node.inputs[1], let dx = node.output(0),
      facts.element(dx) == .float32, facts.shape(dy) == facts.shape(y),
      let columns = softmaxColumns(node, facts.shape(y)), columns > 0
    else { return false }
    let kernels = kernels
    let (gradient, result) = (rowMajor(dy), rowMajor(y))
    finish([id])
    let target = self.result(dx, .rowMajor)
    let rows = target.count / columns
    let tasks = tasks(rows, work: target.count * 4)
    let isLogarithm = node.op == .logSoftmaxGradient
    emit(
      node.name, kind: node.type, touches: [gradient.buffer, result.buffer, target.buffer],
      tasks: tasks
    ) { memory in
      let (dy, y, dx) = (memory.floats(gradient), memory.floats(result), memory.floats(target))
      return { task, _ in
        for row in share(rows, task, of: tasks) {
          let (dy, y, dx) = (dy + row * columns, y + row * columns, dx + row * columns)
          if isLogarithm {
            let sum = Float(kernels.sum(columns, dy))
            var exponential = ck_activation(function: .CK_EXP, a: 0, b: 0)
            kernels.activation(&exponential, columns, y, dx)
            for index in 0..<columns { dx[index] = dy[index] - dx[index] * sum }
          } else {
            let sum = Float(kernels.dot(columns, dy, y))
            for index in 0..<columns { dx[index] = y[index] * (dy[index] - sum) }
          }
        }
      }
    }
    return true
  }

  /// Plans MulGradient of an image and one number a channel.
  func planMulGradient(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let dy = node.inputs[0], let a = node.inputs[1], let b = node.inputs[2], isImage(dy),
      isChannelsLast(dy)
    else { return false }
    let shape = facts.shape(dy)
    let isSwapped = facts.shape(a) != shape
    let (x, factor) = isSwapped ? (b, a) : (a, b)
    guard facts.shape(x) == shape, facts.shape(factor).reduce(1, *) == shape[1],
      Affine.isChannels(facts.shape(factor), of: shape)
    else { return false }
    let (dx, sum) = (node.output(isSwapped ? 1 : 0), node.output(isSwapped ? 0 : 1))
    let kernels = kernels
    let (gradient, source, factors) = (channelsLast(dy), channelsLast(x), rowMajor(factor))
    if let sum {
      let parts = Planner.sumParts(source.rows)
      let sums = emitSums(
        node.name, kind: "gradient sums", over: source,
        touches: [gradient.buffer, source.buffer]
      ) { memory in
        let (x, dy) = (source.source(memory), gradient.source(memory))
        return { sums, rows in
          var identity = ck_activation.identity
          kernels.channel_gradient_sums(
            source.image, x, nil, dy, .none, &identity, .none, sums, rows)
        }
      }
      let target = result(sum, .rowMajor)
      let channels = shape[1]
      emit(node.name, kind: "total", touches: [sums, target.buffer], tasks: 1) { memory in
        let (from, to) = (memory.doubles(sums), memory.floats(target))
        return { _, _ in
          let total = Planner.total(from, parts: parts, channels: channels)
          for channel in 0..<channels { to[channel] = Float(total[channels + channel]) }
        }
      }
    }
    guard let dx else {
      finish([id])
      return true
    }
    emitAffine(
      node.name, kind: node.type, from: dy, scale: factors.buffer, shift: nil, residual: nil,
      activation: .identity, to: dx, nodes: [id])
    return true
  }

  /// Plans ReduceSum: of an image over batch and positions, else of rows.
  func planReduceSum(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0), isImage(x), isChannelsLast(x),
      let given = facts.constant(node.input(1))?.integers
    else { return try planReduction(id) }
    let rank = facts.shape(x).count
    guard Set(given.map { $0 < 0 ? $0 + rank : $0 }) == Set((0..<rank).filter { $0 != 1 }) else {
      return try planReduction(id)
    }
    let source = channelsLast(x)
    finish([id])
    emitChannelSum(node.name, of: source, to: result(y, .rowMajor))
    return true
  }
}
