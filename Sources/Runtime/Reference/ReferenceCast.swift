import IR

/// The reference kernels of Cast and CastLike, between all types but complex numbers.
///
/// A fraction is cut towards zero; what lies beyond an integer type (ONNX leaves that open) becomes
/// its nearest number, nan becomes 0. Integers wrap round; floating-point results are rounded to
/// nearest, ties to even.
struct ReferenceCast {
  private let call: ReferenceCall
  private let source: Tensor

  /// Cast to the type that attribute `to` names.
  static func cast(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    guard let target = try call.named("to") else { throw call.invalid("attribute 'to' is missing") }
    return [try convert(call, try call.operand(0), to: call.held(target))]
  }

  /// CastLike: Cast to the type of operand 1.
  static func castLike(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    [try convert(call, try call.operand(0), to: try call.operand(1).type)]
  }

  /// The elements of `source` in another type; the node's attributes say how.
  static func convert(_ call: ReferenceCall, _ source: Tensor, to target: ElementType)
    throws(Diagnostic) -> Tensor
  {
    if source.type == target { return source }
    return try ReferenceCast(call: call, source: source).converted(to: target)
  }

  private func converted(to target: ElementType) throws(Diagnostic) -> Tensor {
    try call.admit(.float64, source.shape)
    switch target {
    case .float32:
      if let values = source.integers {
        return Tensor(values.map { Float($0) }, shape: source.shape)
      }
      return Tensor(rounding: try numbers(), to: target, shape: source.shape)
    case .float64, .float16, .bfloat16:
      return Tensor(rounding: try numbers(), to: target, shape: source.shape)
    case .bool: return Tensor(try numbers().map { $0 != 0 }, shape: source.shape)
    case .int8: return try integer(Int8.self)
    case .int16: return try integer(Int16.self)
    case .int32: return try integer(Int32.self)
    case .int64: return try integer(Int64.self)
    case .uint8: return try integer(UInt8.self)
    case .uint16: return try integer(UInt16.self)
    case .uint32: return try integer(UInt32.self)
    case .uint64: return try integer(UInt64.self)
    case .uint4, .int4, .uint2, .int2: return try small(target)
    case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
      .float4e2m1, .float6e2m3, .float6e3m2, .float8e8m0:
      return try smallFloats(target)
    case .string: return try strings()
    case .complex64, .complex128:
      throw call.unsupported("a cast to \(target.textName) is not supported")
    }
  }

  /// The elements as numbers; throws for complex ones, and strings that spell none.
  private func numbers() throws(Diagnostic) -> [Double] {
    if source.type == .string {
      var values: [Double] = []
      for string in source.strings {
        let text = String(decoding: string, as: UTF8.self)
        guard let value = Double(text.filter { !$0.isWhitespace }) else {
          throw call.invalid("'\(text)' spells no number")
        }
        values.append(value)
      }
      return values
    }
    guard let values = source.doubles else {
      throw call.unsupported("a cast from \(source.type.textName) is not supported")
    }
    return values
  }

  private func integer<T: ReferenceInteger>(_ type: T.Type) throws(Diagnostic) -> Tensor {
    if source.type == .uint64 {
      return source.withElements(of: UInt64.self) { values in
        Tensor(values.map { T(truncatingIfNeeded: $0) }, shape: source.shape)
      }
    }
    if let values = source.integers {
      return Tensor(values.map { T(truncatingIfNeeded: $0) }, shape: source.shape)
    }
    return Tensor(try numbers().map { T(near: $0) }, shape: source.shape)
  }

  /// The elements as 4-bit or 2-bit integers, which wrap round.
  private func small(_ target: ElementType) throws(Diagnostic) -> Tensor {
    if let values = source.integers {
      return Tensor(
        codes: values.map { UInt8(truncatingIfNeeded: $0) }, type: target, shape: source.shape)
    }
    let codes = try numbers().map { UInt8(truncatingIfNeeded: Int64(near: $0)) }
    return Tensor(codes: codes, type: target, shape: source.shape)
  }

  /// The elements in a floating-point format of at most 8 bits.
  private func smallFloats(_ target: ElementType) throws(Diagnostic) -> Tensor {
    let saturates = call.node.attributes.int("saturate") ?? 1 != 0
    let values = try numbers()
    let codes: [UInt8]
    if let format = SmallFloat(target) {
      codes = values.map { format.encode($0, saturates: saturates) }
    } else {
      let mode = call.node.attributes.string("round_mode") ?? "up"
      guard let rounding = ScaleFloat.Rounding(rawValue: mode) else {
        throw call.invalid("round_mode is '\(mode)', expected up, down or nearest")
      }
      codes = values.map { ScaleFloat.encode(Float($0), rounding, saturates: saturates) }
    }
    return Tensor(codes: codes, type: target, shape: source.shape)
  }

  /// The elements' shortest digits.
  private func strings() throws(Diagnostic) -> Tensor {
    let texts: [String]
    if source.type == .bool {
      texts = try numbers().map { $0 == 0 ? "False" : "True" }
    } else if source.type == .uint64 {
      texts = source.withElements(of: UInt64.self) { $0.map { "\($0)" } }
    } else if let values = source.integers {
      texts = values.map { "\($0)" }
    } else if source.type == .float64 {
      texts = try numbers().map { "\($0)" }
    } else {
      texts = try numbers().map { "\(Float($0))" }
    }
    guard let tensor = Tensor(strings: texts.map { Array($0.utf8) }, shape: source.shape) else {
      throw call.invalid("\(texts.count) strings do not fill shape \(source.shape)")
    }
    return tensor
  }
}
