import IR
import RealModule

/// Reference kernels of BatchNormalization and Dropout.
enum ReferenceNormalization {
  /// BatchNormalization: with the running statistics, or, with `training_mode` 1, with those of the
  /// batch, which it also mixes into the running ones (results 1 and 2; biased variance).
  static func batchNormalization<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.operand(0).shape
    guard !shape.isEmpty else { throw call.invalid("operand 0 is a scalar") }
    let channels = shape.count == 1 ? 1 : shape[1]
    let x = try call.elements(0, type)
    let scale = try call.elements(1, type, shape: [channels])
    let bias = try call.elements(2, type, shape: [channels])
    let runningMean = try call.elements(3, type, shape: [channels])
    let runningVariance = try call.elements(4, type, shape: [channels])
    let epsilon = S(call.node.attributes.float("epsilon") ?? 1e-5)
    let momentum = S(call.node.attributes.float("momentum") ?? 0.9)
    let inner = shape.dropFirst(2).reduce(1, *)
    let count = S(shape[0] * inner)
    let trains = call.node.attributes.int("training_mode") == 1
    var mean = Array(runningMean)
    var variance = Array(runningVariance)
    if trains {
      for channel in 0..<channels {
        var sum: S = 0
        forEach(shape[0], channels, inner, channel) { sum += x[$0] }
        mean[channel] = sum / count
        var squares: S = 0
        forEach(shape[0], channels, inner, channel) {
          squares += (x[$0] - mean[channel]) * (x[$0] - mean[channel])
        }
        variance[channel] = squares / count
      }
    }
    let result = try call.make(type, shape) { y in
      for channel in 0..<channels {
        let factor = scale[channel] / S.sqrt(variance[channel] + epsilon)
        forEach(shape[0], channels, inner, channel) {
          y[$0] = (x[$0] - mean[channel]) * factor + bias[channel]
        }
      }
    }
    guard trains else { return [result] }
    func mixed(_ running: UnsafeBufferPointer<S>, _ batch: [S]) -> Tensor {
      Tensor(
        zip(running, batch).map { $0 * momentum + $1 * (1 - momentum) }, shape: [channels])
    }
    return [result, mixed(runningMean, mean), mixed(runningVariance, variance)]
  }

  /// Calls `body` with the offsets of a channel's elements, batch by batch.
  static func forEach(
    _ batch: Int, _ channels: Int, _ inner: Int, _ channel: Int, _ body: (Int) -> Void
  ) {
    for number in 0..<batch {
      let start = (number * channels + channel) * inner
      for index in 0..<inner { body(start + index) }
    }
  }

  /// Dropout at inference: its operand, and a mask of trues.
  static func dropout(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let ratio = try call.optional(1).map { (tensor) throws(Diagnostic) in
      guard let values = tensor.doubles, values.count == 1 else {
        throw call.invalid("operand 1 is no ratio")
      }
      return values[0]
    }
    if let mode = call.optional(2)?.integers?.first, mode != 0, ratio ?? 0.5 != 0 {
      throw call.unsupported("random dropout is not supported")
    }
    guard call.node.output(1) != nil else { return [x] }
    try call.admit(.bool, x.shape)
    return [x, Tensor(Array(repeating: true, count: x.count), shape: x.shape)]
  }
}
