import IR
import Synchronization

extension Planner {
  /// Plans a node with its reference kernel, on copies of its operands in row-major order.
  func planReference(_ id: NodeID) throws(Diagnostic) {
    let node = node(id)
    let operands = node.inputs.map { $0.map(rowMajor) }
    let captured = node.reads.dropFirst(operands.count { $0 != nil }).map { ($0, rowMajor($0)) }
    finish([id])
    let results = node.outputs.map { $0.map { result($0, .rowMajor) } }
    let touched = (operands + results).compactMap { $0?.buffer } + captured.map(\.1.buffer)
    let capacity = graph.valueCapacity
    let failure = self.failure
    emit(node.name, kind: "reference \(node.type)", touches: touched, tasks: 1) { memory in
      func source(_ place: Place) -> () -> Tensor {
        let bytes = UnsafeRawBufferPointer(memory.bytes(place))
        return {
          Tensor(type: place.element, shape: place.shape) { $0.copyMemory(from: bytes) }
        }
      }
      let sources = operands.map { $0.map(source) }
      let scopeSources = captured.map { ($0.0, source($0.1)) }
      let targets = results.map { $0.map(memory.bytes) }
      let shapes = results.map { $0.map { ($0.element, $0.shape) } }
      return { _, _ in
        if failure.diagnostic != nil { return }
        do throws(Diagnostic) {
          var scope = [Datum?](repeating: nil, count: captured.isEmpty ? 0 : capacity)
          for (value, source) in scopeSources { scope[value.index] = .tensor(source()) }
          let found = try Interpreter().evaluate(
            node, sources.map { source in source.map { .tensor($0()) } }, scope: scope)
          for (index, target) in targets.enumerated() {
            guard let target, let expected = shapes[index] else { continue }
            guard index < found.count, let tensor = found[index]?.tensor, tensor.type == expected.0,
              tensor.shape == expected.1
            else {
              throw .unsupported(
                "result \(index) has another type or shape than the graph says",
                at: Site(nodes: [node.name], op: node.type))
            }
            tensor.withBytes { target.copyMemory(from: $0) }
          }
        } catch {
          failure.report(error)
        }
      }
    }
  }
}

/// What went wrong in a step; an error of a run stays.
final class StepFailure: Sendable {
  private let state = Mutex<Diagnostic?>(nil)

  /// The error, if there was one.
  var diagnostic: Diagnostic? { state.withLock { $0 } }

  /// Notes an error.
  func report(_ diagnostic: Diagnostic) { state.withLock { $0 = $0 ?? diagnostic } }

  /// Forgets the error before a run.
  func clear() { state.withLock { $0 = nil } }
}
