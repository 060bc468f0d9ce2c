import IR
import RealModule

/// Reference kernels of losses and their gradients.
enum ReferenceLoss {
  /// The extents of logits as batch, classes and positions, with the labels checked.
  private struct Grid {
    let batch: Int
    let classes: Int
    let positions: Int
    let labels: [Int]
    let smoothing: Double
    let ignored: Int

    init(_ call: ReferenceCall, logits: [Int], labels: Int) throws(Diagnostic) {
      guard logits.count >= 2 else { throw call.invalid("logits of shape \(logits)") }
      batch = logits[0]
      classes = logits[1]
      positions = logits[2...].reduce(1, *)
      self.labels = try call.integers(labels)
      smoothing = Double(call.node.attributes.float("smoothing") ?? 0)
      ignored = call.node.attributes.int("ignore_index") ?? -1
      guard self.labels.count == batch * positions else {
        throw call.invalid("\(self.labels.count) labels for logits of shape \(logits)")
      }
      for label in self.labels where label != ignored && !(0..<classes).contains(label) {
        throw call.invalid("label \(label) is out of range, expected one below \(classes)")
      }
    }

    /// How many labels count.
    var count: Int { labels.count { $0 != ignored } }

    /// Calls `body` with the label, and the offset of class 0, of each position that counts.
    func forEach(_ body: (_ label: Int, _ start: Int) -> Void) {
      for sample in 0..<batch {
        for position in 0..<positions {
          let label = labels[sample * positions + position]
          if label != ignored { body(label, sample * classes * positions + position) }
        }
      }
    }

    /// The share of a class in the target.
    func target(_ index: Int, _ label: Int) -> Double {
      (index == label ? 1 - smoothing : 0) + smoothing / Double(classes)
    }
  }

  /// SoftmaxCrossEntropy.
  static func crossEntropy<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.operand(0).shape
    let grid = try Grid(call, logits: shape, labels: 1)
    let z = try call.elements(0, type)
    let step = grid.positions
    var probabilities = [S](repeating: 0, count: z.count)
    for sample in 0..<grid.batch {
      for position in 0..<grid.positions {
        let start = sample * grid.classes * step + position
        var maximum = -S.infinity
        for index in 0..<grid.classes { maximum = S.maximum(maximum, z[start + index * step]) }
        var sum: S = 0
        for index in 0..<grid.classes { sum += S.exp(z[start + index * step] - maximum) }
        for index in 0..<grid.classes {
          probabilities[start + index * step] = S.exp(z[start + index * step] - maximum) / sum
        }
      }
    }
    var total: S = 0
    grid.forEach { label, start in
      var maximum = -S.infinity
      for index in 0..<grid.classes { maximum = S.maximum(maximum, z[start + index * step]) }
      var sum: S = 0
      for index in 0..<grid.classes { sum += S.exp(z[start + index * step] - maximum) }
      for index in 0..<grid.classes {
        let log = z[start + index * step] - maximum - S.log(sum)
        total -= S(grid.target(index, label)) * log
      }
    }
    let count = Swift.max(grid.count, 1)
    return [Tensor([total / S(count)], shape: []), Tensor(probabilities, shape: shape)]
  }

  /// SoftmaxCrossEntropyGradient.
  static func crossEntropyGradient<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.operand(1).shape
    let grid = try Grid(call, logits: shape, labels: 2)
    let factor = try call.elements(0, type, shape: [])[0] / S(Swift.max(grid.count, 1))
    let p = try call.elements(1, type)
    return [
      try call.make(type, shape) { dz in
        grid.forEach { label, start in
          for index in 0..<grid.classes {
            let place = start + index * grid.positions
            dz[place] = factor * (p[place] - S(grid.target(index, label)))
          }
        }
      }
    ]
  }

  /// SoftTargetCrossEntropy.
  static func softTargetCrossEntropy<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.operand(0).shape
    guard shape.count >= 2 else { throw call.invalid("logits of shape \(shape)") }
    let z = try call.elements(0, type)
    let t = try call.elements(1, type, shape: shape)
    let (classes, step) = (shape[1], shape[2...].reduce(1, *))
    var slope = [S](repeating: 0, count: z.count)
    var total: S = 0
    for sample in 0..<shape[0] {
      for position in 0..<step {
        let start = sample * classes * step + position
        let places = (0..<classes).map { start + $0 * step }
        let maximum = places.reduce(-S.infinity) { S.maximum($0, z[$1]) }
        let sum = places.reduce(S(0)) { $0 + S.exp(z[$1] - maximum) }
        let weight = places.reduce(S(0)) { $0 + t[$1] }
        for place in places {
          total -= t[place] * (z[place] - maximum - S.log(sum))
          slope[place] = weight * S.exp(z[place] - maximum) / sum - t[place]
        }
      }
    }
    return [Tensor([total], shape: []), Tensor(slope, shape: shape)]
  }
}
