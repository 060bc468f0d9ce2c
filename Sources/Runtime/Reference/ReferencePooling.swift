import IR
import RealModule

/// Reference kernels of pooling, over any number of spatial axes.
enum ReferencePooling {
  /// MaxPool on floating-point numbers and 8-bit integers; a nan in a window is its maximum.
  static func maxPool(_ call: ReferenceCall) throws(Diagnostic) -> [Tensor?] {
    switch try call.operand(0).type {
    case .int8: try maxPool(call, Int8.min)
    case .uint8: try maxPool(call, UInt8.min)
    case .float32, .float64, .float16, .bfloat16, .int16, .int32, .int64, .uint16, .uint32,
      .uint64, .string, .bool, .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz,
      .float8e5m2, .float8e5m2fnuz, .uint4, .int4, .float4e2m1,
      .float6e2m3, .float6e3m2, .float8e8m0, .uint2, .int2:
      try call.floating(
        { (call, _) throws(Diagnostic) in try maxPool(call, -Float.infinity) },
        { (call, _) throws(Diagnostic) in try maxPool(call, -Double.infinity) })
    }
  }

  private static func maxPool<T: TensorElement & Comparable>(_ call: ReferenceCall, _ lowest: T)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.operand(0).shape
    let window = try geometry(call, shape)
    let x = try call.elements(0, T.self)
    let (inputCount, outputCount) = (window.input.reduce(1, *), window.output.reduce(1, *))
    let result = Array(shape[..<2]) + window.output
    let planes = shape[0] * shape[1]
    let columnMajor = call.node.attributes.int("storage_order") == 1
    try call.admit(.int64, result)
    var places: [Int64] = []
    let values = try call.make(T.self, result) { y in
      places = Array(repeating: 0, count: y.count)
      for plane in 0..<planes {
        var position = 0
        WindowGeometry.forEachIndex(of: window.output) { output in
          var best = lowest
          var place = -1
          WindowGeometry.forEachIndex(of: window.kernel) { taps in
            guard let offset = element(window, output, taps) else { return }
            let value = x[plane * inputCount + offset]
            guard place < 0 || value > best || (value != value && best == best) else { return }
            best = value
            place = offset
          }
          y[plane * outputCount + position] = best
          let inPlane = columnMajor ? transposed(place, window.input) : place
          places[plane * outputCount + position] = Int64(plane * inputCount + max(inPlane, 0))
          position += 1
        }
      }
    }
    guard call.node.output(1) != nil else { return [values] }
    return [values, Tensor(places, shape: result)]
  }

  /// AveragePool; the divisor counts the padding that the attributes ask for if `count_include_pad`
  /// is 1, and never what `ceil_mode` adds behind it.
  static func averagePool<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.operand(0).shape
    let window = try geometry(call, shape)
    let x = try call.elements(0, type)
    let (inputCount, outputCount) = (window.input.reduce(1, *), window.output.reduce(1, *))
    let planes = shape[0] * shape[1]
    let countsPadding = call.node.attributes.int("count_include_pad") == 1
    return [
      try call.make(type, Array(shape[..<2]) + window.output) { y in
        var position = 0
        WindowGeometry.forEachIndex(of: window.output) { output in
          var taken: [Int] = []
          var padded = 0
          WindowGeometry.forEachIndex(of: window.kernel) { taps in
            if let offset = element(window, output, taps) {
              taken.append(offset)
            } else if isPadding(window, output, taps) {
              padded += 1
            }
          }
          let divisor = S(taken.count + (countsPadding ? padded : 0))
          for plane in 0..<planes {
            var sum: S = 0
            for offset in taken { sum += x[plane * inputCount + offset] }
            y[plane * outputCount + position] = divisor == 0 ? 0 : sum / divisor
          }
          position += 1
        }
      }
    ]
  }

  /// GlobalAveragePool: the mean over all spatial axes, which become 1.
  static func globalAveragePool<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    try global(call, type) { elements in elements.reduce(0, +) / S(elements.count) }
  }

  /// GlobalMaxPool: the largest; nan if there is one.
  static func globalMaxPool<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    try global(call, type) { elements in
      elements.reduce(-.infinity) { $0.isNaN || $1 <= $0 ? $0 : $1 }
    }
  }

  /// GlobalLpPool: (Σ |x|^p)^(1/p).
  static func globalLpPool<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let p = try call.int("p", default: 2, in: 1...Int(Int32.max))
    return try global(call, type) { elements in
      root(elements.reduce(0) { $0 + power($1, p) }, p)
    }
  }

  private static func global<S: ReferenceScalar>(
    _ call: ReferenceCall, _ type: S.Type, _ body: (Slice<UnsafeBufferPointer<S>>) -> S
  ) throws(Diagnostic) -> [Tensor?] {
    let shape = try call.operand(0).shape
    guard shape.count >= 2 else {
      throw call.invalid("operand 0 has shape \(shape), expected batch, channels and more")
    }
    let x = try call.elements(0, type)
    let count = shape[2...].reduce(1, *)
    return [
      try call.make(type, shape[..<2] + Array(repeating: 1, count: shape.count - 2)) { y in
        for plane in y.indices { y[plane] = body(x[(plane * count)..<((plane + 1) * count)]) }
      }
    ]
  }

  /// LpPool: (Σ |x|^p)^(1/p) over each window; padding counts nothing.
  static func lpPool<S: ReferenceScalar>(_ call: ReferenceCall, _ type: S.Type)
    throws(Diagnostic) -> [Tensor?]
  {
    let shape = try call.operand(0).shape
    let window = try geometry(call, shape)
    let p = try call.int("p", default: 2, in: 1...Int(Int32.max))
    let x = try call.elements(0, type)
    let (inputCount, outputCount) = (window.input.reduce(1, *), window.output.reduce(1, *))
    return [
      try call.make(type, Array(shape[..<2]) + window.output) { y in
        var position = 0
        WindowGeometry.forEachIndex(of: window.output) { output in
          var taken: [Int] = []
          WindowGeometry.forEachIndex(of: window.kernel) { taps in
            if let offset = element(window, output, taps) { taken.append(offset) }
          }
          for plane in 0..<(shape[0] * shape[1]) {
            let sum = taken.reduce(S(0)) { $0 + power(x[plane * inputCount + $1], p) }
            y[plane * outputCount + position] = root(sum, p)
          }
          position += 1
        }
      }
    ]
  }

  private static func power<S: ReferenceScalar>(_ x: S, _ p: Int) -> S {
    p == 1 ? x.magnitude : p == 2 ? x * x : S.pow(x.magnitude, p)
  }

  private static func root<S: ReferenceScalar>(_ x: S, _ p: Int) -> S {
    p == 1 ? x : p == 2 ? S.sqrt(x) : S.pow(x, 1 / S(p))
  }

  static func geometry(_ call: ReferenceCall, _ shape: [Int]) throws(Diagnostic)
    -> WindowGeometry
  {
    guard shape.count >= 3, let kernel = call.node.attributes.ints("kernel_shape") else {
      throw call.invalid(
        "operand 0 has shape \(shape), expected batch, channels and more, and a"
          + " 'kernel_shape'")
    }
    return try WindowGeometry(
      call.node, kernel: kernel, input: Array(shape[2...]), use: .pooling)
  }

  /// The row-major input offset that a tap reads; nil if it lies in the padding.
  static func element(_ window: WindowGeometry, _ output: [Int], _ taps: [Int]) -> Int? {
    var offset = 0
    for axis in taps.indices {
      let at = window.coordinate(axis: axis, position: output[axis], tap: taps[axis])
      guard (0..<window.input[axis]).contains(at) else { return nil }
      offset = offset * window.input[axis] + at
    }
    return offset
  }

  /// Whether a tap lies in the input or the padding that the attributes ask for.
  static func isPadding(_ window: WindowGeometry, _ output: [Int], _ taps: [Int]) -> Bool {
    taps.indices.allSatisfy { axis in
      window.coordinate(axis: axis, position: output[axis], tap: taps[axis])
        < window.input[axis] + window.ends[axis]
    }
  }

  /// The column-major number of a row-major offset.
  private static func transposed(_ offset: Int, _ extents: [Int]) -> Int {
    var rest = offset
    var index: [Int] = []
    for extent in extents.reversed() {
      index.insert(rest % extent, at: 0)
      rest /= extent
    }
    var number = 0
    for axis in extents.indices.reversed() { number = number * extents[axis] + index[axis] }
    return number
  }
}
