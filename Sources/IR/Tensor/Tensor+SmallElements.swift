extension Tensor {
  /// The elements of a type of at most 8 bits as one code a byte, the unused bits 0; nil for other
  /// types.
  public var codes: [UInt8]? {
    let width = type.bitWidth
    guard width > 0, width <= 8 else { return nil }
    let mask = UInt8(truncatingIfNeeded: 1 << width - 1)
    let count = count
    return withBytes { bytes in
      (0..<count).map { index in
        let (byte, shift) = (index * width).quotientAndRemainder(dividingBy: 8)
        let low = bytes[byte] >> UInt8(shift)
        return (shift + width > 8 ? low | bytes[byte + 1] << UInt8(8 - shift) : low) & mask
      }
    }
  }

  /// Creates a tensor of a type of at most 8 bits from one code a byte.
  ///
  /// - Precondition: the number of codes is that of the shape, the type has 1 to 8 bits.
  public init(codes: [UInt8], type: ElementType, shape: [Int]) {
    let width = type.bitWidth
    precondition((1...8).contains(width), "codes of \(type.textName)")
    precondition(Tensor.count(of: shape) == codes.count, "code count does not fit shape")
    let mask = UInt8(truncatingIfNeeded: 1 << width - 1)
    self.init(type: type, shape: shape) { memory in
      memory.initializeMemory(as: UInt8.self, repeating: 0)
      for (index, code) in codes.enumerated() {
        let (byte, shift) = (index * width).quotientAndRemainder(dividingBy: 8)
        memory[byte] |= (code & mask) << UInt8(shift)
        if shift + width > 8 { memory[byte + 1] |= (code & mask) >> UInt8(8 - shift) }
      }
    }
  }

  /// The elements of a 4-bit or 2-bit integer type.
  var smallIntegers: [Int]? {
    let width = type.bitWidth
    return codes.map { codes in
      codes.map { code in
        let number = Int(code)
        let isNegative = (type == .int4 || type == .int2) && number >> (width - 1) == 1
        return isNegative ? number - 1 << width : number
      }
    }
  }

  /// The elements of a floating-point type of at most 8 bits.
  var smallFloats: [Double]? {
    if type == .float8e8m0 { return codes.map { $0.map(ScaleFloat.decode) } }
    guard let format = SmallFloat(type) else { return nil }
    return codes.map { $0.map(format.decode) }
  }
}
