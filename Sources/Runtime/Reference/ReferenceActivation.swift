import IR
import RealModule

/// Reference kernels of activations.
enum ReferenceActivation {
  /// Relu: the larger of x and 0; nan stays.
  struct Relu: NumberKernel {
    func run<T: ReferenceNumber>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
      -> [Tensor?]
    { try ReferenceElementwise.unary(call) { (x: T) in x < 0 ? 0 : x } }
  }

  /// PRelu: x times a slope below zero.
  struct SlopedRelu: NumberKernel {
    func run<T: ReferenceNumber>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
      -> [Tensor?]
    {
      guard try ReferenceElementwise.broadcast(call).shape == call.operand(0).shape else {
        throw call.invalid("the slopes do not broadcast to \(try call.operand(0).shape)")
      }
      return try ReferenceElementwise.binary(call) { (x: T, slope: T) in
        x < 0 ? x.times(slope) : x
      }
    }
  }

  /// LeakyRelu: alpha·x below zero.
  static func leakyRelu<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let alpha = S(call.node.attributes.float("alpha") ?? 0.01)
    return try ReferenceElementwise.unary(call) { (x: S) in x < 0 ? alpha * x : x }
  }

  /// Sigmoid, 1 / (1 + e^-x), in the form that does not overflow.
  static func sigmoid<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    try ReferenceElementwise.unary(call) { (x: S) in
      let e = S.exp(-x.magnitude)
      return x < 0 ? e / (1 + e) : 1 / (1 + e)
    }
  }

  /// HardSigmoid, alpha·x + beta cut to 0...1.
  static func hardSigmoid<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let alpha = S(call.node.attributes.float("alpha") ?? 0.2)
    let beta = S(call.node.attributes.float("beta") ?? 0.5)
    return try ReferenceElementwise.unary(call) { (x: S) in clamp(alpha * x + beta, 0, 1) }
  }

  /// HardSwish, x times x/6 + 1/2 cut to 0...1.
  static func hardSwish<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    try ReferenceElementwise.unary(call) { (x: S) in x * clamp(x / 6 + 1 / 2, 0, 1) }
  }

  /// Tanh.
  static func tanh<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    try ReferenceElementwise.unary(call) { (x: S) in S.tanh(x) }
  }

  /// The number in `low...high` nearest to `x`; `high` if the bounds cross; nan stays.
  static func clamp<T: Comparable>(_ x: T, _ low: T, _ high: T) -> T {
    let raised = x < low ? low : x
    return raised > high ? high : raised
  }

  /// Clip to the optional bounds in operands 1 and 2, on all numeric types.
  struct Clip: NumberKernel {
    func run<T: ReferenceNumber>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
      -> [Tensor?]
    {
      let low = try bound(call, 1) ?? T.lowest
      let high = try bound(call, 2) ?? T.highest
      return try ReferenceElementwise.unary(call) { (x: T) in clamp(x, low, high) }
    }
  }

  private static func bound<T: TensorElement>(_ call: ReferenceCall, _ index: Int)
    throws(Diagnostic) -> T?
  {
    guard call.optional(index) != nil else { return nil }
    let elements = try call.elements(index, T.self)
    guard elements.count == 1 else {
      throw call.invalid("bound in operand \(index) has \(elements.count) elements, expected 1")
    }
    return elements[0]
  }

  /// Softmax along one axis, or, with `pcc_flatten`, over all axes from there on.
  static func softmax<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    try normalize(call, type) { row in
      var sum: S = 0
      for index in 0..<row.count {
        row[index] = S.exp(row[index] - row.maximum)
        sum += row[index]
      }
      for index in 0..<row.count { row[index] /= sum }
    }
  }

  /// LogSoftmax, x - max - log(Σ exp(x - max)), along the axes that Softmax takes.
  static func logSoftmax<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    try normalize(call, type) { row in
      var sum: S = 0
      for index in 0..<row.count { sum += S.exp(row[index] - row.maximum) }
      let shift = row.maximum + S.log(sum)
      for index in 0..<row.count { row[index] -= shift }
    }
  }

  /// Hardmax: 1 at the first largest element, 0 elsewhere, along the axes that Softmax takes.
  static func hardmax<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    try normalize(call, type) { row in
      var best = 0
      for index in 0..<row.count
      where row[index] > row[best] || row[index].isNaN && !row[best].isNaN { best = index }
      for index in 0..<row.count { row[index] = index == best ? 1 : 0 }
    }
  }

  /// The elements along the normalised axes, a stride apart.
  private struct Row<S: ReferenceScalar> {
    let memory: UnsafeMutableBufferPointer<S>
    let start: Int
    let stride: Int
    let count: Int
    let maximum: S

    /// Element number `index` of the row.
    subscript(index: Int) -> S {
      get { memory[start + index * stride] }
      nonmutating set { memory[start + index * stride] = newValue }
    }
  }

  private static func normalize<S: ReferenceScalar>(
    _ call: ReferenceCall, _ type: S.Type, _ body: (Row<S>) -> Void
  ) throws(Diagnostic) -> [Tensor?] {
    let shape = try call.operand(0).shape
    let source = try call.elements(0, type)
    let flattens = call.node.attributes.int("pcc_flatten") == 1
    let given = call.node.attributes.int("axis") ?? (flattens ? 1 : -1)
    let axis =
      flattens && given == shape.count
      ? given : shape.isEmpty ? 0 : try call.axis(given, rank: shape.count)
    let outer = shape[..<Swift.min(axis, shape.count)].reduce(1, *)
    let rest = shape[Swift.min(axis, shape.count)...].reduce(1, *)
    let count = flattens || shape.isEmpty ? rest : shape[axis]
    let inner = count == 0 ? 0 : rest / count
    return [
      try call.make(type, shape) { result in
        for index in source.indices { result[index] = source[index] }
        for block in 0..<outer {
          for offset in 0..<inner {
            let start = block * rest + offset
            var maximum = -S.infinity
            for index in 0..<count { maximum = S.maximum(maximum, result[start + index * inner]) }
            body(
              Row(memory: result, start: start, stride: inner, count: count, maximum: maximum))
          }
        }
      }
    ]
  }
}
