import CKernels
import IR

extension Planner {
  /// Plans an activation.
  func planActivation(_ id: NodeID) throws(Diagnostic) -> Bool {
    guard let activation = Chain.activation(of: node(id), facts) else { return false }
    return emitFunction(id, activation)
  }

  /// Plans a function of one number that is no activation.
  func planFunction(_ id: NodeID) throws(Diagnostic) -> Bool {
    let functions: [Operator: ck_function] = [
      .abs: .CK_ABS, .neg: .CK_NEGATE, .exp: .CK_EXP, .sqrt: .CK_SQRT, .erf: .CK_ERF,
      .reciprocal: .CK_RECIPROCAL,
    ]
    guard let function = functions[node(id).op] else { return false }
    return emitFunction(id, ck_activation(function: function, a: 0, b: 0))
  }

  private func emitFunction(_ id: NodeID, _ activation: ck_activation) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0), facts.element(x) == .float32 else {
      return false
    }
    if isChannelsLast(x) {
      emitAffine(
        node.name, kind: node.type, from: x, scale: nil, shift: nil, residual: nil,
        activation: activation, to: y, nodes: [id])
      return true
    }
    let kernels = kernels
    let source = rowMajor(x)
    finish([id])
    let target = result(y, .rowMajor, reusing: [x])
    let count = target.count
    let tasks = tasks(count, work: count)
    emit(
      node.name, kind: node.type, touches: [source.buffer, target.buffer], tasks: tasks
    ) { memory in
      let (from, to) = (memory.floats(source), memory.floats(target))
      return { task, _ in
        let part = share(count, task, of: tasks)
        withUnsafePointer(to: activation) {
          kernels.activation($0, part.count, from + part.lowerBound, to + part.lowerBound)
        }
      }
    }
    return true
  }

  /// Plans PRelu: with a slope a channel in channels-last order, else over runs of one slope.
  func planPRelu(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let slope = node.inputs[1], let y = node.output(0),
      facts.element(x) == .float32, facts.shape(x) == facts.shape(y)
    else { return false }
    if let number = facts.constant(slope)?.floats, number.count == 1 {
      return emitFunction(id, ck_activation(function: .CK_LEAKY_RELU, a: number[0], b: 0))
    }
    let kernels = kernels
    let slopes = rowMajor(slope)
    if isSpatial(x), isChannelsLast(x), slopes.count == facts.shape(x)[1],
      Affine.isChannels(facts.shape(slope), of: facts.shape(x))
    {
      let source = channelsLast(x)
      finish([id])
      let target = result(y, imageLayout(y), reusing: native(x) == source ? [x] : [])
      let rows = target.rows
      let tasks = tasks(rows, work: target.count)
      emit(
        node.name, kind: node.type, touches: [source.buffer, slopes.buffer, target.buffer],
        writing: target, tasks: tasks
      ) { memory in
        let (from, to) = (source.source(memory), target.target(memory))
        let factors = UnsafePointer(memory.floats(slopes))
        return { task, _ in
          kernels.channel_leaky(
            target.image, from, factors, to, share(rows, task, of: tasks).kernel)
        }
      }
      return true
    }
    let runs = RepeatedRuns(facts.shape(x), facts.shape(slope), facts.shape(y))
    guard runs.rightRepeats || runs.width == 1 else { return false }
    let source = rowMajor(x)
    finish([id])
    let target = result(y, .rowMajor, reusing: native(x) == source ? [x] : [])
    let tasks = tasks(runs.count, work: target.count)
    emit(
      node.name, kind: node.type, touches: [source.buffer, slopes.buffer, target.buffer],
      tasks: tasks
    ) { memory in
      let (from, to) = (memory.floats(source), memory.floats(target))
      let factors = memory.floats(slopes)
      return { task, _ in
        runs.forEach(in: share(runs.count, task, of: tasks)) { place, factor, result in
          var leaky = ck_activation(function: .CK_LEAKY_RELU, a: factors[factor], b: 0)
          kernels.activation(&leaky, runs.width, from + place, to + result)
        }
      }
    }
    return true
  }

  /// Plans Softmax and LogSoftmax over the innermost elements.
  func planSoftmax(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let x = node.inputs[0], let y = node.output(0), facts.element(x) == .float32 else {
      return false
    }
    guard let columns = softmaxColumns(node, facts.shape(x)) else { return false }
    let kernels = kernels
    let source = rowMajor(x)
    finish([id])
    let target = result(y, .rowMajor, reusing: native(x) == source ? [x] : [])
    let rows = target.count / columns
    let tasks = tasks(rows, work: target.count * 8)
    let compute = node.op == .softmax ? kernels.softmax : kernels.log_softmax
    emit(
      node.name, kind: node.type, touches: [source.buffer, target.buffer], tasks: tasks
    ) { memory in
      let (from, to) = (memory.floats(source), memory.floats(target))
      return { task, _ in compute(columns, from, to, share(rows, task, of: tasks).kernel) }
    }
    return true
  }

  /// The innermost elements that a Softmax, a LogSoftmax or the gradient of one takes together; nil if
  /// others lie between them.
  func softmaxColumns(_ node: Node, _ shape: [Int]) -> Int? {
    let flattens = node.attributes.int("pcc_flatten") == 1
    let given = node.attributes.int("axis") ?? (flattens ? 1 : -1)
    let axis = given < 0 ? given + shape.count : given
    guard shape.indices.contains(axis), flattens || shape[(axis + 1)...].allSatisfy({ $0 == 1 })
    else { return nil }
    return shape[axis...].reduce(1, *)
  }
}
