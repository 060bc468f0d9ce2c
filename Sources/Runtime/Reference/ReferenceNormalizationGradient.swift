import IR
import RealModule

/// Reference kernels of BatchNormalization in the form that training uses, and of its gradient.
enum ReferenceNormalizationGradient {
  /// BatchNormalizationTraining.
  static func training<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.operand(0).shape
    let channels = shape.count == 1 ? 1 : shape[1]
    let inner = shape.dropFirst(2).reduce(1, *)
    let x = try call.elements(0, type)
    let scale = try call.elements(1, type, shape: [channels])
    let bias = try call.elements(2, type, shape: [channels])
    let runningMean = try call.elements(3, type, shape: [channels])
    let runningVariance = try call.elements(4, type, shape: [channels])
    let epsilon = S(call.node.attributes.float("epsilon") ?? 1e-5)
    let momentum = S(call.node.attributes.float("momentum") ?? 0.9)
    let count = S(shape[0] * inner)
    var means: [S] = []
    var variances: [S] = []
    for channel in 0..<channels {
      var sum: S = 0
      ReferenceNormalization.forEach(shape[0], channels, inner, channel) { sum += x[$0] }
      let mean = sum / count
      var squares: S = 0
      ReferenceNormalization.forEach(shape[0], channels, inner, channel) {
        squares += (x[$0] - mean) * (x[$0] - mean)
      }
      means.append(mean)
      variances.append(squares / count)
    }
    let inverses = variances.map { 1 / S.sqrt($0 + epsilon) }
    let y = try call.make(type, shape) { y in
      for channel in 0..<channels {
        let factor = scale[channel] * inverses[channel]
        ReferenceNormalization.forEach(shape[0], channels, inner, channel) {
          y[$0] = (x[$0] - means[channel]) * factor + bias[channel]
        }
      }
    }
    let mixed = [(runningMean, means), (runningVariance, variances)].map { running, batch in
      Tensor(zip(running, batch).map { $0 * momentum + $1 * (1 - momentum) }, shape: [channels])
    }
    return [y] + mixed + [Tensor(means), Tensor(inverses)]
  }

  /// BatchNormalizationGradient.
  static func gradient<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.operand(1).shape
    let channels = shape.count == 1 ? 1 : shape[1]
    let inner = shape.dropFirst(2).reduce(1, *)
    let dy = try call.elements(0, type, shape: shape)
    let x = try call.elements(1, type)
    let scale = try call.elements(2, type, shape: [channels])
    let mean = try call.elements(3, type, shape: [channels])
    let inverse = try call.elements(4, type, shape: [channels])
    let isFrozen = call.node.attributes.int("frozen") == 1
    let count = S(shape[0] * inner)
    var dscale = [S](repeating: 0, count: channels)
    var dbias = dscale
    let dx = try call.make(type, shape) { dx in
      for channel in 0..<channels {
        ReferenceNormalization.forEach(shape[0], channels, inner, channel) {
          dbias[channel] += dy[$0]
          dscale[channel] += dy[$0] * (x[$0] - mean[channel]) * inverse[channel]
        }
        let factor = scale[channel] * inverse[channel]
        ReferenceNormalization.forEach(shape[0], channels, inner, channel) {
          let normalized = (x[$0] - mean[channel]) * inverse[channel]
          let shift = isFrozen ? 0 : (dbias[channel] + normalized * dscale[channel]) / count
          dx[$0] = factor * (dy[$0] - shift)
        }
      }
    }
    return [dx, Tensor(dscale), Tensor(dbias)]
  }
}
