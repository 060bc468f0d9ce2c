import IR
import RealModule

/// Reference kernels of losses of the scores of classes against labels.
enum ReferenceLabelLoss {
  /// NegativeLogLikelihoodLoss: minus the logarithm at each label, times the class's weight; the
  /// mean is one by weights.
  static func likelihood<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let extents = try Extents(call)
    let logarithms = try call.elements(0, type)
    return [try loss(call, extents) { logarithms[$0] }]
  }

  /// SoftmaxCrossEntropyLoss: that of the LogSoftmax of scores, which is result 1.
  static func crossEntropy<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let extents = try Extents(call)
    let logarithms = logSoftmax(try call.elements(0, type), extents)
    let loss = try loss(call, extents) { logarithms[$0] }
    return [loss, Tensor(logarithms, shape: try call.operand(0).shape)]
  }

  /// The extents of scores `[batch, classes, positions]`, whose trailing axes are one.
  private struct Extents {
    let batch: Int
    let classes: Int
    let positions: Int

    init(_ call: ReferenceCall) throws(Diagnostic) {
      let scores = try call.operand(0).shape
      let labels = try call.operand(1).shape
      guard scores.count >= 2, labels == [scores[0]] + scores.dropFirst(2) else {
        throw call.invalid("labels of shape \(labels) for scores of shape \(scores)")
      }
      (batch, classes) = (scores[0], scores[1])
      positions = scores.dropFirst(2).reduce(1, *)
    }
  }

  private static func logSoftmax<S: ReferenceScalar>(
    _ scores: UnsafeBufferPointer<S>, _ extents: Extents
  ) -> [S] {
    var result = Array(scores)
    let step = extents.positions
    for image in 0..<extents.batch {
      for position in 0..<step {
        let start = image * extents.classes * step + position
        let places = (0..<extents.classes).map { start + $0 * step }
        let largest = places.reduce(-S.infinity) { S.maximum($0, scores[$1]) }
        let sum = places.reduce(S.zero) { $0 + S.exp(scores[$1] - largest) }
        let shift = largest + S.log(sum)
        for place in places { result[place] -= shift }
      }
    }
    return result
  }

  private static func loss<S: ReferenceScalar>(
    _ call: ReferenceCall, _ extents: Extents, _ logarithm: (Int) -> S
  ) throws(Diagnostic) -> Tensor {
    let labels = try call.integers(1)
    let weights = try call.optionalElements(2, S.self, shape: [extents.classes])
    let ignored = call.node.attributes.int("ignore_index")
    var losses: [S] = []
    losses.reserveCapacity(labels.count)
    var total: S = 0
    for (sample, label) in labels.enumerated() {
      if label == ignored {
        losses.append(0)
        continue
      }
      guard (0..<extents.classes).contains(label) else {
        throw call.invalid("label \(label) is out of range for \(extents.classes) classes")
      }
      let (image, position) = sample.quotientAndRemainder(dividingBy: extents.positions)
      let place = (image * extents.classes + label) * extents.positions + position
      let weight = weights?[label] ?? 1
      losses.append(-logarithm(place) * weight)
      total += weight
    }
    switch call.node.attributes.string("reduction") ?? "mean" {
    case "none": return Tensor(losses, shape: try call.operand(1).shape)
    case "sum": return Tensor(scalar: losses.reduce(0, +))
    case "mean": return Tensor(scalar: losses.reduce(0, +) / total)
    case let other: throw call.invalid("reduction is '\(other)', expected mean, none or sum")
    }
  }
}
