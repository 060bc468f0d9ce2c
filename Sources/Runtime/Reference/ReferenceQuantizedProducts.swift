import IR

/// Reference kernels of products of quantized numbers, summed without rounding in float64.
enum ReferenceQuantizedProducts {
  /// MatMulInteger.
  static func matMulInteger(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let sums = try matrixProduct(call, (0, 2), (1, 3))
    return [integers(sums)]
  }

  /// QLinearMatMul.
  static func matMul(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let sums = try matrixProduct(call, (0, 2), (3, 5))
    let (rows, columns) = (sums.shape.dropLast().last ?? 1, sums.shape.last ?? 1)
    let a = try scales(call, 1, rows)
    let b = try scales(call, 4, columns)
    return [
      try requantized(call, sums, scale: 6, zero: 7) { index in
        (a[index / columns % rows % a.count], b[index % columns % b.count])
      }
    ]
  }

  /// ConvInteger.
  static func convInteger(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    [integers(try convolution(call, (0, 2), (1, 3), bias: nil))]
  }

  /// QLinearConv.
  static func conv(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let sums = try convolution(call, (0, 2), (3, 5), bias: 8)
    let (channels, inner) = (sums.shape[1], sums.shape[2...].reduce(1, *))
    let x = try scales(call, 1, 1)
    let w = try scales(call, 4, channels)
    return [
      try requantized(call, sums, scale: 6, zero: 7) { index in
        (x[0], w[index / inner % channels % w.count])
      }
    ]
  }

  /// The numbers of a scale: one, or as many as `count`.
  private static func scales(_ call: ReferenceCall, _ index: Int, _ count: Int) throws(Diagnostic)
    -> [Double]
  {
    let tensor = try call.operand(index)
    guard let values = tensor.doubles, [1, count].contains(values.count), !values.isEmpty else {
      throw call.unsupported("a scale of shape \(tensor.shape) is not supported")
    }
    return values
  }

  /// Sums times the product of two scales over that of the result, rounded and shifted.
  private static func requantized(
    _ call: ReferenceCall, _ sums: Tensor, scale: Int, zero: Int,
    _ factors: (Int) -> (Double, Double)
  ) throws(Diagnostic) -> Tensor {
    let divisor = try scales(call, scale, 1)[0]
    let shift = try call.operand(zero)
    guard let zeros = shift.integers, zeros.count == 1, let range = QuantizedRange(shift.type),
      let values = sums.doubles
    else {
      throw call.unsupported(
        "a zero point of type \(shift.type.textName) and shape \(shift.shape) is not supported")
    }
    let quantized = values.enumerated().map { index, value in
      let (a, b) = factors(index)
      let factor = call.isWidened ? a * b / divisor : Double(Float(a) * Float(b) / Float(divisor))
      let product = call.isWidened ? value * factor : Double(Float(value) * Float(factor))
      return range.quantize(product, zeros[0])
    }
    return QuantizedRange.tensor(quantized, shift.type, sums.shape)
  }

  /// Sums modulo 2^32.
  private static func integers(_ sums: Tensor) -> Tensor {
    Tensor(
      (sums.doubles ?? []).map { Int32(truncatingIfNeeded: Int($0)) }, shape: sums.shape)
  }

  private static func matrixProduct(
    _ call: ReferenceCall, _ left: (Int, Int), _ right: (Int, Int)
  ) throws(Diagnostic) -> Tensor {
    let a = try shifted(call, left.0, left.1) { shape in
      shape.count < 2 ? [] : [shape[shape.count - 2], 1]
    }
    let b = try shifted(call, right.0, right.1) { shape in shape.suffix(1).map { $0 } }
    let plain = call.replacingOperands([a, b])
    return try withExtendedLifetime(plain) { () throws(Diagnostic) in
      try sums(call, ReferenceMatMul.matMul(plain, Double.self))
    }
  }

  private static func convolution(
    _ call: ReferenceCall, _ input: (Int, Int), _ weight: (Int, Int), bias: Int?
  ) throws(Diagnostic) -> Tensor {
    let x = try shifted(call, input.0, input.1) { _ in [] }
    let w = try shifted(call, weight.0, weight.1) { shape in
      shape.prefix(1).map { $0 } + shape.dropFirst().map { _ in 1 }
    }
    let added = bias.flatMap { call.optional($0) }
    let plain = call.replacingOperands([
      x, w, added.flatMap { tensor in tensor.doubles.map { Tensor($0, shape: tensor.shape) } },
    ])
    return try withExtendedLifetime(plain) { () throws(Diagnostic) in
      try sums(call, ReferenceConvolution.conv(plain, Double.self))
    }
  }

  private static func sums(_ call: ReferenceCall, _ results: [Tensor?]) throws(Diagnostic) -> Tensor
  {
    guard let result = results.first ?? nil, let values = result.doubles,
      values.allSatisfy({ $0.magnitude < 0x1p53 })
    else { throw call.unsupported("sums beyond 53 bits are not supported") }
    return result
  }

  /// An operand less its zero point, which is one number, or is laid over it as `spread` says, or
  /// broadcasts to it.
  private static func shifted(
    _ call: ReferenceCall, _ index: Int, _ zero: Int, _ spread: ([Int]) -> [Int]
  ) throws(Diagnostic) -> Tensor {
    let tensor = try call.operand(index)
    guard tensor.type.isInteger, tensor.type.bitWidth <= 16, let values = tensor.doubles else {
      throw call.unsupportedType(tensor.type)
    }
    guard let shift = call.optional(zero) else { return Tensor(values, shape: tensor.shape) }
    guard shift.type == tensor.type, let zeros = shift.doubles else {
      throw call.invalid(
        "operand \(zero) is of type \(shift.type.textName), expected \(tensor.type.textName)")
    }
    if zeros.count == 1 { return Tensor(values.map { $0 - zeros[0] }, shape: tensor.shape) }
    let shape = shift.rank == 1 ? spread(tensor.shape) : shift.shape
    guard shape.reduce(1, *) == zeros.count,
      Strided.broadcast(shape, tensor.shape) == tensor.shape
    else {
      throw call.invalid("a zero point of shape \(shift.shape) does not fit \(tensor.shape)")
    }
    let offsets = Strided.offsets(of: shape, broadcastTo: tensor.shape)
    return Tensor(
      values.enumerated().map { $1 - zeros[offsets[$0]] }, shape: tensor.shape)
  }
}
