/// How tensors and numbers are spelled.
extension GraphPrinter {
  /// A tensor with its type, as attributes hold it.
  func tensor(_ tensor: Tensor, of key: String) -> String {
    type(.tensor(tensor.type, Shape(tensor.shape))) + " " + literal(tensor, of: key)
  }

  /// A tensor's elements: `dense`, `splat`, `seeded`, `raw` or `digest`.
  func literal(_ tensor: Tensor, of key: String) -> String {
    if let digest = digests[key] { return "digest(\(digest))" }
    if tensor.count <= elementLimit {
      if let elements = elements(tensor) { return "dense[\(elements.joined(separator: ", "))]" }
      return tensor.withBytes { "raw x\"\(TextQuoting.hex($0))\"" }
    }
    if let element = commonElement(tensor) { return "splat(\(element))" }
    if let seeded = SeededTensor(of: tensor) { return self.seeded(seeded) }
    return "digest(\(GraphPrinter.digest(of: tensor)))"
  }

  private func seeded(_ tensor: SeededTensor) -> String {
    var result = "seeded(\(tensor.seed))"
    if tensor.isPositive { result += " positive" }
    if let zeros = tensor.zeros {
      let indices = zeros.indices.map { "\($0)" }.joined(separator: ", ")
      result += " zero(axis: \(zeros.axis), at: [\(indices)])"
    }
    return result
  }

  /// The elements as text; nil for types without numbers to print.
  private func elements(_ tensor: Tensor) -> [String]? {
    switch tensor.type {
    case .float32: tensor.withElements(of: Float.self) { $0.map(number) }
    case .float64: tensor.withElements(of: Double.self) { $0.map(number) }
    case .float16: tensor.withElements(of: Float16.self) { $0.map(number) }
    case .bfloat16: tensor.withElements(of: BFloat16.self) { $0.map(number) }
    case .uint64: tensor.withElements(of: UInt64.self) { $0.map { "\($0)" } }
    case .int64, .int32, .int16, .int8, .uint8, .uint16, .uint32:
      tensor.integers.map { $0.map { "\($0)" } }
    case .bool:
      tensor.withBytes { bytes in
        bytes.allSatisfy { $0 <= 1 } ? bytes.map { $0 == 0 ? "false" : "true" } : nil
      }
    case .string: tensor.strings.map(TextQuoting.quoted)
    case .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
      .uint4, .int4, .float4e2m1, .float6e2m3, .float6e3m2, .float8e8m0, .uint2, .int2:
      nil
    }
  }

  /// The element all elements equal bit by bit, as text; nil if they differ.
  private func commonElement(_ tensor: Tensor) -> String? {
    guard tensor.type != .string, tensor.type.bitWidth >= 8 else { return nil }
    let width = tensor.type.bitWidth / 8
    let isUniform = tensor.withBytes { bytes in
      bytes.indices.dropFirst(width).allSatisfy { bytes[$0] == bytes[$0 - width] }
    }
    guard isUniform else { return nil }
    let head = Tensor(type: tensor.type, shape: [1]) { target in
      tensor.withBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<width])) }
    }
    return elements(head)?.first
  }

  func number(_ value: Float) -> String {
    spelled("\(value)", isNaN: value.isNaN, bits: UInt64(value.bitPattern), plain: 0x7FC0_0000)
  }

  private func number(_ value: Double) -> String {
    spelled("\(value)", isNaN: value.isNaN, bits: value.bitPattern, plain: 0x7FF8_0000_0000_0000)
  }

  private func number(_ value: Float16) -> String {
    spelled("\(value)", isNaN: value.isNaN, bits: UInt64(value.bitPattern), plain: 0x7E00)
  }

  private func number(_ value: BFloat16) -> String {
    let float = value.float
    return spelled("\(float)", isNaN: float.isNaN, bits: UInt64(value.bits), plain: 0x7FC0)
  }

  /// The shortest digits that read back the same; a nan other than the plain one shows its bits.
  private func spelled(_ digits: String, isNaN: Bool, bits: UInt64, plain: UInt64) -> String {
    guard isNaN else { return digits }
    return bits == plain ? "nan" : "nan(0x\(String(bits, radix: 16)))"
  }

  /// The hash of a tensor's elements, as 16 hexadecimal digits.
  static func digest(of tensor: Tensor) -> String {
    var hash = FNV1a()
    hash.add(tensor)
    return hash.digits
  }
}
