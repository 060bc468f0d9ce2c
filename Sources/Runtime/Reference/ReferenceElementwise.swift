import IR
import RealModule

/// Reference kernels that work element by element.
enum ReferenceElementwise {
  /// The four arithmetic operators.
  enum Arithmetic {
    case add, sub, mul, div

    /// The function on floating-point numbers.
    func floating<S: ReferenceScalar>(_ type: S.Type) -> (S, S) -> S {
      switch self {
      case .add: { $0 + $1 }
      case .sub: { $0 - $1 }
      case .mul: { $0 * $1 }
      case .div: { $0 / $1 }
      }
    }

    /// The function on integers, modulo 2^bits; a quotient is cut towards zero.
    ///
    /// - Precondition: no divisor is 0.
    func integer<T: FixedWidthInteger>(_ type: T.Type) -> (T, T) -> T {
      switch self {
      case .add: { $0 &+ $1 }
      case .sub: { $0 &- $1 }
      case .mul: { $0 &* $1 }
      case .div: { $0.dividedReportingOverflow(by: $1).partialValue }
      }
    }
  }

  /// Add, Sub, Mul, Div with broadcasting, on all numeric types.
  static func arithmetic(_ call: ReferenceCall, _ function: Arithmetic) throws(Diagnostic)
    -> [Tensor?]
  {
    let type = try call.operand(0).type
    switch type {
    case .float32, .float64, .float16, .bfloat16:
      return try call.floating(
        { (call, type) throws(Diagnostic) in try binary(call, function.floating(type)) },
        { (call, type) throws(Diagnostic) in try binary(call, function.floating(type)) })
    case .int8: return try integers(call, function, Int8.self)
    case .int16: return try integers(call, function, Int16.self)
    case .int32: return try integers(call, function, Int32.self)
    case .int64: return try integers(call, function, Int64.self)
    case .uint8: return try integers(call, function, UInt8.self)
    case .uint16: return try integers(call, function, UInt16.self)
    case .uint32: return try integers(call, function, UInt32.self)
    case .uint64: return try integers(call, function, UInt64.self)
    case .string, .bool, .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2,
      .float8e5m2fnuz, .uint4, .int4, .float4e2m1, .float8e8m0, .uint2, .int2:
      throw call.unsupportedType(type)
    }
  }

  private static func integers<T: TensorElement & FixedWidthInteger>(
    _ call: ReferenceCall, _ function: Arithmetic, _ type: T.Type
  ) throws(Diagnostic) -> [Tensor?] {
    if case .div = function, try call.elements(1, type).contains(0) {
      throw call.invalid("an integer is divided by zero")
    }
    return try binary(call, function.integer(type))
  }

  /// Applies `function` to operands 0 and 1, broadcast to each other.
  static func binary<T: TensorElement>(_ call: ReferenceCall, _ function: (T, T) -> T)
    throws(Diagnostic) -> [Tensor?]
  {
    let left = try call.elements(0, T.self)
    let right = try call.elements(1, T.self)
    let shapes = (try call.operand(0).shape, try call.operand(1).shape)
    guard let shape = Strided.broadcast(shapes.0, shapes.1) else {
      throw call.invalid("shapes \(shapes.0) and \(shapes.1) do not broadcast")
    }
    let a = Strided.strides(of: shapes.0, broadcastTo: shape)
    let b = Strided.strides(of: shapes.1, broadcastTo: shape)
    let width = shape.last ?? 1
    let (stepA, stepB) = (a.last ?? 0, b.last ?? 0)
    return [
      try call.make(T.self, shape) { result in
        Strided.forEachRow(of: shape, strides: [a, b]) { position, offsets in
          for index in 0..<width {
            result[position + index] = function(
              left[offsets[0] + index * stepA], right[offsets[1] + index * stepB])
          }
        }
      }
    ]
  }

  /// Applies `function` to each element of operand 0.
  static func unary<T: TensorElement>(_ call: ReferenceCall, _ function: (T) -> T)
    throws(Diagnostic) -> [Tensor?]
  {
    let source = try call.elements(0, T.self)
    return [
      try call.make(T.self, try call.operand(0).shape) { result in
        for index in source.indices { result[index] = function(source[index]) }
      }
    ]
  }

  /// Abs on floating-point numbers and signed and unsigned integers.
  static func abs(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    switch try call.operand(0).type {
    case .int8: try magnitude(call, Int8.self)
    case .int16: try magnitude(call, Int16.self)
    case .int32: try magnitude(call, Int32.self)
    case .int64: try magnitude(call, Int64.self)
    case .uint8, .uint16, .uint32, .uint64: [try call.operand(0)]
    case .float32, .float64, .float16, .bfloat16, .string, .bool, .complex64, .complex128,
      .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .uint4, .int4, .float4e2m1,
      .float8e8m0, .uint2, .int2:
      try call.floating(
        { (call, _) throws(Diagnostic) in try unary(call) { (x: Float) in x.magnitude } },
        { (call, _) throws(Diagnostic) in try unary(call) { (x: Double) in x.magnitude } })
    }
  }

  private static func magnitude<T: TensorElement & FixedWidthInteger>(
    _ call: ReferenceCall, _ type: T.Type
  ) throws(Diagnostic) -> [Tensor?] {
    try unary(call) { (x: T) in x < 0 ? 0 &- x : x }
  }

  /// Neg on floating-point numbers and signed integers.
  static func neg(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    switch try call.operand(0).type {
    case .int8: try unary(call) { (x: Int8) in 0 &- x }
    case .int16: try unary(call) { (x: Int16) in 0 &- x }
    case .int32: try unary(call) { (x: Int32) in 0 &- x }
    case .int64: try unary(call) { (x: Int64) in 0 &- x }
    case .uint8, .uint16, .uint32, .uint64, .float32, .float64, .float16, .bfloat16, .string,
      .bool, .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2,
      .float8e5m2fnuz, .uint4, .int4, .float4e2m1, .float8e8m0, .uint2, .int2:
      try call.floating(
        { (call, _) throws(Diagnostic) in try unary(call) { (x: Float) in -x } },
        { (call, _) throws(Diagnostic) in try unary(call) { (x: Double) in -x } })
    }
  }

  /// Exp.
  static func exp<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    try unary(call) { (x: S) in S.exp(x) }
  }

  /// Log: -inf at 0, nan below.
  static func log<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    try unary(call) { (x: S) in S.log(x) }
  }

  /// Sqrt: nan below 0.
  static func sqrt<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    try unary(call) { (x: S) in S.sqrt(x) }
  }
}
