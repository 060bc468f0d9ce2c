import IR

extension ReferenceCall {
  /// A tensor of elements of `source`, of any type, by their numbers; number ~n, which is negative,
  /// stands for element n of `other`, or for zero (false, "") where there is none.
  ///
  /// - Precondition: every number is that of an element, and there are as many as the shape says.
  func pick(_ source: Tensor, or other: Tensor? = nil, _ places: [Int], _ shape: [Int])
    throws(Diagnostic) -> Tensor
  {
    let type = source.type
    try admit(type, shape)
    if type == .string {
      let (first, second) = (source.strings, other?.strings ?? [[]])
      guard
        let tensor = Tensor(
          strings: places.map { $0 < 0 ? second[~$0] : first[$0] }, shape: shape)
      else { throw invalid("\(places.count) elements do not fill shape \(shape)") }
      return tensor
    }
    if type.bitWidth < 8 {
      guard let first = source.codes else { throw unsupportedType(type) }
      let second = other?.codes ?? [0]
      return Tensor(
        codes: places.map { $0 < 0 ? second[~$0] : first[$0] }, type: type, shape: shape)
    }
    let other = other ?? Tensor(zeros: type, shape: [1])
    return source.withBytes { first in
      other.withBytes { second in
        Tensor(type: type, shape: shape) { target in
          switch type.bitWidth {
          case 8: copy(UInt8.self, first, second, places, target)
          case 16: copy(UInt16.self, first, second, places, target)
          case 32: copy(UInt32.self, first, second, places, target)
          case 64: copy(UInt64.self, first, second, places, target)
          default: copy(SIMD2<UInt64>.self, first, second, places, target)
          }
        }
      }
    }
  }

  // Safety: tensors are aligned to at least 16 bytes, or `loadUnaligned` is used.
  private func copy<Unit: BitwiseCopyable>(
    _ unit: Unit.Type, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer,
    _ places: [Int], _ target: UnsafeMutableRawBufferPointer
  ) {
    let width = MemoryLayout<Unit>.size
    for (index, place) in places.enumerated() {
      let element =
        place < 0
        ? second.loadUnaligned(fromByteOffset: ~place * width, as: unit)
        : first.loadUnaligned(fromByteOffset: place * width, as: unit)
      target.storeBytes(of: element, toByteOffset: index * width, as: unit)
    }
  }

  /// Runs a kernel that copies elements whatever they are, on types whose elements are packed too:
  /// on their codes, one a byte.
  ///
  /// - Precondition: results are of the type of operand 0, and what is filled in is zero.
  func packed(
    _ kernel: (ReferenceCall) throws(Diagnostic) -> [Tensor?]
  ) throws(Diagnostic) -> [Tensor?] {
    let type = try operand(0).type
    guard type != .string, type.bitWidth < 8 else { return try kernel(self) }
    let wide = replacingOperands(
      operands.map { tensor in
        guard let tensor, tensor.type == type, let codes = tensor.codes else { return tensor }
        return Tensor(codes, shape: tensor.shape)
      })
    let results = try withExtendedLifetime(wide) { () throws(Diagnostic) in try kernel(wide) }
    return results.map { tensor in
      tensor.map { Tensor(codes: $0.codes ?? [], type: type, shape: $0.shape) }
    }
  }

  /// Runs a kernel that does nothing but copy elements of operand 0, on strings too: on their
  /// places.
  func moving(
    _ kernel: (ReferenceCall) throws(Diagnostic) -> [Tensor?]
  ) throws(Diagnostic) -> [Tensor?] {
    let source = try operand(0)
    guard source.type == .string else { return try packed(kernel) }
    var operands = operands
    operands[0] = Tensor((0..<source.count).map { Int64($0) }, shape: source.shape)
    let placed = replacingOperands(operands)
    let found = try withExtendedLifetime(placed) { () throws(Diagnostic) in try kernel(placed) }
    var results: [Tensor?] = []
    for places in found {
      guard let places else {
        results.append(nil)
        continue
      }
      results.append(try pick(source, places.integers ?? [], places.shape))
    }
    return results
  }

  /// The tensor of one element with a number in it.
  ///
  /// - Precondition: `value` is a whole number from 0 to 1, `type` is not a string.
  func single(_ type: ElementType, _ value: Int) throws(Diagnostic) -> Tensor {
    switch type {
    case .float32: return Tensor([Float(value)])
    case .float64, .float16, .bfloat16:
      return Tensor(rounding: [Double(value)], to: type, shape: [1])
    case .bool: return Tensor([value != 0])
    case .int8, .uint8: return Tensor(codes: [UInt8(value)], type: type, shape: [1])
    case .int16: return Tensor([Int16(value)])
    case .uint16: return Tensor([UInt16(value)])
    case .int32: return Tensor([Int32(value)])
    case .uint32: return Tensor([UInt32(value)])
    case .int64: return Tensor([Int64(value)])
    case .uint64: return Tensor([UInt64(value)])
    case .uint4, .int4, .uint2, .int2: return Tensor(codes: [UInt8(value)], type: type, shape: [1])
    case .string, .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2,
      .float8e5m2fnuz, .float4e2m1, .float6e2m3, .float6e3m2, .float8e8m0:
      throw unsupportedType(type)
    }
  }
}
