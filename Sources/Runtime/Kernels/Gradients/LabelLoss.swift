import CKernels
import IR
import RealModule

extension Planner {
  /// Plans SoftmaxCrossEntropy of float32: a task takes some of the samples, class after class over
  /// all their positions.
  func planSoftmaxCrossEntropy(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let z = node.input(0), let labels = node.input(1), let loss = node.output(0),
      let pass = LabelPass(self, node, logits: z, labels: labels)
    else { return false }
    let (logits, classes) = (rowMajor(z), rowMajor(labels))
    finish([id])
    let total = result(loss, .rowMajor)
    let probabilities =
      node.output(1).map { result($0, .rowMajor) }
      ?? place(.float32, facts.shape(z), .rowMajor)
    let sums = transient(bytes: pass.batch * 8)
    needScratch(2 * pass.positions)
    let tasks = tasks(pass.batch, work: logits.count * 12)
    emit(
      node.name, kind: node.type,
      touches: [logits.buffer, classes.buffer, probabilities.buffer, sums], tasks: tasks
    ) { memory in
      let (z, p) = (memory.floats(logits), memory.floats(probabilities))
      let (labels, losses) = (memory.integers(classes), memory.doubles(sums))
      return { task, thread in
        for sample in share(pass.batch, task, of: tasks) {
          losses[sample] = pass.loss(
            sample, logits: z, labels: labels, probabilities: p, memory.scratch(thread))
        }
      }
    }
    emit(
      node.name + ".mean", kind: node.type, touches: [sums, classes.buffer, total.buffer], tasks: 1
    ) { memory in
      let (losses, labels) = (memory.doubles(sums), memory.integers(classes))
      let target = memory.floats(total)
      return { _, _ in
        let sum = (0..<pass.batch).reduce(0) { $0 + losses[$1] }
        target[0] = Float(sum / pass.count(labels))
      }
    }
    return true
  }

  /// Plans SoftmaxCrossEntropyGradient of float32, a task for some of the samples.
  func planSoftmaxCrossEntropyGradient(_ id: NodeID) throws(Diagnostic) -> Bool {
    let node = node(id)
    guard let dloss = node.input(0), let p = node.input(1), let labels = node.input(2),
      let dz = node.output(0), facts.element(dloss) == .float32, facts.shape(dloss).isEmpty,
      let pass = LabelPass(self, node, logits: p, labels: labels)
    else { return false }
    let (scale, probabilities, classes) = (rowMajor(dloss), rowMajor(p), rowMajor(labels))
    finish([id])
    let target = result(dz, .rowMajor)
    let tasks = tasks(pass.batch, work: target.count * 2)
    emit(
      node.name, kind: node.type,
      touches: [scale.buffer, probabilities.buffer, classes.buffer, target.buffer], tasks: tasks
    ) { memory in
      let (dloss, p) = (memory.floats(scale), memory.floats(probabilities))
      let (labels, dz) = (memory.integers(classes), memory.floats(target))
      return { task, _ in
        let factor = Float(Double(dloss[0]) / pass.count(labels))
        for sample in share(pass.batch, task, of: tasks) {
          pass.gradient(sample, factor: factor, labels: labels, probabilities: p, dz)
        }
      }
    }
    return true
  }
}

/// The cross-entropy of samples with labels, classes on axis 1.
private struct LabelPass {
  let batch: Int
  let classes: Int
  /// The labels of a sample.
  let positions: Int
  private let smoothing: Double
  private let ignored: Int64
  private let kernels: ck_kernels
  private let failure: StepFailure
  private let site: Site

  /// Reads the extents and attributes of a node; nil where the kernels do not fit.
  init?(_ planner: Planner, _ node: Node, logits: ValueID, labels: ValueID) {
    let shape = planner.facts.shape(logits)
    guard planner.facts.element(logits) == .float32, planner.facts.element(labels) == .int64,
      shape.count >= 2, shape[1] > 0,
      planner.facts.shape(labels).reduce(1, *) == shape[0] * shape[2...].reduce(1, *)
    else { return nil }
    (batch, classes, positions) = (shape[0], shape[1], shape[2...].reduce(1, *))
    smoothing = Double(node.attributes.float("smoothing") ?? 0)
    ignored = Int64(node.attributes.int("ignore_index") ?? -1)
    kernels = planner.kernels
    failure = planner.failure
    site = Site(nodes: [node.name], op: node.type)
  }

  /// How many labels count, at least 1.
  func count(_ labels: UnsafePointer<Int64>) -> Double {
    Double(max((0..<(batch * positions)).count { labels[$0] != ignored }, 1))
  }

  /// Computes a sample's probabilities and returns the sum of its losses; `scratch` has room for two
  /// numbers a position.
  ///
  /// With L = log Σ exp z the loss of a label y is L - (1 - smoothing) · z_y - smoothing · mean z.
  func loss(
    _ sample: Int, logits: UnsafePointer<Float>, labels: UnsafePointer<Int64>,
    probabilities: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Float>
  ) -> Double {
    let start = sample * classes * positions
    let (z, p) = (logits + start, probabilities + start)
    let (largest, sums) = (scratch, scratch + positions)
    for place in 0..<positions { (largest[place], sums[place]) = (-.infinity, 0) }
    for index in 0..<classes {
      let z = z + index * positions
      for place in 0..<positions { largest[place] = max(largest[place], z[place]) }
    }
    for index in 0..<classes {
      let (z, p) = (z + index * positions, p + index * positions)
      for place in 0..<positions { p[place] = z[place] - largest[place] }
    }
    var exponential = ck_activation(function: .CK_EXP, a: 0, b: 0)
    kernels.activation(&exponential, classes * positions, p, p)
    for index in 0..<classes {
      let p = p + index * positions
      for place in 0..<positions { sums[place] += p[place] }
    }
    var total = 0.0
    for place in 0..<positions {
      guard let label = label(sample * positions + place, labels) else { continue }
      let shift = Double(largest[place])
      var mean = 0.0
      if smoothing > 0 {
        for index in 0..<classes { mean += Double(z[index * positions + place]) - shift }
        mean /= Double(classes)
      }
      let own = Double(z[label * positions + place]) - shift
      total += Double.log(Double(sums[place])) - (1 - smoothing) * own - smoothing * mean
    }
    for place in 0..<positions { sums[place] = 1 / sums[place] }
    for index in 0..<classes {
      let p = p + index * positions
      for place in 0..<positions { p[place] *= sums[place] }
    }
    return total
  }

  /// Computes `factor` times a sample's probabilities less their targets, 0 at labels that do not count.
  func gradient(
    _ sample: Int, factor: Float, labels: UnsafePointer<Int64>,
    probabilities: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>
  ) {
    let start = sample * classes * positions
    let (p, dz) = (probabilities + start, result + start)
    let spread = Float(smoothing / Double(classes))
    for index in 0..<(classes * positions) { dz[index] = factor * (p[index] - spread) }
    for place in 0..<positions {
      if let label = label(sample * positions + place, labels) {
        dz[label * positions + place] -= factor * Float(1 - smoothing)
      } else {
        for index in 0..<classes { dz[index * positions + place] = 0 }
      }
    }
  }

  /// The label at a place; nil if it does not count, or is none, which ends the run with an error.
  private func label(_ place: Int, _ labels: UnsafePointer<Int64>) -> Int? {
    let label = labels[place]
    if label == ignored { return nil }
    guard label >= 0, label < classes else {
      failure.report(
        .invalid("label \(label) is out of range, expected one below \(classes)", at: site))
      return nil
    }
    return Int(label)
  }
}
