import CKernels
import IR
import RealModule

extension Planner {
  /// Plans SoftTargetCrossEntropy of float32: a task takes some of the samples, class after class
  /// over all their positions.
  func planSoftTargetCrossEntropy(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let z = node.input(0), let t = node.input(1), let loss = node.output(0),
      let slope = node.output(1), facts.element(z) == .float32, facts.element(t) == .float32,
      facts.shape(z).count >= 2, facts.shape(t) == facts.shape(z)
    else { return false }
    let shape = facts.shape(z)
    let (logits, targets) = (rowMajor(z), rowMajor(t))
    finish([id])
    let total = result(loss, .rowMajor)
    let gradient = result(slope, .rowMajor)
    let sums = transient(bytes: shape[0] * 4)
    let positions = shape[2...].reduce(1, *)
    needScratch(3 * positions)
    let kernels = kernels
    let tasks = tasks(shape[0], work: gradient.count * 12)
    emit(
      node.name, kind: node.type,
      touches: [logits.buffer, targets.buffer, gradient.buffer, sums], tasks: tasks
    ) { memory in
      let pass = SoftTargetPass(
        classes: shape[1], positions: positions, logits: memory.floats(logits),
        targets: memory.floats(targets), slope: memory.floats(gradient), kernels: kernels)
      let losses = memory.floats(sums)
      return { task, thread in
        for sample in share(shape[0], task, of: tasks) {
          losses[sample] = pass.run(sample, memory.scratch(thread))
        }
      }
    }
    emit(node.name + ".sum", kind: node.type, touches: [sums, total.buffer], tasks: 1) { memory in
      let losses = memory.floats(sums)
      let target = memory.floats(total)
      return { _, _ in target[0] = Float(kernels.sum(shape[0], losses)) }
    }
    return true
  }
}

/// The cross-entropy of samples from soft targets, and its gradient.
private struct SoftTargetPass {
  let classes: Int
  let positions: Int
  let logits: UnsafeMutablePointer<Float>
  let targets: UnsafeMutablePointer<Float>
  let slope: UnsafeMutablePointer<Float>
  let kernels: ck_kernels

  /// Computes a sample's gradient and returns its loss; `scratch` has room for three numbers a
  /// position.
  func run(_ sample: Int, _ scratch: UnsafeMutablePointer<Float>) -> Float {
    if positions == 1 { return runRow(sample * classes) }
    let start = sample * classes * positions
    let (largest, sums, weights) = (scratch, scratch + positions, scratch + 2 * positions)
    for place in 0..<positions {
      (largest[place], sums[place], weights[place]) = (-.infinity, 0, 0)
    }
    for index in 0..<classes {
      let z = logits + start + index * positions
      for place in 0..<positions { largest[place] = max(largest[place], z[place]) }
    }
    var exponential = ck_activation(function: .CK_EXP, a: 0, b: 0)
    var total = 0.0
    for index in 0..<classes {
      let offset = start + index * positions
      let (z, t, dz) = (logits + offset, targets + offset, slope + offset)
      for place in 0..<positions { dz[place] = z[place] - largest[place] }
      total -= kernels.dot(positions, t, dz)
      kernels.activation(&exponential, positions, dz, dz)
      for place in 0..<positions {
        sums[place] += dz[place]
        weights[place] += t[place]
      }
    }
    for place in 0..<positions where weights[place] != 0 {
      total += Double(weights[place]) * Double.log(Double(sums[place]))
    }
    for place in 0..<positions { sums[place] = weights[place] / sums[place] }
    for index in 0..<classes {
      let offset = start + index * positions
      let (t, dz) = (targets + offset, slope + offset)
      for place in 0..<positions { dz[place] = dz[place] * sums[place] - t[place] }
    }
    return Float(total)
  }

  /// Computes the gradient of a sample with one position, whose classes follow one another.
  private func runRow(_ start: Int) -> Float {
    let (z, t, dz) = (logits + start, targets + start, slope + start)
    var largest = -Float.infinity
    for index in 0..<classes { largest = max(largest, z[index]) }
    for index in 0..<classes { dz[index] = z[index] - largest }
    var total = -kernels.dot(classes, t, dz)
    var exponential = ck_activation(function: .CK_EXP, a: 0, b: 0)
    kernels.activation(&exponential, classes, dz, dz)
    let (sum, weight) = (kernels.sum(classes, dz), kernels.sum(classes, t))
    if weight != 0 { total += weight * Double.log(sum) }
    let factor = Float(weight / sum)
    for index in 0..<classes { dz[index] = dz[index] * factor - t[index] }
    return Float(total)
  }
}
