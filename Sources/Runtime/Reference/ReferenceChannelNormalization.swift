import IR
import RealModule

/// Reference kernels of normalizations of images.
enum ReferenceChannelNormalization {
  /// InstanceNormalization: each channel of each image by its own mean and variance.
  static func instance<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.operand(0).shape
    guard shape.count >= 2 else { throw call.invalid("operand 0 has shape \(shape)") }
    return try grouped(call, type, groups: shape[1], perGroup: false)
  }

  /// GroupNormalization: groups of channels by their mean and variance.
  static func group<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.operand(0).shape
    let groups = call.node.attributes.int("num_groups") ?? 0
    guard shape.count >= 2, groups >= 1, shape[1] % groups == 0 else {
      throw call.invalid("an operand of shape \(shape) has no \(groups) groups of channels")
    }
    return try grouped(call, type, groups: groups, perGroup: call.flag("pcc_per_group"))
  }

  private static func grouped<S: ReferenceScalar>(
    _ call: ReferenceCall, _ type: S.Type, groups: Int, perGroup: Bool
  ) throws(Diagnostic) -> [Tensor?] {
    let shape = try call.operand(0).shape
    let x = try call.elements(0, type)
    let count = perGroup ? groups : shape[1]
    let scale = try call.elements(1, type, shape: [count])
    let bias = try call.elements(2, type, shape: [count])
    let epsilon = S(call.node.attributes.float("epsilon") ?? 1e-5)
    if x.isEmpty { return [try call.operand(0)] }
    let block = shape[2...].reduce(1, *) * (shape[1] / count)
    return [
      try ReferenceRowNormalization.normalize(
        call, x, shape: shape, width: shape[1...].reduce(1, *) / groups, centers: true,
        epsilon: epsilon
      ) { index, value in
        let unit = index / block % count
        return value * scale[unit] + bias[unit]
      }.result
    ]
  }

  /// LRN: `x / (bias + alpha / size · Σ x²)^beta`, summed over `size` channels around each.
  static func localResponse<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.operand(0).shape
    guard shape.count >= 2 else { throw call.invalid("operand 0 has shape \(shape)") }
    let size = try call.int("size", default: 0, in: 1...Int(Int32.max))
    let attributes = call.node.attributes
    let factor = S(attributes.float("alpha") ?? 1e-4) / S(size)
    let power = S(attributes.float("beta") ?? 0.75)
    let offset = S(attributes.float("bias") ?? 1)
    let (channels, inner) = (shape[1], shape[2...].reduce(1, *))
    let x = try call.elements(0, type)
    return [
      try call.make(type, shape) { y in
        for index in y.indices {
          let channel = index / inner % channels
          let first = index - channel * inner
          var sum: S = 0
          for other in max(0, channel - (size - 1) / 2)...min(channels - 1, channel + size / 2) {
            sum += x[first + other * inner] * x[first + other * inner]
          }
          y[index] = x[index] / S.pow(offset + factor * sum, power)
        }
      }
    ]
  }

  /// LpNormalization: divides by `(Σ |x|^p)^(1/p)` along an axis; zeros where that is 0.
  static func norm<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let shape = try call.operand(0).shape
    let axis = try call.axis(call.node.attributes.int("axis") ?? -1, rank: shape.count)
    let p = try call.int("p", default: 2, in: 1...2)
    let inner = shape[(axis + 1)...].reduce(1, *)
    let x = try call.elements(0, type)
    return [
      try call.make(type, shape) { y in
        for index in y.indices where index / inner % shape[axis] == 0 {
          var sum: S = 0
          for step in 0..<shape[axis] {
            let value = x[index + step * inner]
            sum += p == 1 ? value.magnitude : value * value
          }
          let norm = p == 1 ? sum : S.sqrt(sum)
          for step in 0..<shape[axis] {
            let place = index + step * inner
            y[place] = norm == 0 ? 0 : x[place] / norm
          }
        }
      }
    ]
  }

  /// MeanVarianceNormalization: `(x - mean) / (√variance + 1e-9)` over the axes, [0, 2, 3] by
  /// default.
  static func meanVariance<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.operand(0).shape
    let axes = try call.axes(call.node.attributes.ints("axes") ?? [0, 2, 3], rank: shape.count)
    let narrow = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
    let cells = Strided.offsets(of: narrow, broadcastTo: shape)
    let count = S(axes.reduce(1) { $0 * shape[$1] })
    let x = try call.elements(0, type)
    var means = [S](repeating: 0, count: narrow.reduce(1, *))
    for (index, cell) in cells.enumerated() { means[cell] += x[index] / count }
    var variances = [S](repeating: 0, count: means.count)
    for (index, cell) in cells.enumerated() {
      variances[cell] += (x[index] - means[cell]) * (x[index] - means[cell]) / count
    }
    return [
      try call.make(type, shape) { y in
        for (index, cell) in cells.enumerated() {
          y[index] = (x[index] - means[cell]) / (S.sqrt(variances[cell]) + 1e-9)
        }
      }
    ]
  }
}
