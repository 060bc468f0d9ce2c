import IR
import RealModule

/// Reference kernels of normalizations over trailing axes.
enum ReferenceRowNormalization {
  /// LayerNormalization: `(x - mean) / √(variance + epsilon) · scale + bias`; results 1 and 2 are
  /// mean and inverse deviation in the type that `stash_type` names.
  static func layer(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    try rows(call, centers: true)
  }

  /// RMSNormalization: `x / √(mean of squares + epsilon) · scale`; result 1, of
  /// SimplifiedLayerNormalization, is the inverse root.
  static func rootMeanSquare(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let type = try call.operand(1).type
    guard try call.operand(0).type != type else { return try rows(call, centers: false) }
    guard type.isFloatingPoint, type.bitWidth >= 16, let x = call.operands[0]?.floats,
      let scale = call.operands[1]?.floats, let first = call.operands[0]
    else { throw call.unsupportedType(type) }
    let wide = call.replacingOperands([
      Tensor(x, shape: first.shape), Tensor(scale, shape: try call.operand(1).shape),
    ])
    let found = try withExtendedLifetime(wide) { () throws(Diagnostic) in
      try rows(wide, centers: false)
    }
    return found.enumerated().map { index, tensor in
      index == 0 ? tensor.map { call.converted($0, to: type) } : tensor
    }
  }

  private static func rows(_ call: ReferenceCall, centers: Bool) throws(Diagnostic) -> [Tensor?] {
    var statistics: [Tensor?] = []
    let results = try call.floating(
      { (call, type) throws(Diagnostic) in
        let all = try rows(call, type, centers: centers)
        statistics = Array(all.dropFirst())
        return [all[0]]
      },
      { (call, type) throws(Diagnostic) in
        let all = try rows(call, type, centers: centers)
        statistics = Array(all.dropFirst())
        return [all[0]]
      })
    let code = Int32(exactly: call.node.attributes.int("stash_type") ?? 1) ?? 0
    guard let stash = ElementType(rawValue: code), stash.isFloatingPoint, stash.bitWidth >= 16
    else { throw call.invalid("attribute 'stash_type' is \(code)") }
    return results + statistics.map { $0.map { call.converted($0, to: stash) } }
  }

  private static func rows<S: ReferenceScalar>(
    _ call: ReferenceCall, _ type: S.Type, centers: Bool
  ) throws(Diagnostic) -> [Tensor?] {
    let shape = try call.operand(0).shape
    let axis = try call.axis(call.node.attributes.int("axis") ?? -1, rank: shape.count)
    let x = try call.elements(0, type)
    let epsilon = S(call.node.attributes.float("epsilon") ?? 1e-5)
    let scale = try parameter(call, 1, type, shape)
    let bias = try centers && call.optional(2) != nil ? parameter(call, 2, type, shape) : nil
    let width = shape[axis...].reduce(1, *)
    let normalized = try normalize(
      call, x, shape: shape, width: width, centers: centers, epsilon: epsilon
    ) { index, value in
      let scaled = value * (scale?(index) ?? 1)
      return bias.map { scaled + $0(index) } ?? scaled
    }
    let narrow = Array(shape[..<axis]) + shape[axis...].map { _ in 1 }
    let inverse = Tensor(normalized.inverses, shape: narrow)
    return centers
      ? [normalized.result, Tensor(normalized.means, shape: narrow), inverse]
      : [normalized.result, inverse]
  }

  /// A parameter's element for each element of the operand of shape `shape`.
  private static func parameter<S: ReferenceScalar>(
    _ call: ReferenceCall, _ index: Int, _ type: S.Type, _ shape: [Int]
  ) throws(Diagnostic) -> ((Int) -> S)? {
    let own = try call.operand(index).shape
    guard Strided.broadcast(own, shape) == shape else {
      throw call.invalid("operand \(index) of shape \(own) does not broadcast to \(shape)")
    }
    let elements = try call.elements(index, type)
    if own == Array(shape.suffix(own.count)) {
      let count = elements.count
      return { elements[$0 % count] }
    }
    let offsets = Strided.offsets(of: own, broadcastTo: shape)
    return { elements[offsets[$0]] }
  }

  /// What normalizing rows gives.
  struct Normalized<S: ReferenceScalar> {
    let result: Tensor
    let means: [S]
    let inverses: [S]
  }

  /// Normalizes rows of `width` elements; `finish` makes each result of its place and the
  /// normalized number.
  static func normalize<S: ReferenceScalar>(
    _ call: ReferenceCall, _ x: UnsafeBufferPointer<S>, shape: [Int], width: Int, centers: Bool,
    epsilon: S, _ finish: (Int, S) -> S
  ) throws(Diagnostic) -> Normalized<S> {
    let rows = width == 0 ? 0 : x.count / width
    var means: [S] = []
    var inverses: [S] = []
    let result = try call.make(S.self, shape) { y in
      for row in 0..<rows {
        let start = row * width
        var mean: S = 0
        if centers {
          for index in 0..<width { mean += x[start + index] }
          mean /= S(width)
        }
        var squares: S = 0
        for index in 0..<width {
          squares += (x[start + index] - mean) * (x[start + index] - mean)
        }
        let inverse = 1 / S.sqrt(squares / S(width) + epsilon)
        means.append(mean)
        inverses.append(inverse)
        for index in 0..<width {
          y[start + index] = finish(start + index, (x[start + index] - mean) * inverse)
        }
      }
    }
    guard width > 0 else { throw call.invalid("rows of shape \(shape) have no elements") }
    return Normalized(result: result, means: means, inverses: inverses)
  }
}
