import IR

/// Reference kernels of QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear.
enum ReferenceQuantization {
  /// QuantizeLinear: `saturate(round(x / scale) + zero point)`, divided in the scale's type or that
  /// of `precision`; formats of floating-point numbers have no zero point.
  static func quantize(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let scale = try call.operand(1)
    let target = try call.elementType("output_dtype") ?? call.optional(2)?.type ?? .uint8
    let zero = try zeros(call, target)
    let axis = try QuantizedAxis(call)
    guard let numbers = x.doubles, let scales = scale.doubles, scale.type.isFloatingPoint else {
      throw call.unsupportedType(x.type)
    }
    try call.admit(.float64, x.shape)
    let precision = try call.elementType("precision") ?? scale.type
    let quotients = numbers.enumerated().map { index, number in
      divided(number, scales[axis.place(index)], call.held(precision))
    }
    if let range = QuantizedRange(target) {
      let values = quotients.enumerated().map { index, quotient in
        range.quantize(quotient, zero.map { Int($0[axis.place(index)]) } ?? 0)
      }
      return [QuantizedRange.tensor(values, target, x.shape)]
    }
    guard let format = SmallFloat(target) else { throw call.unsupportedType(target) }
    let saturates = call.node.attributes.int("saturate") ?? 1 != 0
    let codes = quotients.map { format.encode($0, saturates: saturates) }
    return [Tensor(codes: codes, type: target, shape: x.shape)]
  }

  /// The quotient rounded to a type.
  private static func divided(_ number: Double, _ scale: Double, _ type: ElementType) -> Double {
    let quotient = Float(number) / Float(scale)
    return switch type {
    case .float64: number / scale
    case .float16: Double(Float16(quotient))
    case .bfloat16: Double(BFloat16(quotient).float)
    case .float32, .uint8, .int8, .uint16, .int16, .int32, .int64, .string, .bool, .uint32,
      .uint64, .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2,
      .float8e5m2fnuz, .uint4, .int4, .float4e2m1,
      .float6e2m3, .float6e3m2, .float8e8m0, .uint2, .int2:
      Double(quotient)
    }
  }

  /// DequantizeLinear: `(x - zero point) · scale`.
  static func dequantize(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let x = try call.operand(0)
    let scale = try call.operand(1)
    let target = call.held(try call.elementType("output_dtype") ?? scale.type)
    let zero = try zeros(call, x.type)
    let axis = try QuantizedAxis(call)
    guard let numbers = x.doubles, let scales = scale.doubles, scale.type.isFloatingPoint,
      target.isFloatingPoint, target.bitWidth >= 16
    else { throw call.unsupportedType(target) }
    try call.admit(.float64, x.shape)
    let isWide = target == .float64
    let values = numbers.enumerated().map { index, number in
      let place = axis.place(index)
      let shifted = number - (zero.map { $0[place] } ?? 0)
      return isWide
        ? shifted * scales[place] : Double(Float(shifted) * Float(scales[place]))
    }
    return [Tensor(rounding: values, to: target, shape: x.shape)]
  }

  /// The elements of the zero point, operand 2; nil if it is left out.
  private static func zeros(_ call: ReferenceCall, _ type: ElementType) throws(Diagnostic)
    -> [Double]?
  {
    guard let tensor = call.optional(2) else { return nil }
    let scale = try call.operand(1)
    guard tensor.type == type, tensor.count == scale.count, let values = tensor.doubles else {
      throw call.invalid(
        "a zero point of type \(tensor.type.textName) and shape \(tensor.shape), expected"
          + " \(type.textName) and \(scale.shape)")
    }
    return values
  }

  /// DynamicQuantizeLinear: to 8 bits over the range of the operand and zero.
  static func dynamic<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let x = try call.elements(0, type)
    let shape = try call.operand(0).shape
    let (low, high) = (x.reduce(S(0), min), x.reduce(S(0), max))
    let scale: S = low == high ? 1 : (high - low) / 255
    guard scale.isFinite else { throw call.invalid("the operand's range is not finite") }
    let zero = min(max(-low / scale, 0), 255).rounded(.toNearestOrEven)
    let bytes = x.map { value -> UInt8 in
      let number = (value / scale).rounded(.toNearestOrEven) + zero
      return number >= 0 ? UInt8(min(number, 255)) : 0
    }
    return [
      Tensor(bytes, shape: shape), Tensor(scalar: scale), Tensor(scalar: UInt8(zero)),
    ]
  }
}
