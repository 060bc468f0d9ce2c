import IR

/// The reference kernel of Einsum, on floating-point numbers and integers.
enum ReferenceEinsum {
  /// A sum over all indices that the result lacks of the product of the operands' elements.
  static func einsum(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    switch try call.operand(0).type {
    case .int8: try sum(call, Int8.self, { $0 &+ $1 }, { $0 &* $1 })
    case .int16: try sum(call, Int16.self, { $0 &+ $1 }, { $0 &* $1 })
    case .int32: try sum(call, Int32.self, { $0 &+ $1 }, { $0 &* $1 })
    case .int64: try sum(call, Int64.self, { $0 &+ $1 }, { $0 &* $1 })
    case .uint8: try sum(call, UInt8.self, { $0 &+ $1 }, { $0 &* $1 })
    case .uint16: try sum(call, UInt16.self, { $0 &+ $1 }, { $0 &* $1 })
    case .uint32: try sum(call, UInt32.self, { $0 &+ $1 }, { $0 &* $1 })
    case .uint64: try sum(call, UInt64.self, { $0 &+ $1 }, { $0 &* $1 })
    case .float32, .float64, .float16, .bfloat16, .string, .bool, .complex64, .complex128,
      .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .uint4, .int4, .float4e2m1,
      .float6e2m3, .float6e3m2,
      .float8e8m0, .uint2, .int2:
      try call.floating(
        { (call, type) throws(Diagnostic) in try sum(call, type, +, *) },
        { (call, type) throws(Diagnostic) in try sum(call, type, +, *) })
    }
  }

  private static func sum<T: TensorElement & ExpressibleByIntegerLiteral>(
    _ call: ReferenceCall, _ type: T.Type, _ add: (T, T) -> T, _ multiply: (T, T) -> T
  ) throws(Diagnostic) -> [Tensor?] {
    guard
      let view = try EinsumView(OperatorContext(call.node, operands: call.operands))
    else { throw call.invalid("an operand of Einsum is missing") }
    let summed = view.operands.flatMap { $0 }.reduce(into: [EinsumView.Axis]()) {
      if !view.output.contains($1), !$0.contains($1) { $0.append($1) }
    }
    func extents(_ axes: [EinsumView.Axis]) -> [Int] {
      axes.map { view.extents[$0]?.value ?? 1 }
    }
    let (outer, inner) = (extents(view.output), extents(summed))
    var sources: [UnsafeBufferPointer<T>] = []
    var steps: (outer: [[Int]], inner: [[Int]]) = ([], [])
    for (index, axes) in view.operands.enumerated() {
      sources.append(try call.elements(index, type))
      let shape = try call.operand(index).shape
      let own = Strided.strides(of: shape)
      func strides(_ wanted: [EinsumView.Axis]) -> [Int] {
        wanted.map { axis in
          axes.indices.reduce(0) { $0 + (axes[$1] == axis && shape[$1] != 1 ? own[$1] : 0) }
        }
      }
      steps.outer.append(strides(view.output))
      steps.inner.append(strides(summed))
    }
    let widths = (outer: outer.last ?? 1, inner: inner.last ?? 1)
    return [
      try call.make(type, outer) { y in
        Strided.forEachRow(of: outer, strides: steps.outer) { position, starts in
          for column in 0..<widths.outer {
            var total: T = 0
            Strided.forEachRow(of: inner, strides: steps.inner) { _, offsets in
              for row in 0..<widths.inner {
                var product: T = 1
                for operand in sources.indices {
                  let place =
                    starts[operand] + column * (steps.outer[operand].last ?? 0)
                    + offsets[operand] + row * (steps.inner[operand].last ?? 0)
                  product = multiply(product, sources[operand][place])
                }
                total = add(total, product)
              }
            }
            y[position + column] = total
          }
        }
      }
    ]
  }
}
