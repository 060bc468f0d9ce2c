import IR

extension Planner {
  /// Plans a node with its reference kernel, on copies of its operands in row-major order.
  func planReference(_ id: NodeID) throws(Diagnostic) {
    let node = node(id)
    let operands = node.inputs.map { $0.map(rowMajor) }
    finish([id])
    let results = node.outputs.map { $0.map { result($0, .rowMajor) } }
    let touched = (operands + results).compactMap { $0?.buffer }
    let failure = self.failure
    emit(node.name, kind: "reference \(node.type)", touches: touched, tasks: 1) { memory in
      let sources = operands.map { $0.map { ($0.element, $0.shape, memory.bytes($0)) } }
      let targets = results.map { $0.map(memory.bytes) }
      let shapes = results.map { $0.map { ($0.element, $0.shape) } }
      return { _, _ in
        if failure.diagnostic != nil { return }
        do throws(Diagnostic) {
          let tensors = sources.map { source in
            source.map { (element, shape, bytes) in
              Tensor(type: element, shape: shape) {
                $0.copyMemory(from: UnsafeRawBufferPointer(bytes))
              }
            }
          }
          let found = try Interpreter().evaluate(node, tensors)
          for (index, target) in targets.enumerated() {
            guard let target, let expected = shapes[index] else { continue }
            guard index < found.count, let tensor = found[index], tensor.type == expected.0,
              tensor.shape == expected.1
            else {
              throw .unsupported(
                "result \(index) has another type or shape than the graph says",
                at: Site(nodes: [node.name], op: node.type))
            }
            tensor.withBytes { target.copyMemory(from: $0) }
          }
        } catch {
          failure.diagnostic = error
        }
      }
    }
  }
}

/// What went wrong in a step; the first error of a run stays.
final class StepFailure {
  var diagnostic: Diagnostic?
}
