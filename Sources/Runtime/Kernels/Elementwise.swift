import CKernels
import IR

extension Planner {
  /// Plans Add, Sub, Mul, Div, and Min and Max of two operands.
  func planArithmetic(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard node.inputs.count == 2, let a = node.inputs[0], let b = node.inputs[1],
      let y = node.output(0),
      facts.element(y) == .float32
    else { return false }
    let shape = facts.shape(y)
    let functions: [Operator: ck_binary] = [
      .add: .CK_ADD, .sub: .CK_SUBTRACT, .mul: .CK_MULTIPLY, .div: .CK_DIVIDE,
      .min: .CK_MINIMUM, .max: .CK_MAXIMUM,
    ]
    guard let function = functions[node.op] else { return false }
    if facts.shape(a) == shape, facts.shape(b) == shape {
      let isImages = isSpatial(y) && (isChannelsLast(a) || isChannelsLast(b))
      if isImages, node.op == .add { return try planSum(id, a, b, y) }
      emitBinary(id, function, a, b, y, inChannelsLast: isImages)
      return true
    }
    let isSwapped = facts.shape(a) != shape
    let (x, other) = isSwapped ? (b, a) : (a, b)
    guard facts.shape(x) == shape else { return planRepeats(id, function, a, b, y) }
    if facts.shape(other).allSatisfy({ $0 == 1 }) {
      emitScalar(id, function, x, other, y, isSwapped: isSwapped)
      return true
    }
    if isChannelsLast(x), node.op == .add || node.op == .mul,
      let stride = channelStride(facts.shape(other), shape)
    {
      return try planChannels(id, x, other, y, stride: stride)
    }
    return planRepeats(id, function, a, b, y)
  }

  /// Plans the sum of two images, with an activation that follows it.
  private func planSum(_ id: NodeID, _ a: ValueID, _ b: ValueID, _ y: ValueID) throws(Diagnostic)
    -> Bool
  {
    let chain = chain(from: y, taking: [.activation])
    let nodes = [id] + chain.nodes
    let node = node(id)
    try postpone(nodes, to: nodes[nodes.count - 1]) { () throws(Diagnostic) in
      self.emitAffine(
        node.name, kind: node.type, from: a, scale: nil, shift: nil, residual: b,
        activation: chain.activation, to: chain.result, nodes: nodes)
    }
    return true
  }

  /// The distance of the channels of two images in an operand that varies along channels, and
  /// perhaps images, only; nil for other operands.
  private func channelStride(_ operand: [Int], _ shape: [Int]) -> Int? {
    if Affine.isChannels(operand, of: shape) { return 0 }
    let expected = Array(shape[..<2]) + Array(repeating: 1, count: shape.count - 2)
    return operand == expected ? shape[1] : nil
  }

  /// Plans the sum or product of an image and one number a channel.
  private func planChannels(
    _ id: NodeID, _ x: ValueID, _ other: ValueID, _ y: ValueID, stride: Int
  ) throws(Diagnostic) -> Bool {
    let node = node(id)
    let chain = chain(from: y, taking: [.residual, .activation])
    let nodes = [id] + chain.nodes
    try postpone(nodes, to: nodes[nodes.count - 1]) { () throws(Diagnostic) in
      let factors = self.rowMajor(other).buffer
      self.emitAffine(
        node.name, kind: node.type, from: x, scale: node.op == .mul ? factors : nil,
        shift: node.op == .mul ? nil : factors, stride: stride, residual: chain.residual,
        activation: chain.activation, to: chain.result, nodes: nodes)
    }
    return true
  }

  /// Emits a function of two tensors of the same shape.
  private func emitBinary(
    _ id: NodeID, _ function: ck_binary, _ a: ValueID, _ b: ValueID, _ y: ValueID,
    inChannelsLast: Bool
  ) {
    let node = node(id)
    let kernels = kernels
    let left = inChannelsLast ? channelsLast(a) : rowMajor(a)
    let right = inChannelsLast ? channelsLast(b) : rowMajor(b)
    finish([id])
    let reused = (native(a) == left ? [a] : []) + (native(b) == right ? [b] : [])
    let target = result(y, inChannelsLast ? imageLayout(y) : .rowMajor, reusing: reused)
    emitRuns(node, touches: [left.buffer, right.buffer], target) { memory in
      let starts = [left, right, target].map { Planner.runs($0, memory) }
      return { index, count in
        kernels.binary(
          function, count, starts[0](index), starts[1](index), starts[2](index))
      }
    }
  }

