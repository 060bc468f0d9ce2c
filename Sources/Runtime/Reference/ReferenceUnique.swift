import IR

/// The reference kernel of Unique.
struct ReferenceUnique: NumberKernel {
  /// Unique on numbers, truth values and strings.
  static func unique(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    let source = try call.operand(0)
    switch source.type {
    case .string:
      let strings = source.strings
      return try results(call) { strings[$0].lexicographicallyPrecedes(strings[$1]) }
    case .bool:
      let flags = try call.elements(0, Bool.self)
      return try results(call) { !flags[$0] && flags[$1] }
    case .float32, .float64, .float16, .bfloat16, .uint8, .int8, .uint16, .int16, .int32, .int64,
      .uint32, .uint64, .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2,
      .float8e5m2fnuz, .uint4, .int4, .float4e2m1,
      .float6e2m3, .float6e3m2, .float8e8m0, .uint2, .int2:
      return try call.numbers(ReferenceUnique())
    }
  }

  func run<T: ReferenceNumber>(_ call: ReferenceCall, _ type: T.Type) throws(Diagnostic)
    -> [Tensor?]
  {
    let x = try call.elements(0, type)
    return try ReferenceUnique.results(call) { a, b in
      x[a] < x[b] || x[a] == x[a] && x[b] != x[b]
    }
  }

  /// The results, from an order of elements by their places; nans are equal and come last.
  private static func results(_ call: ReferenceCall, _ precedes: (Int, Int) -> Bool)
    throws(Diagnostic) -> [Tensor?]
  {
    var source = try call.operand(0)
    var axis = 0
    if let number = call.node.attributes.int("axis") {
      axis = try call.axis(number, rank: source.rank)
    } else {
      source = source.reshaped(to: [source.count])
    }
    let extent = source.shape[axis]
    try call.admit(.int64, [extent])
    let inner = source.shape[(axis + 1)...].reduce(1, *)
    let outer = source.shape[..<axis].reduce(1, *)
    func order(_ a: Int, _ b: Int) -> Int {
      for block in 0..<outer {
        for offset in 0..<inner {
          let left = (block * extent + a) * inner + offset
          let right = (block * extent + b) * inner + offset
          if precedes(left, right) { return -1 }
          if precedes(right, left) { return 1 }
        }
      }
      return 0
    }
    let sorted = (0..<extent).sorted { a, b in
      let comparison = order(a, b)
      return comparison < 0 || comparison == 0 && a < b
    }
    var kinds: [[Int]] = []
    for index in sorted {
      if let first = kinds.last?.first, order(first, index) == 0 {
        kinds[kinds.count - 1].append(index)
      } else {
        kinds.append([index])
      }
    }
    if call.node.attributes.int("sorted") ?? 1 == 0 { kinds.sort { $0[0] < $1[0] } }
    var inverse = Array(repeating: Int64(0), count: extent)
    for (kind, members) in kinds.enumerated() {
      for member in members { inverse[member] = Int64(kind) }
    }
    return [
      try ReferencePlaces.slices(call, source, kinds.map { $0[0] }, axis),
      Tensor(kinds.map { Int64($0[0]) }), Tensor(inverse), Tensor(kinds.map { Int64($0.count) }),
    ]
  }
}
