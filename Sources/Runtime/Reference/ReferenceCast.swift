import IR

/// The reference kernel of Cast, between all numeric types and booleans.
///
/// A fraction is cut towards zero; what lies beyond an integer type (ONNX leaves that open) becomes
/// its nearest number, nan becomes 0. Integers wrap round; floating-point results are rounded to
/// nearest, ties to even.
enum ReferenceCast {
  /// Cast to the type that attribute `to` names.
  static func cast(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    guard let code = call.node.attributes.int("to"), let raw = Int32(exactly: code),
      let named = ElementType(rawValue: raw)
    else { throw call.invalid("attribute 'to' names no element type") }
    let target = named == .float32 && call.isWidened ? .float64 : named
    let source = try call.operand(0)
    if source.type == target { return [source] }
    switch target {
    case .float64: return [try floating(call) { Tensor($0, shape: source.shape) }]
    case .float32:
      if let values = source.integers {
        return [Tensor(values.map { Float($0) }, shape: source.shape)]
      }
      return [try floating(call) { Tensor(rounding: $0, to: target, shape: source.shape) }]
    case .float16, .bfloat16:
      return [try floating(call) { Tensor(rounding: $0, to: target, shape: source.shape) }]
    case .bool: return [try bool(call)]
    case .int8: return [try integer(call, Int8.self)]
    case .int16: return [try integer(call, Int16.self)]
    case .int32: return [try integer(call, Int32.self)]
    case .int64: return [try integer(call, Int64.self)]
    case .uint8: return [try integer(call, UInt8.self)]
    case .uint16: return [try integer(call, UInt16.self)]
    case .uint32: return [try integer(call, UInt32.self)]
    case .uint64: return [try integer(call, UInt64.self)]
    case .string, .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2,
      .float8e5m2fnuz, .uint4, .int4, .float4e2m1, .float8e8m0, .uint2, .int2:
      throw call.unsupported("a cast to \(target.textName) is not supported")
    }
  }

  private static func floating(_ call: ReferenceCall, _ make: ([Double]) -> Tensor)
    throws(Diagnostic) -> Tensor
  {
    let source = try call.operand(0)
    try call.admit(.float64, source.shape)
    guard let values = source.doubles else { throw unsupportedSource(call, source.type) }
    return make(values)
  }

  private static func bool(_ call: ReferenceCall) throws(Diagnostic) -> Tensor {
    let source = try call.operand(0)
    guard let values = source.doubles else { throw unsupportedSource(call, source.type) }
    return Tensor(values.map { $0 != 0 }, shape: source.shape)
  }

  private static func integer<T: TensorElement & FixedWidthInteger>(
    _ call: ReferenceCall, _ type: T.Type
  ) throws(Diagnostic) -> Tensor {
    let source = try call.operand(0)
    try call.admit(T.elementType, source.shape)
    if source.type == .uint64 {
      let values = try call.elements(0, UInt64.self)
      return Tensor(values.map { T(truncatingIfNeeded: $0) }, shape: source.shape)
    }
    if let values = source.integers {
      return Tensor(values.map { T(truncatingIfNeeded: $0) }, shape: source.shape)
    }
    guard let values = source.doubles else { throw unsupportedSource(call, source.type) }
    return Tensor(values.map { saturating($0, type) }, shape: source.shape)
  }

  private static func saturating<T: FixedWidthInteger>(_ value: Double, _ type: T.Type) -> T {
    if value.isNaN { return 0 }
    if value >= Double(T.max) { return T.max }
    if value <= Double(T.min) { return T.min }
    return T(value)
  }

  private static func unsupportedSource(_ call: ReferenceCall, _ type: ElementType) -> Diagnostic {
    call.unsupported("a cast from \(type.textName) is not supported")
  }
}
