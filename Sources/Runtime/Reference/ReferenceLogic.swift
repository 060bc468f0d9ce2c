import IR

/// Reference kernels of comparisons, selections, and operations on truth values and bits.
enum ReferenceLogic {
  /// Comparisons of numbers; a nan compares with nothing.
  enum Comparison: NumberKernel {
    case equal, greater, less, greaterOrEqual, lessOrEqual

    func run<T: ReferenceNumber>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
      -> [Tensor?]
    {
      switch self {
      case .equal: try ReferenceElementwise.binary(call) { (x: T, y: T) in x == y }
      case .greater: try ReferenceElementwise.binary(call) { (x: T, y: T) in x > y }
      case .less: try ReferenceElementwise.binary(call) { (x: T, y: T) in x < y }
      case .greaterOrEqual: try ReferenceElementwise.binary(call) { (x: T, y: T) in x >= y }
      case .lessOrEqual: try ReferenceElementwise.binary(call) { (x: T, y: T) in x <= y }
      }
    }
  }

  /// Equal on numbers, truth values and strings.
  static func equal(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let type = try call.operand(0).type
    if type == .bool {
      return try ReferenceElementwise.binary(call) { (x: Bool, y: Bool) in x == y }
    }
    guard type == .string else { return try call.numbers(Comparison.equal) }
    guard try call.operand(1).type == .string else {
      throw call.invalid("a string is compared with \(try call.operand(1).type.textName)")
    }
    let (left, right) = (try call.operand(0).strings, try call.operand(1).strings)
    let pair = try ReferenceElementwise.broadcast(call)
    let (stepA, stepB) = (pair.left.last ?? 0, pair.right.last ?? 0)
    return [
      try call.make(Bool.self, pair.shape) { result in
        Strided.forEachRow(of: pair.shape, strides: [pair.left, pair.right]) { position, offsets in
          for index in 0..<(pair.shape.last ?? 1) {
            result[position + index] =
              left[offsets[0] + index * stepA] == right[offsets[1] + index * stepB]
          }
        }
      }
    ]
  }

  /// And, Or and Xor.
  static func logical(_ call: ReferenceCall, _ function: (Bool, Bool) -> Bool) throws(Diagnostic)
    -> [Tensor?]
  { try ReferenceElementwise.binary(call, function) }

  /// Not.
  static func not(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    try ReferenceElementwise.unary(call) { (x: Bool) in !x }
  }

  /// Operations on bits; a shift by a negative number, or by the width or more, leaves copies of
  /// the bit that moves in.
  enum Bits: IntegerKernel {
    case and, or, xor, not, left, right

    func run<T: ReferenceInteger>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
      -> [Tensor?]
    {
      switch self {
      case .and: try ReferenceElementwise.binary(call) { (x: T, y: T) in x & y }
      case .or: try ReferenceElementwise.binary(call) { (x: T, y: T) in x | y }
      case .xor: try ReferenceElementwise.binary(call) { (x: T, y: T) in x ^ y }
      case .not: try ReferenceElementwise.unary(call) { (x: T) in ~x }
      case .left:
        try ReferenceElementwise.binary(call) { (x: T, y: T) in
          y < 0 || y >= T.bitWidth ? 0 : x << y
        }
      case .right:
        try ReferenceElementwise.binary(call) { (x: T, y: T) in
          y < 0 || y >= T.bitWidth ? (x < 0 ? ~0 : 0) : x >> y
        }
      }
    }
  }

  /// BitShift in `direction`.
  static func bitShift(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    switch call.node.attributes.string("direction") {
    case "LEFT": try call.integers(Bits.left)
    case "RIGHT": try call.integers(Bits.right)
    case let other: throw call.invalid("direction is '\(other ?? "")', expected LEFT or RIGHT")
    }
  }

  /// Where: elements of operand 1 where operand 0 is true, else of operand 2, of any type.
  static func select(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let flags = try call.elements(0, Bool.self)
    let (first, second) = (try call.operand(1), try call.operand(2))
    guard first.type == second.type else {
      throw call.invalid(
        "operands are of types \(first.type.textName) and \(second.type.textName)")
    }
    let condition = try call.operand(0).shape
    guard let both = Strided.broadcast(first.shape, second.shape),
      let shape = Strided.broadcast(condition, both)
    else {
      throw call.invalid(
        "shapes \(condition), \(first.shape) and \(second.shape) do not broadcast")
    }
    try call.admit(first.type, shape)
    let strides = [condition, first.shape, second.shape].map {
      Strided.strides(of: $0, broadcastTo: shape)
    }
    let steps = strides.map { $0.last ?? 0 }
    var places: [Int] = []
    places.reserveCapacity(shape.reduce(1, *))
    Strided.forEachRow(of: shape, strides: strides) { _, offsets in
      for index in 0..<(shape.last ?? 1) {
        let isFirst = flags[offsets[0] + index * steps[0]]
        places.append(
          isFirst ? offsets[1] + index * steps[1] : ~(offsets[2] + index * steps[2]))
      }
    }
    return [try call.pick(first, or: second, places, shape)]
  }

  /// IsNaN on all floating-point types.
  static func isNaN(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    try classify(call) { $0.isNaN }
  }

  /// IsInf, of the signs that `detect_negative` and `detect_positive` name.
  static func isInf(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let negative = call.node.attributes.int("detect_negative") ?? 1 != 0
    let positive = call.node.attributes.int("detect_positive") ?? 1 != 0
    return try classify(call) { $0.isInfinite && ($0 < 0 ? negative : positive) }
  }

  private static func classify(_ call: ReferenceCall, _ holds: (Double) -> Bool)
    throws(Diagnostic) -> [Tensor?]
  {
    let source = try call.operand(0)
    guard source.type.isFloatingPoint, let values = source.doubles else {
      throw call.unsupportedType(source.type)
    }
    return [Tensor(values.map(holds), shape: source.shape)]
  }
}
