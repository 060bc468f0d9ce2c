extension Tensor {
  /// The elements as doubles; nil for strings and complex numbers.
  ///
  /// 64-bit integers beyond 2^53 are rounded: use `integers` where they must be exact.
  public var doubles: [Double]? {
    switch type {
    case .float32: withElements(of: Float.self) { $0.map(Double.init) }
    case .float64: withElements(of: Double.self, Array.init)
    case .float16: withElements(of: Float16.self) { $0.map(Double.init) }
    case .bfloat16: withElements(of: BFloat16.self) { $0.map { Double($0.float) } }
    case .bool, .uint8, .int8, .uint16, .int16, .int32, .int64, .uint32, .uint4, .int4, .uint2,
      .int2:
      integers.map { $0.map(Double.init) }
    case .uint64: withElements(of: UInt64.self) { $0.map { Double($0) } }
    case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
      .float4e2m1, .float6e2m3, .float6e3m2, .float8e8m0:
      smallFloats
    case .string, .complex64, .complex128: nil
    }
  }

  /// The elements as floats, rounded if necessary; nil where `doubles` is.
  public var floats: [Float]? {
    if type == .float32 { return withElements(of: Float.self, Array.init) }
    return doubles.map { $0.map { Float($0) } }
  }

  /// The elements of an integer or boolean tensor; nil for other types and unsigned numbers beyond
  /// `Int.max`.
  public var integers: [Int]? {
    switch type {
    case .int64: withElements(of: Int64.self) { $0.map(Int.init) }
    case .int32: withElements(of: Int32.self) { $0.map(Int.init) }
    case .int16: withElements(of: Int16.self) { $0.map(Int.init) }
    case .int8: withElements(of: Int8.self) { $0.map(Int.init) }
    case .uint8: withElements(of: UInt8.self) { $0.map(Int.init) }
    case .uint16: withElements(of: UInt16.self) { $0.map(Int.init) }
    case .uint32: withElements(of: UInt32.self) { $0.map(Int.init) }
    case .bool: withBytes { $0.map { $0 == 0 ? 0 : 1 } }
    case .uint64:
      withElements(of: UInt64.self) { elements in
        let converted = elements.compactMap { Int(exactly: $0) }
        return converted.count == elements.count ? converted : nil
      }
    case .uint4, .int4, .uint2, .int2: smallIntegers
    case .float32, .float64, .float16, .bfloat16, .string, .complex64, .complex128,
      .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
      .float4e2m1, .float6e2m3, .float6e3m2, .float8e8m0:
      nil
    }
  }

  /// Creates a floating-point tensor of `type` from doubles, each rounded to nearest.
  ///
  /// - Precondition: `type` is float64, float32, float16 or bfloat16.
  public init(rounding values: [Double], to type: ElementType, shape: [Int]) {
    switch type {
    case .float64: self.init(values, shape: shape)
    case .float32: self.init(values.map { Float($0) }, shape: shape)
    case .float16: self.init(values.map { Float16($0) }, shape: shape)
    case .bfloat16: self.init(values.map { BFloat16(Float($0)) }, shape: shape)
    case .uint8, .int8, .uint16, .int16, .int32, .int64, .string, .bool, .uint32, .uint64,
      .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
      .uint4, .int4, .float4e2m1, .float6e2m3, .float6e3m2, .float8e8m0, .uint2, .int2:
      preconditionFailure("no rounding of doubles to \(type)")
    }
  }
}
