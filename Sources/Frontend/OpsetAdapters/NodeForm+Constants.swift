import IR

extension NodeForm {
  /// The integers of an operand that an older operator set has as an attribute; throws if they are
  /// not constant.
  func constantInts(
    _ operand: Operand, _ name: String, _ opset: Int, _ scope: any FormScope
  ) throws(Diagnostic) -> [Int] {
    guard let values = scope.tensor(of: operand)?.integers else {
      throw .unsupported("opset \(opset) wants constant \(name)")
    }
    return values
  }

  /// The number of an operand that an older operator set has as a float attribute; throws if it is
  /// not constant or no float.
  func constantFloat(
    _ operand: Operand, _ name: String, _ opset: Int, _ scope: any FormScope
  ) throws(Diagnostic) -> Float {
    guard let values = scope.tensor(of: operand)?.doubles, values.count == 1 else {
      throw .unsupported("opset \(opset) wants a constant \(name)")
    }
    let value = Float(values[0])
    guard Double(value) == values[0] || values[0].isNaN else {
      throw .unsupported("opset \(opset) has \(name) as a float, which \(values[0]) is not")
    }
    return value
  }

  /// A scalar of a floating-point type; nil for other types, or if the type cannot hold the number.
  static func scalar(_ value: Float, as element: ElementType?) -> Tensor? {
    switch element {
    case .float32: return Tensor(scalar: value)
    case .float64: return Tensor(scalar: Double(value))
    case .float16: return Float(Float16(value)) == value ? Tensor(scalar: Float16(value)) : nil
    case .bfloat16: return BFloat16(value).float == value ? Tensor(scalar: BFloat16(value)) : nil
    case .uint8, .int8, .uint16, .int16, .int32, .int64, .string, .bool, .uint32, .uint64,
      .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
      .uint4, .int4, .float4e2m1, .float6e2m3, .float6e3m2, .float8e8m0, .uint2, .int2, nil:
      return nil
    }
  }
}
