import IR

/// Reference kernels that choose, repeat or mark elements of any type by their places.
enum ReferencePlaces {
  /// Tile: operand 0 as often along each axis as operand 1 says.
  static func tile(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let source = try call.operand(0)
    let repeats = try call.integers(1)
    guard repeats.count == source.rank, repeats.allSatisfy({ $0 >= 0 }) else {
      throw call.invalid("repeats are \(repeats), expected \(source.rank) numbers from 0 on")
    }
    var shape: [Int] = []
    for (extent, count) in zip(source.shape, repeats) {
      let (product, overflow) = extent.multipliedReportingOverflow(by: count)
      if overflow { throw call.unsupported("an axis of \(extent) is repeated \(count) times") }
      shape.append(product)
    }
    try call.admit(.int64, shape)
    var places = [0]
    let strides = Strided.strides(of: source.shape)
    for axis in shape.indices {
      places = places.flatMap { start in
        (0..<shape[axis]).map { start + $0 % source.shape[axis] * strides[axis] }
      }
    }
    return [try call.pick(source, places, shape)]
  }

  /// Trilu: a triangle of each matrix, zeros elsewhere; the diagonal `k` of operand 1 belongs to it.
  static func trilu(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let source = try call.operand(0)
    guard source.rank >= 2 else {
      throw call.invalid("operand 0 has a rank of \(source.rank), expected 2 or more")
    }
    let diagonals = call.optional(1) == nil ? [0] : try call.integers(1)
    guard diagonals.count == 1 else {
      throw call.invalid("operand 1 has \(diagonals.count) elements, expected 1")
    }
    let (rows, columns) = (source.shape[source.rank - 2], source.shape[source.rank - 1])
    let diagonal = min(max(diagonals[0], -rows - 1), columns + 1)
    let isUpper = call.node.attributes.int("upper") ?? 1 != 0
    try call.admit(.int64, source.shape)
    let places = (0..<source.count).map { place in
      let offset = place % columns - place / columns % rows
      return (isUpper ? offset >= diagonal : offset <= diagonal) ? place : -1
    }
    return [try call.pick(source, places, source.shape)]
  }

  /// EyeLike: ones on diagonal `k`, zeros elsewhere.
  static func eyeLike(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let source = try call.operand(0)
    guard source.rank == 2 else {
      throw call.invalid("operand 0 has a rank of \(source.rank), expected 2")
    }
    let (rows, columns) = (source.shape[0], source.shape[1])
    let diagonal = min(max(call.node.attributes.int("k") ?? 0, -rows - 1), columns + 1)
    let type = try call.named("dtype") ?? source.type
    let one = try call.single(call.held(type), 1)
    try call.admit(.int64, source.shape)
    let places = (0..<source.count).map { $0 % columns - $0 / columns == diagonal ? 0 : -1 }
    return [try call.pick(one, places, source.shape)]
  }

  /// OneHot: operand 2 holds the element for all other places and the one for the index.
  static func oneHot(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let indices = try call.operand(0)
    let values = try call.operand(2)
    guard let numbers = indices.doubles, let depths = try call.operand(1).doubles,
      depths.count == 1, let depth = Int(exactly: depths[0].rounded(.towardZero)), depth >= 0
    else { throw call.invalid("the depth is no number from 0 on") }
    guard values.count == 2 else {
      throw call.invalid("operand 2 has \(values.count) elements, expected 2")
    }
    let axis = try call.axis(call.node.attributes.int("axis") ?? -1, rank: indices.rank + 1)
    var shape = indices.shape
    shape.insert(depth, at: axis)
    try call.admit(.int64, shape)
    let inner = indices.shape[axis...].reduce(1, *)
    var places = Array(repeating: 0, count: shape.reduce(1, *))
    for (place, number) in numbers.enumerated() {
      guard let index = Int(exactly: number.rounded(.towardZero)), index >= -depth, index < depth
      else { continue }
      let row = index < 0 ? index + depth : index
      places[(place / inner * depth + row) * inner + place % inner] = 1
    }
    return [try call.pick(values, places, shape)]
  }

  /// NonZero: the coordinates of elements that are not zero, or are true, or nan.
  static func nonZero(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let source = try call.operand(0)
    let flags: [Bool]
    if source.type == .string {
      flags = source.strings.map { !$0.isEmpty }
    } else {
      guard let numbers = source.doubles else { throw call.unsupportedType(source.type) }
      flags = numbers.map { $0 != 0 }
    }
    let places = flags.indices.filter { flags[$0] }
    try call.admit(.int64, [source.rank, places.count])
    let strides = Strided.strides(of: source.shape)
    var coordinates: [Int64] = []
    for axis in source.shape.indices {
      coordinates += places.map { Int64($0 / strides[axis] % source.shape[axis]) }
    }
    return [Tensor(coordinates, shape: [source.rank, places.count])]
  }

  /// Compress: the indices of `axis`, or of all elements, at which operand 1 is true.
  static func compress(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    var source = try call.operand(0)
    let flags = try call.elements(1, Bool.self)
    var axis = 0
    if let number = call.node.attributes.int("axis") {
      axis = try call.axis(number, rank: source.rank)
    } else {
      source = source.reshaped(to: [source.count])
    }
    guard flags.count <= source.shape[axis] else {
      throw call.invalid("\(flags.count) conditions for an extent of \(source.shape[axis])")
    }
    return [try slices(call, source, flags.indices.filter { flags[$0] }, axis)]
  }

  /// The indices of an axis, in the given order.
  static func slices(_ call: ReferenceCall, _ source: Tensor, _ indices: [Int], _ axis: Int)
    throws(Diagnostic) -> Tensor
  {
    var shape = source.shape
    shape[axis] = indices.count
    try call.admit(.int64, shape)
    let inner = source.shape[(axis + 1)...].reduce(1, *)
    let outer = source.shape[..<axis].reduce(1, *)
    var places: [Int] = []
    places.reserveCapacity(shape.reduce(1, *))
    for block in 0..<outer {
      for index in indices {
        let start = (block * source.shape[axis] + index) * inner
        places += start..<(start + inner)
      }
    }
    return try call.pick(source, places, shape)
  }

  /// BitCast: the same bytes as another type of the same width.
  static func bitCast(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    var source = try call.operand(0)
    guard let target = try call.named("to"), target != .string else {
      throw call.invalid("bits of \(source.type.textName) cannot be read as another type")
    }
    if call.isWidened, source.type == .float64, target.bitWidth == 32, let values = source.doubles {
      source = Tensor(rounding: values, to: .float32, shape: source.shape)
    }
    guard target.bitWidth == source.type.bitWidth else {
      throw call.invalid(
        "bits of \(source.type.textName) cannot be read as \(target.textName)")
    }
    let result = try call.makeBytes(target, source.shape) { bytes in
      source.withBytes { bytes.copyMemory(from: $0) }
    }
    guard call.isWidened, target == .float32, let values = result.doubles else { return [result] }
    return [Tensor(values, shape: result.shape)]
  }
}

extension ReferenceCall {
  /// The element type that an attribute names; nil where it is left out.
  func named(_ attribute: String) throws(Diagnostic) -> ElementType? {
    guard let number = node.attributes.int(attribute) else { return nil }
    guard let code = Int32(exactly: number), let type = ElementType(rawValue: code) else {
      throw invalid("attribute '\(attribute)' names no element type")
    }
    return type
  }
}
