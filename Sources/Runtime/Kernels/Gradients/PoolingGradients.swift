import CKernels
import IR

extension Planner {
  /// Plans MaxPoolGradient, if the maxima are at hand.
  func planMaxPoolGradient(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let dy = node.inputs[0], let x = node.inputs[1], let dx = node.output(0), isImage(dx),
      let y = maxima(of: x, node), let pool = try pool(node, facts.shape(x), facts.shape(dy))
    else { return false }
    let kernels = kernels
    let (source, maximum, gradient) = (channelsLast(x), channelsLast(y), channelsLast(dy))
    finish([id])
    let target = result(dx, imageLayout(dx))
    let tasks = tasks(pool.batch, work: target.count * 4)
    emit(
      node.name, kind: node.type,
      touches: [source.buffer, maximum.buffer, gradient.buffer, target.buffer], writing: target,
      tasks: tasks
    ) { memory in
      let (x, y, dy) = (
        source.source(memory), maximum.source(memory), gradient.source(memory)
      )
      let to = target.target(memory)
      return { task, _ in
        withUnsafePointer(to: pool) {
          kernels.max_pool_gradient(
            $0, x, y, dy, to, share(pool.batch, task, of: tasks).kernel)
        }
      }
    }
    return true
  }

  /// The result of the MaxPool that reads `x` with the windows of a gradient node, if it is made.
  private func maxima(of x: ValueID, _ node: Node) -> ValueID? {
    let names = ["kernel_shape", "strides", "pads", "dilations", "ceil_mode"]
    for reader in graph.consumers(of: x) {
      let other = self.node(reader)
      guard other.op == .maxPool, let y = other.output(0), isMade(y),
        facts.shape(y) == node.inputs[0].map(facts.shape),
        names.allSatisfy({ other.attributes.ints($0) == node.attributes.ints($0) }),
        other.attributes.int("ceil_mode") == node.attributes.int("ceil_mode"),
        other.attributes.string("auto_pad") == node.attributes.string("auto_pad")
      else { continue }
      return y
    }
    return nil
  }

  /// Plans AveragePoolGradient.
  func planAveragePoolGradient(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let dy = node.inputs[0], let dx = node.output(0), isImage(dx),
      let pool = try pool(node, facts.shape(dx), facts.shape(dy))
    else { return false }
    let kernels = kernels
    let gradient = channelsLast(dy)
    finish([id])
    let target = result(dx, imageLayout(dx))
    let tasks = tasks(pool.batch, work: target.count * 4)
    emit(
      node.name, kind: node.type, touches: [gradient.buffer, target.buffer], writing: target,
      tasks: tasks
    ) { memory in
      let (dy, to) = (gradient.source(memory), target.target(memory))
      return { task, _ in
        withUnsafePointer(to: pool) {
          kernels.average_pool_gradient($0, dy, to, share(pool.batch, task, of: tasks).kernel)
        }
      }
    }
    return true
  }
}