  /// Emits a function of a tensor and one number.
  private func emitScalar(
    _ id: NodeID, _ function: ck_binary, _ x: ValueID, _ number: ValueID, _ y: ValueID,
    isSwapped: Bool
  ) {
    let node = node(id)
    let kernels = kernels
    let scalar = rowMajor(number)
    let isImages = isChannelsLast(x)
    let source = isImages ? channelsLast(x) : rowMajor(x)
    finish([id])
    let target = result(y, isImages ? imageLayout(y) : .rowMajor, reusing: [x])
    emitRuns(node, touches: [source.buffer, scalar.buffer], target) { memory in
      let (from, to) = (Planner.runs(source, memory), Planner.runs(target, memory))
      let number = memory.floats(scalar)
      return { index, count in
        kernels.binary_scalar(function, count, from(index), number[0], isSwapped, to(index))
      }
    }
  }

  /// Plans a function of two row-major tensors of which either may repeat along axes.
  private func planRepeats(
    _ id: NodeID, _ function: ck_binary, _ a: ValueID, _ b: ValueID, _ y: ValueID
  ) -> Bool {
    let node = node(id)
    let runs = RepeatedRuns(facts.shape(a), facts.shape(b), facts.shape(y))
    let kernels = kernels
    let left = rowMajor(a)
    let right = rowMajor(b)
    finish([id])
    let reused = [(a, left), (b, right)].filter { native($0.0) == $0.1 }.map(\.0)
    let target = result(y, .rowMajor, reusing: reused)
    let tasks = tasks(runs.count, work: target.count)
    emit(
      node.name, kind: node.type, touches: [left.buffer, right.buffer, target.buffer],
      tasks: tasks
    ) { memory in
      let (x, other, to) = (memory.floats(left), memory.floats(right), memory.floats(target))
      return { task, _ in
        runs.forEach(in: share(runs.count, task, of: tasks)) { first, second, result in
          let (a, b, y) = (x + first, other + second, to + result)
          switch (runs.leftRepeats, runs.rightRepeats) {
          case (false, true): kernels.binary_scalar(function, runs.width, a, b[0], false, y)
          case (true, false): kernels.binary_scalar(function, runs.width, b, a[0], true, y)
          case (false, false), (true, true): kernels.binary(function, runs.width, a, b, y)
          }
        }
      }
    }
    return true
  }

  /// Plans Pow with 2 or 3 as the exponent, as products.
  func planPower(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0), facts.element(x) == .float32,
      facts.shape(x) == facts.shape(y), let exponent = facts.constant(node.input(1))?.doubles,
      exponent == [2] || exponent == [3]
    else { return false }
    let kernels = kernels
    let isCube = exponent == [3]
    let isImages = isSpatial(x) && isChannelsLast(x)
    let source = isImages ? channelsLast(x) : rowMajor(x)
    finish([id])
    let reused = !isCube && native(x) == source ? [x] : []
    let target = result(y, isImages ? imageLayout(y) : .rowMajor, reusing: reused)
    emitRuns(node, touches: [source.buffer], target) { memory in
      let (from, to) = (Planner.runs(source, memory), Planner.runs(target, memory))
      return { index, count in
        let (x, y) = (from(index), to(index))
        kernels.binary(.CK_MULTIPLY, count, x, x, y)
        if isCube { kernels.binary(.CK_MULTIPLY, count, y, x, y) }
      }
    }
    return true
  }

  /// Emits a step that works on runs of floats: the rows of images, or parts of a flat tensor.
  func emitRuns(
    _ node: Node, touches: [Int], _ target: Place,
    _ bind: @escaping (Memory) -> (_ index: Int, _ count: Int) -> Void
  ) {
    switch target.layout {
    case .channelsLast:
      let rows = target.rows
      let tasks = tasks(rows, work: target.count)
      let width = target.image.width * target.image.channels
      emit(
        node.name, kind: node.type, touches: touches + [target.buffer], writing: target,
        tasks: tasks
      ) { memory in
        let body = bind(memory)
        return { task, _ in for row in share(rows, task, of: tasks) { body(row, width) } }
      }
    case .rowMajor:
      let count = target.count
      let tasks = tasks(count, work: count)
      emit(
        node.name, kind: node.type, touches: touches + [target.buffer], tasks: tasks
      ) { memory in
        let body = bind(memory)
        return { task, _ in
          let part = share(count, task, of: tasks)
          body(part.lowerBound, part.count)
        }
      }
    }
  }

  /// The start of a run: of a row, counted over all images, or of a flat tensor's element.
  static func runs(_ place: Place, _ memory: Memory) -> (Int) -> UnsafeMutablePointer<Float> {
    let base = memory.floats(place)
    switch place.layout {
    case .rowMajor: return { base + $0 }
    case .channelsLast:
      let strides = place.strides
      let height = place.image.height
      return { row in
        base + strides.start + row / height * strides.image + row % height * strides.row
      }
    }
  }
}
