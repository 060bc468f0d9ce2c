import IR

/// A kernel for all numeric element types.
protocol NumberKernel {
  /// Computes the results on elements of `type`.
  func run<T: ReferenceNumber>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
    -> [Tensor?]
}

/// A kernel for all integer element types of at least 8 bits.
protocol IntegerKernel {
  /// Computes the results on elements of `type`.
  func run<T: ReferenceInteger>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
    -> [Tensor?]
}

/// A kernel for all floating-point element types.
protocol ScalarKernel {
  /// Computes the results on elements of `type`.
  func run<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type) throws(Diagnostic)
    -> [Tensor?]
}

/// Runs a kernel for all numeric types on integers.
private struct OnIntegers<Kernel: NumberKernel>: IntegerKernel {
  let kernel: Kernel

  func run<T: ReferenceInteger>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
    -> [Tensor?]
  { try kernel.run(call, type) }
}

extension ReferenceCall {
  /// Runs the kernel for the numeric type of an operand; 16-bit floating-point types are computed
  /// in float32 and rounded once.
  func numbers(_ kernel: some NumberKernel, by index: Int = 0) throws(Diagnostic) -> [Tensor?] {
    if try operand(index).type.isInteger {
      return try integers(OnIntegers(kernel: kernel), by: index)
    }
    return try floating(
      by: index,
      { (call, type) throws(Diagnostic) in try kernel.run(call, type) },
      { (call, type) throws(Diagnostic) in try kernel.run(call, type) })
  }

  /// Runs the kernel for the floating-point type of an operand.
  func scalars(_ kernel: some ScalarKernel, by index: Int = 0) throws(Diagnostic) -> [Tensor?] {
    try floating(
      by: index,
      { (call, type) throws(Diagnostic) in try kernel.run(call, type) },
      { (call, type) throws(Diagnostic) in try kernel.run(call, type) })
  }

  /// Runs the kernel for the integer type of an operand.
  func integers(_ kernel: some IntegerKernel, by index: Int = 0) throws(Diagnostic) -> [Tensor?] {
    let type = try operand(index).type
    switch type {
    case .int8: return try kernel.run(self, Int8.self)
    case .int16: return try kernel.run(self, Int16.self)
    case .int32: return try kernel.run(self, Int32.self)
    case .int64: return try kernel.run(self, Int64.self)
    case .uint8: return try kernel.run(self, UInt8.self)
    case .uint16: return try kernel.run(self, UInt16.self)
    case .uint32: return try kernel.run(self, UInt32.self)
    case .uint64: return try kernel.run(self, UInt64.self)
    case .float32, .float64, .float16, .bfloat16, .string, .bool, .complex64, .complex128,
      .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .uint4, .int4, .float4e2m1,
      .float6e2m3, .float6e3m2,
      .float8e8m0, .uint2, .int2:
      throw unsupportedType(type)
    }
  }

  /// The type that values are held in which the graph types as `type`.
  func held(_ type: ElementType) -> ElementType {
    type == .float32 && isWidened ? .float64 : type
  }
}
