/// How tensors and numbers are read.
extension GraphParser {
  /// The elements of a tensor of a known shape.
  mutating func literal(_ type: TensorType, key: String) throws(Diagnostic) -> Tensor {
    scanner.skipSpace()
    let start = scanner.position
    guard let shape = type.shape?.known, let count = Tensor.count(of: shape),
      count <= GraphParser.elementLimit
    else {
      throw scanner.error("a tensor needs known extents of at most 2^28 elements", at: start)
    }
    if scanner.take("dense") { return try dense(type.element, shape, count) }
    if scanner.take("splat") {
      try scanner.expect("(")
      let element = try elements(type.element, 1)
      try scanner.expect(")")
      let tensor = try made(type.element, [1], element, at: start)
      return Tensor(type: type.element, shape: shape) { target in
        tensor.withBytes { source in
          for index in target.indices { target[index] = source[index % source.count] }
        }
      }
    }
    if scanner.take("seeded") { return try seeded(type.element, shape) }
    if scanner.take("raw") {
      let bytes = try scanner.hexBytes()
      return try made(type.element, shape, bytes, at: start)
    }
    if scanner.take("digest") {
      try scanner.expect("(")
      digests[key] = try scanner.name()
      try scanner.expect(")")
      guard allowsDigests else {
        throw scanner.error("only the digest of '\(key)' is given, not its elements", at: start)
      }
      guard type.element != .string else {
        return Tensor(strings: Array(repeating: [], count: count), shape: shape)
          ?? Tensor(zeros: .uint8, shape: shape)
      }
      return Tensor(zeros: type.element, shape: shape)
    }
    throw scanner.error("expected a tensor, found \(scanner.found)")
  }

  private func made(
    _ type: ElementType, _ shape: [Int], _ bytes: [UInt8], at position: Int
  ) throws(Diagnostic) -> Tensor {
    guard type != .string, let count = Tensor.count(of: shape),
      type.byteCount(of: count) == bytes.count
    else { throw scanner.error("\(bytes.count) bytes do not fill the tensor", at: position) }
    return Tensor(type: type, shape: shape) { $0.copyBytes(from: bytes) }
  }

  private mutating func dense(
    _ type: ElementType, _ shape: [Int], _ count: Int
  ) throws(Diagnostic) -> Tensor {
    try scanner.expect("[")
    let start = scanner.position
    if type == .string {
      var strings: [[UInt8]] = []
      while !scanner.take("]") {
        strings.append(try scanner.quotedBytes())
        try separator(before: "]")
      }
      guard let tensor = Tensor(strings: strings, shape: shape) else {
        throw scanner.error("\(strings.count) strings do not fill the tensor", at: start)
      }
      return tensor
    }
    let bytes = try elements(type, count)
    try scanner.expect("]")
    return try made(type, shape, bytes, at: start)
  }

  private mutating func seeded(
    _ type: ElementType, _ shape: [Int]
  ) throws(Diagnostic) -> Tensor {
    let start = scanner.position
    try scanner.expect("(")
    var description = SeededTensor(seed: try scanner.integer())
    try scanner.expect(")")
    description.isPositive = scanner.take("positive")
    if scanner.take("zero") {
      var zeros = SeededTensor.Zeros(axis: 0, indices: [])
      try scanner.expect("(")
      try scanner.expect("axis")
      try scanner.expect(":")
      zeros.axis = try scanner.integer()
      try scanner.expect(",")
      try scanner.expect("at")
      try scanner.expect(":")
      try scanner.list("[", "]") { scanner throws(Diagnostic) in
        zeros.indices.append(try scanner.integer())
      }
      try scanner.expect(")")
      description.zeros = zeros
    }
    guard let tensor = description.tensor(type, shape: shape) else {
      throw scanner.error("no seeded tensor of this type, or zeros outside it", at: start)
    }
    return tensor
  }

  /// The bytes of `count` elements, separated by commas.
  private mutating func elements(
    _ type: ElementType, _ count: Int
  ) throws(Diagnostic) -> [UInt8] {
    var bytes: [UInt8] = []
    for index in 0..<count {
      if index > 0 { try scanner.expect(",") }
      try element(type, into: &bytes)
    }
    _ = scanner.take(",")
    return bytes
  }

  private mutating func element(
    _ type: ElementType, into bytes: inout [UInt8]
  ) throws(Diagnostic) {
    func append<Value: BitwiseCopyable>(_ value: Value) {
      withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }
    scanner.skipSpace()
    let start = scanner.position
    switch type {
    case .float32: append(try float())
    case .float64: append(try double())
    case .float16:
      if let bits = try bits() {
        append(UInt16(truncatingIfNeeded: bits))
      } else {
        append(try numeric(start, Float16.init))
      }
    case .bfloat16:
      if let bits = try bits() {
        append(UInt16(truncatingIfNeeded: bits))
      } else {
        append(BFloat16(try numeric(start, Float.init)))
      }
    case .int64: append(try numeric(start) { Int64($0) })
    case .int32: append(try numeric(start) { Int32($0) })
    case .int16: append(try numeric(start) { Int16($0) })
    case .int8: append(try numeric(start) { Int8($0) })
    case .uint64: append(try numeric(start) { UInt64($0) })
    case .uint32: append(try numeric(start) { UInt32($0) })
    case .uint16: append(try numeric(start) { UInt16($0) })
    case .uint8: append(try numeric(start) { UInt8($0) })
    case .bool: append(try numeric(start) { ["true": true, "false": false][$0] })
    case .string, .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2,
      .float8e5m2fnuz, .uint4, .int4, .float4e2m1,
      .float6e2m3, .float6e3m2, .float8e8m0, .uint2, .int2:
      throw scanner.error("elements of \(type.textName) are given as 'raw'", at: start)
    }
  }

  /// The bits of a `nan(0x…)`; nil if something else comes.
  private mutating func bits() throws(Diagnostic) -> UInt64? {
    let start = scanner
    guard scanner.take("nan"), scanner.take("(") else {
      scanner = start
      return nil
    }
    let digits = try scanner.numeral()
    guard digits.hasPrefix("0x"), let bits = UInt64(digits.dropFirst(2), radix: 16) else {
      throw start.error("expected the bits of a nan")
    }
    try scanner.expect(")")
    return bits
  }

  mutating func float() throws(Diagnostic) -> Float {
    if let bits = try bits() { return Float(bitPattern: UInt32(truncatingIfNeeded: bits)) }
    return try numeric(scanner.position, Float.init)
  }

  private mutating func double() throws(Diagnostic) -> Double {
    if let bits = try bits() { return Double(bitPattern: bits) }
    return try numeric(scanner.position, Double.init)
  }

  private mutating func numeric<Value>(
    _ start: Int, _ convert: (String) -> Value?
  ) throws(Diagnostic) -> Value {
    let digits = try scanner.numeral()
    guard let value = convert(digits) else {
      throw scanner.error("'\(digits)' is no number of this type", at: start)
    }
    return value
  }
}
