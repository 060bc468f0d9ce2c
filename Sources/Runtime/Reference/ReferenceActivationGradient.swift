import IR
import RealModule

/// Reference kernels of the gradients of activations and of Mul.
enum ReferenceActivationGradient {
  private static func zip<S: ReferenceScalar>(
    _ call: ReferenceCall, _ type: S.Type, _ function: (_ dy: S, _ v: S) -> S
  ) throws(Diagnostic) -> [Tensor?] {
    let shape = try call.operand(0).shape
    let dy = try call.elements(0, type)
    let v = try call.elements(1, type, shape: shape)
    return [
      try call.make(type, shape) { dx in
        for index in dx.indices { dx[index] = function(dy[index], v[index]) }
      }
    ]
  }

  /// ReluGradient.
  static func relu<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    try zip(call, type) { dy, y in y > 0 ? dy : 0 }
  }

  /// LeakyReluGradient.
  static func leakyRelu<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let alpha = S(call.node.attributes.float("alpha") ?? 0.01)
    return try zip(call, type) { dy, x in x > 0 ? dy : alpha * dy }
  }

  /// ClipGradient.
  static func clip<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let low = try call.optional(2) == nil ? -S.infinity : call.elements(2, type, shape: [])[0]
    let high = try call.optional(3) == nil ? S.infinity : call.elements(3, type, shape: [])[0]
    return try zip(call, type) { dy, x in x >= low && x <= high ? dy : 0 }
  }

  /// SigmoidGradient.
  static func sigmoid<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    try zip(call, type) { dy, y in dy * y * (1 - y) }
  }

  /// HardSigmoidGradient.
  static func hardSigmoid<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let alpha = S(call.node.attributes.float("alpha") ?? 0.2)
    return try zip(call, type) { dy, y in y > 0 && y < 1 ? alpha * dy : 0 }
  }

  /// HardSwishGradient.
  static func hardSwish<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    try zip(call, type) { dy, x in x < -3 ? 0 : x > 3 ? dy : dy * (2 * x + 3) / 6 }
  }

  /// TanhGradient.
  static func tanh<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    try zip(call, type) { dy, y in dy * (1 - y * y) }
  }

  /// AbsGradient.
  static func abs<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    try zip(call, type) { dy, x in x > 0 ? dy : x < 0 ? -dy : 0 }
  }

  /// SoftmaxGradient.
  static func softmax<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    try rows(call, type) { dy, y, dx, row in
      var sum: S = 0
      for index in row { sum += dy[index] * y[index] }
      for index in row { dx[index] = y[index] * (dy[index] - sum) }
    }
  }

  /// LogSoftmaxGradient.
  static func logSoftmax<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    try rows(call, type) { dy, y, dx, row in
      var sum: S = 0
      for index in row { sum += dy[index] }
      for index in row { dx[index] = dy[index] - S.exp(y[index]) * sum }
    }
  }

  /// Calls `body` with the offsets of each row along the normalised axes.
  private static func rows<S: ReferenceScalar>(
    _ call: ReferenceCall, _ type: S.Type,
    _ body: (
      UnsafeBufferPointer<S>, UnsafeBufferPointer<S>, UnsafeMutableBufferPointer<S>,
      StrideTo<Int>
    ) -> Void
  ) throws(Diagnostic) -> [Tensor?] {
    let shape = try call.operand(0).shape
    let dy = try call.elements(0, type)
    let y = try call.elements(1, type, shape: shape)
    let flattens = call.node.attributes.int("pcc_flatten") == 1
    let given = call.node.attributes.int("axis") ?? -1
    let isBeyond = shape.isEmpty || given == shape.count
    let axis = isBeyond ? given : try call.axis(given, rank: shape.count)
    let head = Swift.min(Swift.max(axis, 0), shape.count)
    let outer = shape[..<head].reduce(1, *)
    let rest = shape[head...].reduce(1, *)
    let count = flattens || head == shape.count ? rest : shape[head]
    let inner = count == 0 ? 0 : rest / count
    return [
      try call.make(type, shape) { dx in
        for block in 0..<outer {
          for offset in 0..<inner {
            let start = block * rest + offset
            body(dy, y, dx, stride(from: start, to: start + count * inner, by: inner))
          }
        }
      }
    ]
  }

  /// MulGradient.
  static func mul<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let shape = try call.operand(0).shape
    let left = try call.operand(1).shape
    let right = try call.operand(2).shape
    guard Strided.broadcast(left, right) == shape else {
      throw call.invalid("shapes \(left) and \(right) do not broadcast to \(shape)")
    }
    let dy = try call.elements(0, type)
    let a = try call.elements(1, type)
    let b = try call.elements(2, type)
    let strides = [
      Strided.strides(of: left, broadcastTo: shape), Strided.strides(of: right, broadcastTo: shape),
    ]
    var gradients = [[S](repeating: 0, count: a.count), [S](repeating: 0, count: b.count)]
    Strided.forEachRow(of: shape, strides: strides) { position, offsets in
      for index in 0..<(shape.last ?? 1) {
        let i = offsets[0] + index * (strides[0].last ?? 0)
        let j = offsets[1] + index * (strides[1].last ?? 0)
        gradients[0][i] += dy[position + index] * b[j]
        gradients[1][j] += dy[position + index] * a[i]
      }
    }
    return [Tensor(gradients[0], shape: left), Tensor(gradients[1], shape: right)]
  }
}
