import IR

/// Reference kernels of reductions.
enum ReferenceReduction {
  /// ReduceSum on floating-point numbers and 32- and 64-bit integers (modulo 2^bits).
  static func sum(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    switch try call.operand(0).type {
    case .int32: try reduce(call, Int32.self, &+) { sum, _ in sum }
    case .int64: try reduce(call, Int64.self, &+) { sum, _ in sum }
    case .uint32: try reduce(call, UInt32.self, &+) { sum, _ in sum }
    case .uint64: try reduce(call, UInt64.self, &+) { sum, _ in sum }
    case .float32, .float64, .float16, .bfloat16, .uint8, .int8, .uint16, .int16, .string, .bool,
      .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
      .uint4, .int4, .float4e2m1, .float8e8m0, .uint2, .int2:
      try call.floating(
        { (call, type) throws(Diagnostic) in try reduce(call, type, +) { sum, _ in sum } },
        { (call, type) throws(Diagnostic) in try reduce(call, type, +) { sum, _ in sum } })
    }
  }

  /// ReduceMean on floating-point numbers.
  static func mean<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    try reduce(call, type, +) { sum, count in sum / S(count) }
  }

  /// Combines the elements along the axes of operand 1 (all if there are none, unless
  /// `noop_with_empty_axes` is 1), and finishes each result knowing how many there were.
  private static func reduce<T: TensorElement & AdditiveArithmetic>(
    _ call: ReferenceCall, _ type: T.Type, _ combine: (T, T) -> T, _ finish: (T, Int) -> T
  ) throws(Diagnostic) -> [Tensor?] {
    let shape = try call.operand(0).shape
    let x = try call.elements(0, type)
    var axes = try call.optional(1) == nil ? [] : call.axes(call.integers(1), rank: shape.count)
    if axes.isEmpty {
      if call.node.attributes.int("noop_with_empty_axes") == 1 { return [try call.operand(0)] }
      axes = Array(shape.indices)
    }
    let kept = shape.indices.map { axes.contains($0) ? 1 : shape[$0] }
    let keepsAxes = call.node.attributes.int("keepdims") ?? 1 == 1
    let result = keepsAxes ? kept : shape.indices.filter { !axes.contains($0) }.map { shape[$0] }
    let strides = Strided.strides(of: kept, broadcastTo: shape)
    let step = strides.last ?? 0
    let count = axes.reduce(1) { $0 * shape[$1] }
    return [
      try call.make(type, result) { y in
        Strided.forEachRow(of: shape, strides: [strides]) { position, offsets in
          for index in 0..<(shape.last ?? 1) {
            let target = offsets[0] + index * step
            y[target] = combine(y[target], x[position + index])
          }
        }
        for index in y.indices { y[index] = finish(y[index], count) }
      }
    ]
  }
}
