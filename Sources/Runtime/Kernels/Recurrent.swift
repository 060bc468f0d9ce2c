import CKernels
import IR

extension Planner {
  /// Plans LSTM, GRU and RNN: the product of all steps with the weights at once, then the steps of
  /// each direction and sequence.
  func planRecurrent(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let layer = RecurrentLayer(node, facts), let x = node.input(0) else { return false }
    let states = layer.directions.count * layer.batch
    let source = rowMajor(x)
    let initial = [5, 6].map { node.input($0).map(rowMajor) }
    finish([id])
    let gates = transient(bytes: states * layer.steps * layer.rows * 4)
    emitProjection(node, layer, source, gates)
    let results = (0..<3).map { node.output($0).map { result($0, .rowMajor) } }
    let parts =
      [0..<layer.rows - (layer.gates == 3 ? layer.hidden : 0)]
      + (layer.gates == 3 ? [2 * layer.hidden..<layer.rows] : [])
    let matrices = parts.map {
      packedMatrix(
        { layer.recurrence }, directions: layer.directions.count, rows: layer.rows, $0,
        columns: layer.hidden, pixels: layer.batch)
    }
    let inner = layer.gates == 3 && layer.resetsLast ? constant(layer.innerBias) : nil
    let work = (0..<3).map { _ in transient(bytes: states * layer.hidden * 4) }
    let macs = states * layer.steps * layer.rows * layer.hidden
    let tasks = macs < 20_000 ? 1 : min(states, options.threads)
    let kernels = kernels
    let function = node.op
    emit(
      node.name, kind: node.type,
      touches: work + [gates] + matrices.map(\.buffer) + [inner].compactMap { $0 }
        + (initial + results).compactMap { $0?.buffer },
      tasks: tasks, macs: macs
    ) { memory in
      let run = RecurrentRun(
        layer: layer, kernels: kernels, gates: memory.floats(gates), state: memory.floats(work[0]),
        cell: memory.floats(work[1]), spare: memory.floats(work[2]), matrices: matrices,
        packed: matrices.map { UnsafePointer(memory.floats($0.buffer)) },
        innerBias: inner.map { UnsafePointer(memory.floats($0)) },
        initial: initial.map { $0.map { UnsafePointer(memory.floats($0)) } },
        results: results.map { $0.map { memory.floats($0) } })
      return { task, _ in run.run(function, share(states, task, of: tasks)) }
    }
    return true
  }

  /// Emits the product of all steps with the weights of each direction, biases included.
  private func emitProjection(_ node: Node, _ layer: RecurrentLayer, _ source: Place, _ gates: Int)
  {
    let kernels = kernels
    let pixels = layer.steps * layer.batch
    let directions = layer.directions.count
    let matrix = packedMatrix(
      { layer.weight }, directions: directions, rows: layer.rows, 0..<layer.rows,
      columns: layer.inputs, pixels: pixels)
    let bias = constant(layer.inputBias)
    let macs = directions * pixels * layer.rows * layer.inputs
    let tasks = tasks(directions * pixels, work: macs / 8)
    emit(
      node.name, kind: node.type, touches: [source.buffer, matrix.buffer, bias, gates],
      tasks: tasks, macs: macs
    ) { memory in
      let (from, to) = (memory.floats(source), memory.floats(gates))
      let (packed, addends) = (memory.floats(matrix.buffer), memory.floats(bias))
      let (columns, rows) = (layer.inputs, layer.rows)
      let x = ck_source(data: from, pixel: columns, row: columns, image: columns * pixels)
      return { task, _ in
        var part = share(directions * pixels, task, of: tasks)
        while !part.isEmpty {
          let direction = part.lowerBound / pixels
          let first = direction * pixels
          let end = min(part.upperBound, first + pixels)
          let y = ck_target(data: to + first * rows, pixel: rows, row: rows, image: rows * pixels)
          matrix.multiply(
            kernels, packed, direction, x,
            ck_epilogue(
              bias: addends + direction * rows, residual: .none, activation: .identity),
            y, pixels: (part.lowerBound - first)..<(end - first))
          part = end..<part.upperBound
        }
      }
    }
  }
}
